//! The sessions that were kept: where they are, how one is named, and what was written down of it.
//!
//! The store (tau-persist) keeps events whose bodies are bytes to it; here they become events again.

mod entry;
mod find;
mod keep;
mod open;
mod overview;
mod read;
mod text;
mod write;

pub(crate) use entry::Entry;
pub(crate) use find::{Known, choose, choose_known, short, telling_length};
pub(crate) use keep::{Keeper, Kept, past};
pub(crate) use open::{Place, in_use_by, make_private};
pub(crate) use overview::{State, Surveyed, overview_all, overview_of};
pub(crate) use read::Reader;
pub(crate) use write::{append, copy};
