//! How a pool runs its servers.

use std::sync::Arc;

use crate::client::ConnectOptions;
use crate::pin::{MemoryPinStore, PinStore};

/// How a pool runs its servers.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PoolOptions {
    /// How each is connected to.
    pub connect: ConnectOptions,
    /// Which tools were agreed to. Default: kept as long as the process runs, so that a change while it runs is
    /// noticed.
    pub pins: Arc<dyn PinStore>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self { connect: ConnectOptions::default(), pins: Arc::new(MemoryPinStore::default()) }
    }
}

impl PoolOptions {
    /// Servers connected to like this.
    #[must_use]
    pub fn new(connect: ConnectOptions) -> Self {
        Self { connect, ..Self::default() }
    }

    /// The same with tools that were agreed to kept here.
    #[must_use]
    pub fn with_pins(mut self, pins: Arc<dyn PinStore>) -> Self {
        self.pins = pins;
        self
    }
}
