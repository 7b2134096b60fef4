//! What panics say.

use std::any::Any;

/// What stands where a panic said nothing.
pub(crate) const NO_TEXT: &str = "a panic without a text";

/// What a panic said, if it said a text: `panic!` does, `panic_any` may throw anything.
pub(crate) fn text(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
