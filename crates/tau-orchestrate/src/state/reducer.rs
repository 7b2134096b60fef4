//! How a new value joins the one that is there.

use std::fmt;

/// What kind of [`Reducer`] a key has. Persisted with every run, so that a changed graph is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReducerKind {
    /// The new value takes the place of the old one, and two nodes of one superstep may not both write it.
    Replace,
    /// The new value takes the place of the old one; of several in one superstep the last in order stays.
    Last,
    /// The items of the new list follow those of the old one.
    Append,
    /// The entries of the new map are laid over those of the old one.
    Merge,
    /// A function of the key's author.
    Custom,
}

impl ReducerKind {
    /// The name in lower case: `replace`, `last`, `append`, `merge`, `custom`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Last => "last",
            Self::Append => "append",
            Self::Merge => "merge",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for ReducerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A binary operation that joins the value of a key with a new one. Without a value the new one is taken as it is.
///
/// `Replace`, `Last`, `Append` and `Merge` are associative: updates may be joined with each other first and then with
/// the value. A custom function has to be deterministic, because a run that is resumed applies it again; it need not be
/// associative, because updates are always applied one by one, in the order of the nodes that made them.
pub struct Reducer<T> {
    kind: ReducerKind,
    combine: fn(&T, &T) -> T,
    /// The same, where nobody else sees the value any more.
    extend: Option<fn(&mut T, &T)>,
}

impl<T> Reducer<T> {
    pub(super) const fn of(kind: ReducerKind, combine: fn(&T, &T) -> T) -> Self {
        Self { kind, combine, extend: None }
    }

    pub(super) const fn growing(kind: ReducerKind, combine: fn(&T, &T) -> T, extend: fn(&mut T, &T)) -> Self {
        Self { kind, combine, extend: Some(extend) }
    }

    /// Joins with a function of your own: the value first, the new one second.
    #[must_use]
    pub const fn custom(combine: fn(&T, &T) -> T) -> Self {
        Self::of(ReducerKind::Custom, combine)
    }

    /// What kind of reducer it is.
    #[must_use]
    pub const fn kind(&self) -> ReducerKind {
        self.kind
    }

    /// Joins two values.
    #[must_use]
    pub fn combine(&self, current: &T, new: &T) -> T {
        (self.combine)(current, new)
    }

    pub(super) fn combine_in_place(&self, current: &mut T, new: &T) {
        match self.extend {
            Some(extend) => extend(current, new),
            None => *current = (self.combine)(current, new),
        }
    }
}

impl<T> Clone for Reducer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Reducer<T> {}

impl<T> fmt::Debug for Reducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reducer({})", self.kind)
    }
}
