//! The sessions that were kept: where they are, how one is named, and what was written down of it.
//!
//! The store (tau-persist) keeps events whose bodies are bytes to it; here they become events again.

mod digest;
mod entry;
mod find;
mod keep;
mod open;
mod read;
mod text;
mod write;

pub(crate) use digest::{Digest, Digested, State, digest_all, digest_of};
pub(crate) use entry::Entry;
pub(crate) use find::{Known, choose, short};
pub(crate) use keep::{Keeper, past};
pub(crate) use open::Place;
pub(crate) use read::Reader;
pub(crate) use write::{append, copy};
