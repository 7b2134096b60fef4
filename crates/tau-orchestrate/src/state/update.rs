//! What a node wants to change.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::to_raw_value;
use tau_core::Secret;

use super::error::{StateError, StateErrorKind};
use super::key::{Key, SecretKey};
use super::reducer::ReducerKind;
use super::schema::Schema;
use super::slot::Erased;

/// New values for some keys, in the order in which they were added. Each is joined with what is there by the reducer of
/// its key when it is [applied](super::State::apply).
#[derive(Clone, Default)]
pub struct Update {
    entries: Vec<(Cow<'static, str>, New)>,
}

#[derive(Clone)]
enum New {
    Typed(Erased),
    Json(Value),
    Secret(Secret),
}

impl Update {
    /// Changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value for `key`.
    #[must_use]
    pub fn and<T: Any + Send + Sync>(mut self, key: Key<T>, value: T) -> Self {
        self.entries.push((Cow::Borrowed(key.name()), New::Typed(Arc::new(value))));
        self
    }

    /// With a secret.
    #[must_use]
    pub fn and_secret(mut self, key: SecretKey, secret: Secret) -> Self {
        self.entries.push((Cow::Borrowed(key.name()), New::Secret(secret)));
        self
    }

    /// With a value for the key of that name, which is read as the type of the key. For a key that
    /// [appends](super::ReducerKind::Append) what is no list is one item.
    #[must_use]
    pub fn and_json(mut self, name: impl Into<String>, value: Value) -> Self {
        self.entries.push((Cow::Owned(name.into()), New::Json(value)));
        self
    }

    /// With all that another update changes, after what this one does.
    #[must_use]
    pub fn and_all(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// The secrets out of it.
    pub(crate) fn only_secrets(&self) -> Self {
        let is_secret = |entry: &&(Cow<'static, str>, New)| matches!(entry.1, New::Secret(_));
        Self { entries: self.entries.iter().filter(is_secret).cloned().collect() }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds the keys, and checks that every value is of the type of its key.
    pub(crate) fn bind(self, schema: &Schema) -> Result<Writes, StateError> {
        let mut writes = Writes::default();
        for (name, new) in self.entries {
            let position = schema.position(&name)?;
            let spec = &schema.keys()[position];
            let wrong = || StateError::new(StateErrorKind::WrongType, &name);
            match new {
                New::Secret(secret) if spec.slot().is_none() => writes.secrets.push((position, secret)),
                New::Typed(value) if spec.is_of((*value).type_id()) => writes.values.push((position, value)),
                New::Json(value) => {
                    let slot = spec.slot().ok_or_else(wrong)?;
                    let value = match value {
                        list @ Value::Array(_) => list,
                        one if slot.reducer() == ReducerKind::Append => vec![one].into(),
                        other => other,
                    };
                    let decoded = to_raw_value(&value).and_then(|json| slot.decode(&json));
                    let undecodable =
                        |source| StateError::new(StateErrorKind::Undecodable, &name).with_source(source);
                    writes.values.push((position, decoded.map_err(undecodable)?));
                }
                New::Secret(_) | New::Typed(_) => return Err(wrong()),
            }
        }
        Ok(writes)
    }
}

/// The names of the keys alone.
impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Update")?;
        f.debug_set().entries(self.entries.iter().map(|(name, _)| name)).finish()
    }
}

/// An update whose keys are found and whose values have the types of their keys.
#[derive(Clone, Default)]
pub(crate) struct Writes {
    pub(super) values: Vec<(usize, Erased)>,
    pub(super) secrets: Vec<(usize, Secret)>,
}

impl Writes {
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.secrets.is_empty()
    }

    pub(crate) fn has_secrets(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// The positions of the keys it writes, secrets included.
    pub(crate) fn positions(&self) -> impl Iterator<Item = usize> {
        let values = self.values.iter().map(|(position, _)| *position);
        values.chain(self.secrets.iter().map(|(position, _)| *position))
    }
}

impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Writes")?;
        f.debug_list().entries(self.positions()).finish()
    }
}
