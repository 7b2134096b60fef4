//! Who may run what, as a pure function.

use std::collections::BTreeSet;

use tau_core::EffectClass;
use tau_core::config::{PermissionConfig, PermissionMode};

/// What is to be done with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It runs.
    Allow,
    /// Somebody is asked first; the reason is for them.
    Ask {
        /// Why.
        reason: String,
    },
    /// It does not run; the reason is for the model.
    Deny {
        /// Why.
        reason: String,
    },
}

/// Rules and a mode, ready to judge calls.
///
/// A rule is the name of a tool, compared exactly. Deny goes before ask, ask before allow. A rule in any other
/// form fails closed: as a denial or a request it makes every tool it could mean at least ask, and as an
/// allowance it counts for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionPolicy {
    mode: PermissionMode,
    allow: BTreeSet<String>,
    ask: BTreeSet<String>,
    deny: BTreeSet<String>,
    /// Tools that a person let run for the rest of the session.
    granted: BTreeSet<String>,
    /// Whether a denial or request was not understood, so that nothing may run unasked.
    unclear: bool,
}

impl PermissionPolicy {
    /// The policy that a configuration describes.
    #[must_use]
    pub fn new(config: &PermissionConfig) -> Self {
        let names = |rules: &[String]| rules.iter().filter(|rule| is_tool_name(rule)).cloned().collect();
        let unclear = config.deny.iter().chain(&config.ask).any(|rule| !is_tool_name(rule));
        Self {
            mode: config.mode.unwrap_or_default(),
            allow: names(&config.allow),
            ask: names(&config.ask),
            deny: names(&config.deny),
            granted: BTreeSet::new(),
            unclear,
        }
    }

    /// The rules of a configuration that are not understood, in the order they stand.
    pub fn unclear_rules(config: &PermissionConfig) -> impl Iterator<Item = &str> {
        let all = config.deny.iter().chain(&config.ask).chain(&config.allow);
        all.map(String::as_str).filter(|rule| !is_tool_name(rule))
    }

    /// Lets every later call of a tool run that no rule denies.
    pub fn allow_always(&mut self, tool: &str) {
        self.granted.insert(tool.to_owned());
    }

    /// What is to be done with a call of a tool.
    #[must_use]
    pub fn verdict(&self, tool: &str, effect: EffectClass) -> Verdict {
        if self.deny.contains(tool) {
            return Verdict::Deny { reason: format!("the permission rules deny `{tool}`") };
        }
        if self.mode == PermissionMode::Bypass || self.granted.contains(tool) {
            return Verdict::Allow;
        }
        let reason = if self.ask.contains(tool) {
            format!("the permission rules ask before `{tool}`")
        } else if self.unclear {
            "a deny or ask rule is not understood, so every call is asked about".to_owned()
        } else if self.allow.contains(tool) || effect == EffectClass::Pure {
            return Verdict::Allow;
        } else {
            format!("`{tool}` can change things and no rule allows it")
        };
        match self.mode {
            PermissionMode::DontAsk => Verdict::Deny { reason },
            _ => Verdict::Ask { reason },
        }
    }
}

fn is_tool_name(rule: &str) -> bool {
    !rule.is_empty() && rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
