//! The state of a graph: values under typed keys, never changed in place.
//!
//! A [`Key`] names a value, gives it a type, and says how a new value joins the one that is there: its [`Reducer`]. The
//! keys of a graph are a [`Schema`]. A [`State`] holds at most one value for each of them; cloning it copies one pointer, and
//! an [`Update`] applied to it makes another state that shares everything that did not change.
//!
//! ```
//! use tau_orchestrate::state::{Key, List, Schema, Update};
//!
//! const TITLE: Key<String> = Key::new("title");
//! const NOTES: Key<List<String>> = Key::append("notes");
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let schema = Schema::new([TITLE.spec(), NOTES.spec()])?;
//! let first = schema.state().apply(TITLE.set("Report".into()).and(NOTES, ["begun".to_owned()].into()))?;
//! let second = first.apply(NOTES.set(["done".to_owned()].into()))?;
//!
//! assert_eq!(second.get(NOTES).map(List::len), Some(2));
//! assert_eq!(first.get(NOTES).map(List::len), Some(1)); // the older state is as it was
//! # Ok(())
//! # }
//! ```
//!
//! # Secrets
//!
//! A [`SecretKey`] is no [`Key`]: what is under it has no serialised form at all. It is in no checkpoint, no difference,
//! no event and no `Debug`, and an error text that quotes it is [redacted](State::redact). What a node puts into other keys, and what
//! it emits, is the node's own affair. A run that goes on
//! in another process is given its secrets again.

mod dynamic;
mod error;
mod key;
mod list;
mod map;
mod reducer;
mod schema;
mod slot;
mod update;
mod value;

pub use error::{StateError, StateErrorKind};
pub use key::{Key, SecretKey};
pub use list::List;
pub use map::Map;
pub use reducer::{Reducer, ReducerKind};
pub use schema::{KeySpec, Schema};
pub use update::Update;
pub use value::{Change, State};

pub(crate) use update::Writes;
pub(crate) use value::Encoded;
