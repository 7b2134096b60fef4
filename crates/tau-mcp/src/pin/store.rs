//! Where hashes are kept, and what differs from them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::hash::ToolHash;

/// The tools of a server that somebody has agreed to, by the name the server gave them.
pub type Pins = BTreeMap<String, ToolHash>;

/// Keeps which tools of which servers were agreed to.
///
/// An implementer must keep true that what was saved is loaded until it is saved anew, and that nobody but the user
/// writes it: never a repository.
pub trait PinStore: fmt::Debug + Send + Sync {
    /// The tools of a server that were agreed to; `None` if the server was never seen.
    ///
    /// # Errors
    /// When they cannot be read. The server's tools are then not offered.
    fn load(&self, server: &str) -> io::Result<Option<Pins>>;

    /// Keeps them, in the place of those that were kept.
    ///
    /// # Errors
    /// When they cannot be written.
    fn save(&self, server: &str, pins: &Pins) -> io::Result<()>;
}

/// Keeps pins as long as the process runs.
#[derive(Debug, Default)]
pub struct MemoryPinStore(Mutex<BTreeMap<String, Pins>>);

impl PinStore for MemoryPinStore {
    fn load(&self, server: &str) -> io::Result<Option<Pins>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(server).cloned())
    }

    fn save(&self, server: &str, pins: &Pins) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(server.to_owned(), pins.clone());
        Ok(())
    }
}

/// The tools of a list that nobody has agreed to as they are now. Those of a server that was never seen are agreed
/// to: whoever added the server did.
pub(crate) fn compare(store: &dyn PinStore, server: &str, now: &Pins) -> io::Result<BTreeSet<String>> {
    let Some(pinned) = store.load(server)? else {
        store.save(server, now)?;
        return Ok(BTreeSet::new());
    };
    Ok(now
        .iter()
        .filter(|(tool, hash)| pinned.get(*tool) != Some(*hash))
        .map(|(tool, _)| tool.clone())
        .collect())
}
