//! What must hold, by name.

use std::fmt;

/// A promise of the kernel. The first eight are those of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Invariant {
    /// 1: every call has exactly one result before the model is asked, right after it and in order.
    Pairing,
    /// 2: the live state is the fold of its journal, and every prefix is a session.
    Fold,
    /// 3: nothing touches the world before the event that announces it is acknowledged.
    CommitBeforeEffect,
    /// 4: what may have run is never silently run again.
    AtMostOnce,
    /// 5: the bytes of a request begin with those of the request before.
    Prefix,
    /// 6: a budget covers the whole tree, and nothing below is wider than what is above.
    Budget,
    /// 7: what is cancelled ends, with all that it began.
    Cancel,
    /// 8: requests and plans survive compaction.
    Survival,
    /// A prompt that was taken runs exactly once, in its order.
    Prompt,
    /// Context that was taken reaches the model exactly once; what the model reads is what was said.
    Context,
    /// What answers nothing changes nothing, and what answers something is taken.
    Stale,
    /// No call runs that was not let run.
    Permission,
    /// Nothing goes on that hooks are to decide about and have not, or that they denied.
    Hooks,
    /// Calls that change things take effect in the order the model made them.
    Order,
    /// Whatever is on waits for something that will come.
    Liveness,
    /// Events say what can have happened.
    Grammar,
    /// The kernel does not panic.
    Panic,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pairing => "1 pairing",
            Self::Fold => "2 fold",
            Self::CommitBeforeEffect => "3 commit before effect",
            Self::AtMostOnce => "4 at most once",
            Self::Prefix => "5 prefix",
            Self::Budget => "6 budget",
            Self::Cancel => "7 cancel",
            Self::Survival => "8 survival",
            Self::Prompt => "prompt",
            Self::Context => "context",
            Self::Stale => "stale",
            Self::Permission => "permission",
            Self::Hooks => "hooks",
            Self::Order => "order",
            Self::Liveness => "liveness",
            Self::Grammar => "grammar",
            Self::Panic => "panic",
        })
    }
}

/// A promise was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// How.
    pub detail: String,
}

impl Violation {
    pub(crate) fn new(invariant: Invariant, detail: impl Into<String>) -> Self {
        Self { invariant, detail: detail.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

/// What a check gives back.
pub(crate) type Checked<T = ()> = Result<T, Violation>;

/// Gives a [`Violation`] back when the condition does not hold.
macro_rules! ensure {
    ($condition:expr, $invariant:ident, $($words:tt)+) => {
        if !$condition {
            return Err($crate::invariant::Violation::new(
                $crate::invariant::Invariant::$invariant,
                format!($($words)+),
            ));
        }
    };
}
pub(crate) use ensure;
