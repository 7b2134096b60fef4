//! What servers say of their tools, held on to: a description is text that a model follows, and a server may change
//! it after somebody has agreed to it.

mod hash;
mod store;

pub use hash::ToolHash;
pub use store::{MemoryPinStore, PinStore, Pins};

pub(crate) use store::compare;
