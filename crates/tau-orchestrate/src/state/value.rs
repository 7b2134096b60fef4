//! A state: the values of the keys at one moment.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tau_core::Secret;

use super::error::{StateError, StateErrorKind};
use super::key::{Key, SecretKey};
use super::schema::Schema;
use super::slot::Erased;
use super::update::{Update, Writes};

/// The values of the keys of a graph at one moment. It never changes: an update makes another state.
///
/// Cloning copies one pointer. Applying an update copies one pointer for each key, and what the update does not touch is
/// shared. `Serialize` writes a map from names to values without the secrets; `Debug` shows names alone.
#[derive(Clone)]
pub struct State {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    schema: Schema,
    values: Vec<Option<Erased>>,
    secrets: Vec<(usize, Secret)>,
}

/// One key whose value differs between two states.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// The name of the key.
    pub key: String,
    /// The value before, if there was one.
    pub before: Option<Value>,
    /// The value after, if there is one.
    pub after: Option<Value>,
}

impl State {
    pub(super) fn empty(schema: Schema) -> Self {
        let values = vec![None; schema.keys().len()];
        Self { inner: Arc::new(Inner { schema, values, secrets: Vec::new() }) }
    }

    /// The keys that this state has.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// The value of `key`; none if there is none yet, or if the schema has no such key.
    #[must_use]
    pub fn get<T: Any>(&self, key: Key<T>) -> Option<&T> {
        let position = self.inner.schema.find(key.name())?;
        self.inner.values[position].as_ref()?.downcast_ref()
    }

    /// The value of `key`, for a node that cannot do without it.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::Missing`], or why there can be none: [`StateErrorKind::UnknownKey`],
    /// [`StateErrorKind::WrongType`].
    pub fn require<T: Any>(&self, key: Key<T>) -> Result<&T, StateError> {
        let position = self.inner.schema.position(key.name())?;
        if !self.inner.schema.keys()[position].is_of(TypeId::of::<T>()) {
            return Err(StateError::new(StateErrorKind::WrongType, key.name()));
        }
        self.get(key).ok_or_else(|| StateError::new(StateErrorKind::Missing, key.name()))
    }

    /// A secret.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::MissingSecret`], as after a run was resumed without it; [`StateErrorKind::UnknownKey`].
    pub fn secret(&self, key: SecretKey) -> Result<&Secret, StateError> {
        let position = self.inner.schema.position(key.name())?;
        let found = self.inner.secrets.iter().find(|(at, _)| *at == position);
        found
            .map(|(_, secret)| secret)
            .ok_or_else(|| StateError::new(StateErrorKind::MissingSecret, key.name()))
    }

    /// The value under that name as JSON; none if there is none, also for a secret.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::UnknownKey`] and [`StateErrorKind::Unencodable`].
    pub fn json(&self, name: &str) -> Result<Option<Value>, StateError> {
        let position = self.inner.schema.position(name)?;
        let Some(json) = self.encoded(position)? else { return Ok(None) };
        let undecodable = |source| StateError::new(StateErrorKind::Unencodable, name).with_source(source);
        serde_json::from_str(json.get()).map(Some).map_err(undecodable)
    }

    /// Whether there is a value, or a secret, under that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.inner.schema.find(name).is_some_and(|position| {
            self.inner.values[position].is_some() || self.inner.secrets.iter().any(|(at, _)| *at == position)
        })
    }

    /// The state after an update.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::UnknownKey`], [`StateErrorKind::WrongType`], [`StateErrorKind::Undecodable`].
    pub fn apply(&self, update: Update) -> Result<Self, StateError> {
        let mut state = self.clone();
        state.write(&update.bind(self.schema())?);
        Ok(state)
    }

    /// The state after every value of another one is joined with the one here by the reducer of its key.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::UnknownKey`], [`StateErrorKind::WrongType`] if the other one has keys that this one has not.
    pub fn merge(&self, other: &Self) -> Result<Self, StateError> {
        let mut writes = Writes::default();
        for (spec, value) in other.schema().keys().iter().zip(&other.inner.values) {
            let Some(value) = value else { continue };
            let position = self.schema().position(spec.name())?;
            if !self.schema().keys()[position].is_of((**value).type_id()) {
                return Err(StateError::new(StateErrorKind::WrongType, spec.name()));
            }
            writes.values.push((position, Arc::clone(value)));
        }
        for (position, secret) in &other.inner.secrets {
            let name = other.schema().keys()[*position].name();
            writes.secrets.push((self.schema().position(name)?, secret.clone()));
        }
        let mut state = self.clone();
        state.write(&writes);
        Ok(state)
    }

    /// What is different in a later state of the same schema, in the order of the names. Secrets are not compared.
    ///
    /// # Errors
    ///
    /// [`StateErrorKind::Unencodable`] if a value that may differ cannot be serialised.
    pub fn diff(&self, later: &Self) -> Result<Vec<Change>, StateError> {
        let mut changes = Vec::new();
        for (position, spec) in self.schema().keys().iter().enumerate() {
            let shared =
                |state: &Self| state.inner.values.get(position).and_then(Option::as_ref).map(Arc::as_ptr);
            if shared(self).map(<*const _>::cast::<()>) == shared(later).map(<*const _>::cast::<()>) {
                continue;
            }
            let (before, after) = (self.json(spec.name())?, later.json(spec.name())?);
            if before != after {
                changes.push(Change { key: spec.name().to_owned(), before, after });
            }
        }
        Ok(changes)
    }

    /// A text with every secret of this state in it replaced by `[redacted]`.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        for (_, secret) in &self.inner.secrets {
            let exposed = secret.expose();
            if !exposed.is_empty() && redacted.contains(exposed) {
                redacted = Cow::Owned(redacted.replace(exposed, &secret.to_string()));
            }
        }
        redacted
    }

    /// Joins what is written, in its order.
    pub(crate) fn write(&mut self, writes: &Writes) {
        if writes.is_empty() {
            return;
        }
        let inner = Arc::make_mut(&mut self.inner);
        for (position, new) in &writes.values {
            let slot = inner.schema.keys()[*position].slot();
            match (slot, &mut inner.values[*position]) {
                (Some(slot), Some(current)) => {
                    let joined = slot.reduce(current, new);
                    debug_assert!(joined, "a value that is not of the type of its key");
                }
                (_, empty) => *empty = Some(Arc::clone(new)),
            }
        }
        for (position, secret) in &writes.secrets {
            inner.secrets.retain(|(at, _)| at != position);
            inner.secrets.push((*position, secret.clone()));
        }
    }

    fn encoded(&self, position: usize) -> Result<Option<Box<RawValue>>, StateError> {
        match &self.inner.values[position] {
            Some(value) => encode(self.schema(), position, value).map(Some),
            None => Ok(None),
        }
    }

    /// All values as they are persisted.
    pub(crate) fn encode(&self) -> Result<Encoded, StateError> {
        let mut encoded = Encoded::new();
        for (position, spec) in self.schema().keys().iter().enumerate() {
            if let Some(json) = self.encoded(position)? {
                encoded.insert(spec.name().to_owned(), json);
            }
        }
        Ok(encoded)
    }
}

/// Values as they are persisted.
pub(crate) type Encoded = BTreeMap<String, Box<RawValue>>;

fn encode(schema: &Schema, position: usize, value: &Erased) -> Result<Box<RawValue>, StateError> {
    let spec = &schema.keys()[position];
    let encoded = spec.slot().map(|slot| slot.encode(value)).transpose();
    let encoded = encoded
        .map_err(|source| StateError::new(StateErrorKind::Unencodable, spec.name()).with_source(source))?;
    encoded.flatten().ok_or_else(|| StateError::new(StateErrorKind::WrongType, spec.name()))
}

impl Writes {
    /// The values as they are persisted, in their order; the secrets are not.
    pub(crate) fn encode(&self, schema: &Schema) -> Result<Vec<(String, Box<RawValue>)>, StateError> {
        let encode = |(position, value): &(usize, Erased)| {
            Ok((schema.keys()[*position].name().to_owned(), encode(schema, *position, value)?))
        };
        self.values.iter().map(encode).collect()
    }

    /// What [`encode`](Self::encode) wrote.
    pub(crate) fn decode<'a>(
        schema: &Schema,
        values: impl IntoIterator<Item = (&'a str, &'a RawValue)>,
    ) -> Result<Self, StateError> {
        let mut writes = Self::default();
        for (name, json) in values {
            let position = schema.position(name)?;
            let wrong = || StateError::new(StateErrorKind::WrongType, name);
            let slot = schema.keys()[position].slot().ok_or_else(wrong)?;
            let undecodable = |source| StateError::new(StateErrorKind::Undecodable, name).with_source(source);
            writes.values.push((position, slot.decode(json).map_err(undecodable)?));
        }
        Ok(writes)
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let encoded = self.encode().map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(Some(encoded.len()))?;
        for (name, json) in &encoded {
            map.serialize_entry(name, json)?;
        }
        map.end()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("State")?;
        let names = self.schema().keys().iter().map(super::KeySpec::name);
        f.debug_set().entries(names.filter(|name| self.has(name))).finish()
    }
}
