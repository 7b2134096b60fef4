//! A list that grows without being copied.

use std::fmt;

use rpds::VectorSync;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A persistent list: cloning copies a pointer, appending shares what was there before.
///
/// The value of a key with the reducer `append`. As an update it holds only the items that are new.
pub struct List<T>(VectorSync<T>);

impl<T> List<T> {
    /// A list without items.
    #[must_use]
    pub fn new() -> Self {
        Self(VectorSync::new_sync())
    }

    /// How many items there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The item at `index`, from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }

    /// The last item.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.0.last()
    }

    /// The items in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter()
    }
}

impl<T: Clone> List<T> {
    /// This list followed by the items of another.
    #[must_use]
    pub fn appended(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        let mut joined = self.clone();
        joined.append(other);
        joined
    }

    /// Copies what others share of it, once.
    pub(super) fn append(&mut self, other: &Self) {
        for item in &other.0 {
            self.0.push_back_mut(item.clone());
        }
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = VectorSync::new_sync();
        for item in items {
            list.push_back_mut(item);
        }
        Self(list)
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}
