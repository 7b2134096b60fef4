//! Reducers of JSON values, for keys whose names are only known when the program runs.

use serde_json::Value;

use super::list::List;
use super::map::Map;
use super::reducer::{Reducer, ReducerKind};
use super::schema::KeySpec;

impl KeySpec {
    /// A key of any name whose value is JSON. [`ReducerKind::Append`] makes it a `List<Value>`,
    /// [`ReducerKind::Merge`] a `Map<Value>`, [`ReducerKind::Custom`] adds numbers, and the others replace.
    #[must_use]
    pub fn json(name: &str, reducer: ReducerKind) -> Self {
        match reducer {
            ReducerKind::Append => {
                Self::typed(name, Reducer::growing(reducer, List::<Value>::appended, List::append))
            }
            ReducerKind::Merge => {
                Self::typed(name, Reducer::growing(reducer, Map::<Value>::merged, Map::merge))
            }
            ReducerKind::Custom => Self::typed(name, Reducer::custom(sum)),
            ReducerKind::Replace | ReducerKind::Last => {
                Self::typed(name, Reducer::of(reducer, |_: &Value, new: &Value| new.clone()))
            }
        }
    }
}

/// Whole numbers as long as both are and the sum fits; what is no number is replaced.
fn sum(current: &Value, new: &Value) -> Value {
    if let (Some(current), Some(new)) = (current.as_i64(), new.as_i64())
        && let Some(sum) = current.checked_add(new)
    {
        return sum.into();
    }
    match (current.as_f64(), new.as_f64()) {
        (Some(current), Some(new)) => (current + new).into(),
        _ => new.clone(),
    }
}
