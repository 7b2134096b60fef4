//! Version 1 of what is stored of a run. These types are written and read and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::state::Encoded;

/// The version that is written.
const VERSION: u32 = 1;

/// The body of a record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    v: u32,
    pub(crate) entries: Vec<Wire>,
}

impl Body {
    pub(crate) fn new(entries: Vec<Wire>) -> Self {
        Self { v: VERSION, entries }
    }

    /// Whether this version can read it.
    pub(crate) fn is_readable(&self) -> bool {
        self.v == VERSION
    }
}

/// One thing that happened in a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wire {
    /// The first entry of every log, also of one that was shortened.
    Begun(Box<Begun>),
    /// A task returned an update.
    Done(Done),
    /// A task asked.
    Asked(Posed),
    /// Questions were answered.
    Answered(Vec<Replied>),
    /// All tasks of a superstep are done, and these are next.
    Step(Vec<WireTask>),
    /// Somebody changed the state.
    Edited(Edit),
    /// The run ended without reaching its end.
    Stopped(Stopped),
    /// Somebody goes on with the run.
    Resumed,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begun {
    pub(crate) graph: Shape,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<Origin>,
    pub(crate) base: Snapshot,
}

/// What has to be the same for a stored run to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) nodes: Vec<String>,
    /// Names of keys and kinds of their reducers.
    pub(crate) keys: BTreeMap<String, String>,
}

/// Where a fork comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) run: String,
    pub(crate) step: u64,
}

/// A run between two supersteps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// How many supersteps are finished.
    pub(crate) step: u64,
    pub(crate) values: Encoded,
    pub(crate) next: Vec<WireTask>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) visits: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) arrived: Vec<Arrival>,
}

/// A barrier that some have reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Arrival {
    pub(crate) from: Vec<String>,
    pub(crate) to: String,
    pub(crate) arrived: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WireTask {
    pub(crate) node: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) task: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) writes: Vec<(String, Box<RawValue>)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Posed {
    pub(crate) task: usize,
    /// Ids and payloads.
    pub(crate) questions: Vec<(String, Value)>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Replied {
    pub(crate) id: String,
    pub(crate) value: Value,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Edit {
    pub(crate) writes: Vec<(String, Box<RawValue>)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Vec<WireTask>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stopped {
    pub(crate) why: String,
    pub(crate) message: String,
}
