//! Simulated journals of a session: what they hold, and what they say about it.

use tau_runtime::kernel::gate::{Gate, Position};

/// How a journal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It stores all at once and says so.
    Flowing,
    /// It stores when told to.
    Stalled,
    /// Its disk is full.
    Full,
    /// It is not there.
    Detached,
}

/// One journal.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// How many events it holds, on its disk.
    pub(crate) stored: usize,
    pub(crate) mode: Mode,
    /// Acknowledgements on their way.
    pub(crate) on_their_way: Vec<usize>,
}

/// The journals of a session.
#[derive(Debug, Clone)]
pub(crate) struct Stores {
    pub(crate) stores: Vec<Store>,
    required: usize,
}

/// What journals are called.
pub(crate) const NAMES: [&str; 2] = ["a", "b"];

impl Stores {
    pub(crate) fn new(count: usize, required: usize) -> Self {
        let store = Store { stored: 0, mode: Mode::Flowing, on_their_way: Vec::new() };
        Self { stores: vec![store; count], required }
    }

    /// How many events enough journals hold, whatever anybody was told of it.
    pub(crate) fn durable(&self) -> usize {
        let mut stored: Vec<usize> = self.stores.iter().map(|store| store.stored).collect();
        stored.sort_unstable();
        stored.iter().rev().nth(self.required - 1).copied().unwrap_or_default()
    }

    /// All hold so many events and flow, as after a recovery; a gate for the writer that comes.
    pub(crate) fn recover(&mut self, held: usize, epoch: u64) -> Gate {
        for store in &mut self.stores {
            *store = Store { stored: held, mode: Mode::Flowing, on_their_way: Vec::new() };
        }
        Gate::new(self.required, position(epoch, held))
    }
}

/// The place of the last of so many events.
pub(crate) const fn position(epoch: u64, held: usize) -> Position {
    Position { epoch, seq: tau_core::event::Seq(held as u64) }
}
