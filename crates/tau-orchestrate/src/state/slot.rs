//! Values without their types, and what can be done with them.

use std::any::{Any, TypeId};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::reducer::{Reducer, ReducerKind};

/// A value whose type only its slot knows.
pub(crate) type Erased = Arc<dyn Any + Send + Sync>;

/// What a state does with the values of one key, whatever their type.
pub(super) trait Slot: Send + Sync {
    fn value_type(&self) -> TypeId;
    fn reducer(&self) -> ReducerKind;
    /// Says whether both are of this type, which binding an update makes sure of.
    fn reduce(&self, current: &mut Erased, new: &Erased) -> bool;
    /// `Ok(None)` if the value is not of this type.
    fn encode(&self, value: &Erased) -> serde_json::Result<Option<Box<RawValue>>>;
    fn decode(&self, json: &RawValue) -> serde_json::Result<Erased>;
}

pub(super) struct Typed<T>(pub(super) Reducer<T>);

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Slot for Typed<T> {
    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn reducer(&self) -> ReducerKind {
        self.0.kind()
    }

    fn reduce(&self, current: &mut Erased, new: &Erased) -> bool {
        // What is replaced is not looked at.
        if matches!(self.0.kind(), ReducerKind::Replace | ReducerKind::Last) {
            *current = Arc::clone(new);
            return true;
        }
        let Some(new) = new.downcast_ref::<T>() else { return false };
        // Of many writes in one superstep only the first copies what an older state still sees.
        if let Some(value) = Arc::get_mut(current).and_then(|value| value.downcast_mut::<T>()) {
            self.0.combine_in_place(value, new);
            return true;
        }
        let combined = current.downcast_ref::<T>().map(|current| self.0.combine(current, new));
        combined.map(|combined| *current = Arc::new(combined)).is_some()
    }

    fn encode(&self, value: &Erased) -> serde_json::Result<Option<Box<RawValue>>> {
        value.downcast_ref::<T>().map(to_raw_value).transpose()
    }

    fn decode(&self, json: &RawValue) -> serde_json::Result<Erased> {
        serde_json::from_str::<T>(json.get()).map(|value| Arc::new(value) as Erased)
    }
}
