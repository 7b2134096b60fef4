//! The keys of a graph.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{StateError, StateErrorKind};
use super::reducer::{Reducer, ReducerKind};
use super::slot::{Slot, Typed};
use super::value::State;

/// One key as a part of a [`Schema`]: its name, its type and its reducer.
#[derive(Clone)]
pub struct KeySpec {
    name: Arc<str>,
    /// None for a secret, which has no serialised form and so nothing to do it with.
    slot: Option<Arc<dyn Slot>>,
}

impl KeySpec {
    pub(super) fn typed<T>(name: &str, reducer: Reducer<T>) -> Self
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        Self { name: name.into(), slot: Some(Arc::new(Typed(reducer))) }
    }

    /// A secret of any name.
    #[must_use]
    pub fn secret(name: &str) -> Self {
        Self { name: name.into(), slot: None }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a new value joins the one that is there; none for a secret, which is replaced.
    #[must_use]
    pub fn reducer(&self) -> Option<ReducerKind> {
        self.slot.as_ref().map(|slot| slot.reducer())
    }

    pub(super) fn slot(&self) -> Option<&dyn Slot> {
        self.slot.as_deref()
    }

    pub(super) fn is_of(&self, type_id: TypeId) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.value_type() == type_id)
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.slot, &other.slot) {
            (None, None) => true,
            (Some(one), Some(two)) => one.value_type() == two.value_type() && one.reducer() == two.reducer(),
            _ => false,
        }
    }
}

impl fmt::Debug for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.reducer().map_or("secret", ReducerKind::as_str);
        write!(f, "KeySpec({}, {kind})", self.name)
    }
}

/// The keys that a state has, in the order of their names.
#[derive(Debug, Clone)]
pub struct Schema {
    keys: Arc<[KeySpec]>,
}

impl Schema {
    /// A schema of these keys. The same key twice is one key.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::DuplicateKey`] if two keys of one name differ in type or reducer.
    pub fn new(keys: impl IntoIterator<Item = KeySpec>) -> Result<Self, StateError> {
        let mut keys: Vec<KeySpec> = keys.into_iter().collect();
        keys.sort_by(|one, two| one.name.cmp(&two.name));
        if let Some(pair) =
            keys.windows(2).find(|pair| pair[0].name == pair[1].name && !pair[0].is_same(&pair[1]))
        {
            return Err(StateError::new(StateErrorKind::DuplicateKey, &pair[0].name));
        }
        keys.dedup_by(|one, two| one.name == two.name);
        Ok(Self { keys: keys.into() })
    }

    /// The keys in the order of their names.
    #[must_use]
    pub fn keys(&self) -> &[KeySpec] {
        &self.keys
    }

    /// A state of these keys without any value.
    #[must_use]
    pub fn state(&self) -> State {
        State::empty(self.clone())
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.keys.binary_search_by(|key| (*key.name).cmp(name)).ok()
    }

    /// The position of a key that is no secret.
    pub(super) fn position(&self, name: &str) -> Result<usize, StateError> {
        let unknown = || {
            let known = self.keys.iter().map(|key| &*key.name);
            StateError::new(StateErrorKind::UnknownKey, name).with_known(known)
        };
        self.find(name).ok_or_else(unknown)
    }
}
