//! One layer of configuration over another.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::secret::Secret;

/// Laying one layer over another.
///
/// It is associative, and an empty layer changes nothing on either side; so layers may be merged in any
/// grouping, though not in any order. Lists are replaced, not joined: a layer that wants more must say all; the
/// rules of [`PermissionConfig`](super::PermissionConfig) alone add up. Nothing that a layer set can be unset.
pub trait Merge {
    /// `self` with everything that `over` sets replaced.
    #[must_use]
    fn merge(self, over: Self) -> Self;
}

impl<T> Merge for Option<T> {
    fn merge(self, over: Self) -> Self {
        over.or(self)
    }
}

impl<V: Merge> Merge for BTreeMap<String, V> {
    fn merge(mut self, over: Self) -> Self {
        for (key, value) in over {
            let merged = match self.remove(&key) {
                Some(base) => base.merge(value),
                None => value,
            };
            self.insert(key, merged);
        }
        self
    }
}

impl Merge for Secret {
    fn merge(self, over: Self) -> Self {
        over
    }
}

impl Merge for Value {
    fn merge(self, over: Self) -> Self {
        over
    }
}

/// Implements [`Merge`] field by field; naming every field, so that a new one cannot be forgotten.
macro_rules! merge_fields {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::config::Merge for $name {
            fn merge(self, over: Self) -> Self {
                let Self { $($field),+ } = self;
                Self { $($field: $crate::config::Merge::merge($field, over.$field)),+ }
            }
        }
    };
}

pub(crate) use merge_fields;
