//! What all tasks of a run share.

use std::sync::Arc;

use super::options::Durability;
use super::stream::Sender;
use crate::checkpoint::{RunId, Store};
use crate::workflow;

pub(in crate::graph) struct Scope {
    pub(in crate::graph) events: workflow::Scope,
    pub(in crate::graph) stream: Option<Sender>,
    pub(in crate::graph) stored: Option<Stored>,
}

/// Where a run is stored.
#[derive(Clone)]
pub(in crate::graph) struct Stored {
    pub(in crate::graph) store: Arc<dyn Store>,
    pub(in crate::graph) run: RunId,
    pub(in crate::graph) durability: Durability,
}
