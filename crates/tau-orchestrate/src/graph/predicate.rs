//! What has to hold for an edge to be taken.

use std::fmt;
use std::ops::{BitAnd, BitOr, Not};
use std::sync::Arc;

use serde_json::Value;

use crate::state::{Key, State};

/// A condition on the state, evaluated after the writes of a superstep are joined.
///
/// `&`, `|` and `!` combine predicates. `Display` shows the condition, as a drawing of the graph does.
#[derive(Clone)]
pub struct Predicate(Condition);

#[derive(Clone)]
enum Condition {
    Always,
    Exists(Arc<str>),
    EqualsJson(Arc<str>, Value),
    Not(Arc<Condition>),
    And(Arc<Condition>, Arc<Condition>),
    Or(Arc<Condition>, Arc<Condition>),
    Custom { shown: Arc<str>, holds: Arc<dyn Fn(&State) -> bool + Send + Sync> },
}

impl Predicate {
    /// Holds always.
    #[must_use]
    pub fn always() -> Self {
        Self(Condition::Always)
    }

    /// Holds if there is a value under `key`.
    #[must_use]
    pub fn exists<T>(key: Key<T>) -> Self {
        Self::exists_named(key.name())
    }

    /// Holds if there is a value, or a secret, under that name.
    #[must_use]
    pub fn exists_named(name: &str) -> Self {
        Self(Condition::Exists(name.into()))
    }

    /// Holds if the value of `key` equals `value`.
    #[must_use]
    pub fn equals<T>(key: Key<T>, value: T) -> Self
    where
        T: PartialEq + fmt::Debug + Send + Sync + 'static,
    {
        let shown = format!("{} = {value:?}", key.name());
        Self::custom(shown, move |state| state.get(key) == Some(&value))
    }

    /// Holds if the value under that name, as JSON, equals `value`.
    #[must_use]
    pub fn equals_json(name: &str, value: Value) -> Self {
        Self(Condition::EqualsJson(name.into(), value))
    }

    /// Holds if a function says so. `shown` is what people see of it.
    #[must_use]
    pub fn custom(
        shown: impl Into<Arc<str>>,
        holds: impl Fn(&State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Condition::Custom { shown: shown.into(), holds: Arc::new(holds) })
    }

    /// Whether it holds in `state`.
    #[must_use]
    pub fn holds(&self, state: &State) -> bool {
        self.0.holds(state)
    }

    /// Whether it holds in every state, which only [`always`](Self::always) is known to.
    #[must_use]
    pub fn is_always(&self) -> bool {
        matches!(self.0, Condition::Always)
    }
}

impl Condition {
    fn holds(&self, state: &State) -> bool {
        match self {
            Self::Always => true,
            Self::Exists(name) => state.has(name),
            Self::EqualsJson(name, value) => {
                state.json(name).is_ok_and(|found| found.as_ref() == Some(value))
            }
            Self::Not(condition) => !condition.holds(state),
            Self::And(one, two) => one.holds(state) && two.holds(state),
            Self::Or(one, two) => one.holds(state) || two.holds(state),
            Self::Custom { holds, .. } => holds(state),
        }
    }
}

impl Not for Predicate {
    type Output = Self;

    fn not(self) -> Self {
        Self(Condition::Not(Arc::new(self.0)))
    }
}

impl BitAnd for Predicate {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(Condition::And(Arc::new(self.0), Arc::new(other.0)))
    }
}

impl BitOr for Predicate {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(Condition::Or(Arc::new(self.0), Arc::new(other.0)))
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("always"),
            Self::Exists(name) => write!(f, "{name} exists"),
            Self::EqualsJson(name, value) => write!(f, "{name} = {value}"),
            Self::Not(condition) => write!(f, "not ({condition})"),
            Self::And(one, two) => write!(f, "({one} and {two})"),
            Self::Or(one, two) => write!(f, "({one} or {two})"),
            Self::Custom { shown, .. } => f.write_str(shown),
        }
    }
}

impl fmt::Debug for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Predicate({self})")
    }
}
