//! What is to be done with a call, and why.

/// What is to be done with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// It runs.
    Allow,
    /// Somebody is asked first.
    Ask,
    /// It does not run.
    Deny,
}

impl Decision {
    /// Its name: `allow`, `ask` or `deny`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// What is to be done with a call, the rule that says so, and the reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What is to be done.
    pub decision: Decision,
    /// The rule that decided, as it was written; none where no rule did.
    pub rule: Option<String>,
    /// Why, for whoever is asked or denied.
    pub reason: String,
}

impl Verdict {
    /// A verdict of no rule.
    pub fn new(decision: Decision, reason: impl Into<String>) -> Self {
        Self { decision, rule: None, reason: reason.into() }
    }

    /// The same verdict, of a rule.
    #[must_use]
    pub fn by(mut self, rule: &str) -> Self {
        self.rule = Some(rule.to_owned());
        self
    }
}
