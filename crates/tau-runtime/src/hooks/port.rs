//! The port: which hooks there are, and how one is asked.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::event::{HookDecision, HookPoint};

use super::ask::HookAsk;

/// One decider at one point.
///
/// An implementer must keep true: dropping the future ends everything that it started. It need not keep time, and need
/// not check what it is allowed to decide: both is done around it. The same question may come again after a crash.
pub trait Hook: Send + Sync {
    /// Decides.
    ///
    /// # Errors
    /// When it could not; the session goes on as the hook's policy says.
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>>;
}

/// The hooks of a session.
pub trait Hooks: fmt::Debug + Send + Sync {
    /// Where there are any now. It is asked for often, and must be cheap.
    fn points(&self) -> BTreeSet<HookPoint>;

    /// Those of a point, in the order in which they are asked: by priority, highest first, then as declared.
    fn at(&self, point: HookPoint) -> Vec<RegisteredHook>;

    /// The hooks of a subagent of this session: none that could do more than these.
    fn below(&self, child: SessionId) -> Arc<dyn Hooks>;
}

/// A hook with what is said of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct RegisteredHook {
    /// What is said of it.
    pub spec: Arc<HookSpec>,
    /// The hook.
    pub hook: Arc<dyn Hook>,
}

impl RegisteredHook {
    /// A hook.
    #[must_use]
    pub fn new(spec: Arc<HookSpec>, hook: Arc<dyn Hook>) -> Self {
        Self { spec, hook }
    }
}

impl fmt::Debug for RegisteredHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RegisteredHook").field(&self.spec.name).finish()
    }
}

/// What is said of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookSpec {
    /// Its name, for people.
    pub name: String,
    /// Whose it is: the `client_id` of an extension. Default: empty, for whoever made the session.
    pub source: String,
    /// Where it is asked.
    pub point: HookPoint,
    /// At points about calls: the names of tools it is asked for; `*` stands for any characters. None: all.
    pub tools: Vec<String>,
    /// Its place among others; higher comes first. Default: 0.
    pub priority: i32,
    /// How long it may take. Default: 60 s.
    pub timeout: Duration,
    /// What happens when it fails. Default: the session goes on.
    pub on_failure: FailurePolicy,
}

/// What happens when a hook fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "to go on, or not, is all there is")]
pub enum FailurePolicy {
    /// It is as if it had not been asked.
    #[default]
    Continue,
    /// It is as if it had denied, where its point can: a guard that fails closed.
    Block,
}

/// Why a hook did not decide.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HookFailure {
    /// It took too long.
    #[error("it took too long")]
    TimedOut,
    /// Whoever decides is not there.
    #[error("whoever decides is not there")]
    Lost,
    /// It crashed.
    #[error("it crashed")]
    Crashed,
    /// It said what is none of its point's decisions.
    #[error("it decided what is not possible there: {0}")]
    Invalid(&'static str),
    /// It says so itself.
    #[error("it failed: {0}")]
    Failed(String),
}

impl HookSpec {
    /// A hook that is asked about everything at a point.
    pub fn new(name: impl Into<String>, point: HookPoint) -> Self {
        Self {
            name: name.into(),
            source: String::new(),
            point,
            tools: Vec::new(),
            priority: 0,
            timeout: Duration::from_mins(1),
            on_failure: FailurePolicy::Continue,
        }
    }

    /// The same for some tools alone.
    #[must_use]
    pub fn for_tools(mut self, tools: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.tools = tools.into_iter().map(Into::into).collect();
        self
    }

    /// The same of an extension.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<String>) -> Self {
        self.source = source.into();
        self
    }

    /// The same in another place.
    #[must_use]
    pub const fn with_priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// The same with another time limit.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The same with another policy.
    #[must_use]
    pub const fn with_failure(mut self, on_failure: FailurePolicy) -> Self {
        self.on_failure = on_failure;
        self
    }

    /// Whether it is asked. A point that is about no call asks every hook.
    #[must_use]
    pub fn is_for(&self, ask: &HookAsk) -> bool {
        let name = ask.call.as_ref().map(|call| call.name.as_str());
        self.point == ask.point
            && name.is_none_or(|name| {
                self.tools.is_empty()
                    || self.tools.iter().any(|tool| matches(tool.as_bytes(), name.as_bytes()))
            })
    }
}

/// Whether a name is as a pattern says, where `*` stands for any characters. Linear in the name but for the stars.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut within) = (0, 0);
    // Where the newest star stands, and what it stands for ends.
    let mut star: Option<(usize, usize)> = None;
    while within < name.len() {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, within));
            at += 1;
        } else if pattern.get(at) == Some(&name[within]) {
            (at, within) = (at + 1, within + 1);
        } else if let Some((place, end)) = star {
            star = Some((place, end + 1));
            (at, within) = (place + 1, end + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("shell", "shell", true),
            ("shell", "shel", false),
            ("shell", "shells", false),
            ("*", "", true),
            ("mcp__*", "mcp__git__log", true),
            ("mcp__*__log", "mcp__git__log", true),
            ("mcp__*__log", "mcp__git__logs", false),
            ("*a*b", "aab", true),
            ("*a*b", "aba", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
