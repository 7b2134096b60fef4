//! Names of values, with their types.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tau_core::Secret;

use super::list::List;
use super::map::Map;
use super::reducer::{Reducer, ReducerKind};
use super::schema::KeySpec;
use super::update::Update;

/// The name and type of a value in a [`State`](super::State), and how a new value joins it.
///
/// Made to be a constant: it is `Copy`, needs no registry, and means the same wherever it is used. A graph says which keys
/// it has; a node that writes another one fails.
pub struct Key<T> {
    name: &'static str,
    reducer: Reducer<T>,
}

impl<T: Clone> Key<T> {
    /// A key whose value is replaced. Two nodes of one superstep that both write it are an error, because one of the
    /// writes would be lost.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, reducer: Reducer::of(ReducerKind::Replace, |_, new| new.clone()) }
    }

    /// A key whose value is replaced; of several writes in one superstep the last in order stays.
    #[must_use]
    pub const fn last(name: &'static str) -> Self {
        Self { name, reducer: Reducer::of(ReducerKind::Last, |_, new| new.clone()) }
    }

    /// A key with a reducer of your own.
    #[must_use]
    pub const fn custom(name: &'static str, combine: fn(&T, &T) -> T) -> Self {
        Self { name, reducer: Reducer::custom(combine) }
    }
}

impl<T: Clone> Key<List<T>> {
    /// A key whose list grows: the items of an update follow those that are there.
    #[must_use]
    pub const fn append(name: &'static str) -> Self {
        Self { name, reducer: Reducer::growing(ReducerKind::Append, List::appended, List::append) }
    }
}

impl<V: Clone> Key<Map<V>> {
    /// A key whose map is added to: the entries of an update are laid over those that are there.
    #[must_use]
    pub const fn merge(name: &'static str) -> Self {
        Self { name, reducer: Reducer::growing(ReducerKind::Merge, Map::merged, Map::merge) }
    }
}

impl<T> Key<T> {
    /// The name, which is what checkpoints and people see.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How a new value joins the one that is there.
    #[must_use]
    pub const fn reducer(&self) -> Reducer<T> {
        self.reducer
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Key<T> {
    /// This key as a part of a [`Schema`](super::Schema).
    #[must_use]
    pub fn spec(self) -> KeySpec {
        KeySpec::typed(self.name, self.reducer)
    }

    /// An update with one value.
    #[must_use]
    pub fn set(self, value: T) -> Update {
        Update::new().and(self, value)
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}: {}, {})", self.name, std::any::type_name::<T>(), self.reducer.kind())
    }
}

/// The name of a secret in a [`State`](super::State). It is replaced, and never leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKey {
    name: &'static str,
}

impl SecretKey {
    /// A key of that name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// The name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// This key as a part of a [`Schema`](super::Schema).
    #[must_use]
    pub fn spec(self) -> KeySpec {
        KeySpec::secret(self.name)
    }

    /// An update with one secret.
    #[must_use]
    pub fn set(self, secret: Secret) -> Update {
        Update::new().and_secret(self, secret)
    }
}
