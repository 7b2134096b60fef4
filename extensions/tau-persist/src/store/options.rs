//! What every store is told when it is opened.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::store::{NoText, TextExtractor};

/// Settings that every store has.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreOptions {
    /// Reads the time. The clock of the machine unless set.
    pub clock: Arc<dyn Clock>,
    /// Finds the text of events. None of it unless set.
    pub text: Arc<dyn TextExtractor>,
    /// The largest body of an event, blob and snapshot, in bytes. 64 MiB unless set.
    pub max_event_bytes: usize,
    /// How large the store may grow, in bytes, about. Without a bound unless set.
    pub max_bytes: Option<u64>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            text: Arc::new(NoText),
            max_event_bytes: 64 << 20,
            max_bytes: None,
        }
    }
}

impl StoreOptions {
    /// Reads the time elsewhere.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Finds text in events, so that they can be searched.
    #[must_use]
    pub fn with_text(mut self, text: Arc<dyn TextExtractor>) -> Self {
        self.text = text;
        self
    }

    /// Another bound of one body, at most 512 MiB.
    #[must_use]
    pub const fn with_max_event_bytes(mut self, bytes: usize) -> Self {
        self.max_event_bytes = if bytes < 512 << 20 { bytes } else { 512 << 20 };
        self
    }

    /// A bound of the whole store. What would exceed it is refused with `StorageFull`.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes);
        self
    }
}
