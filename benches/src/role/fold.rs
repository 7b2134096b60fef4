//! Events into a state, and the floor: their bodies into JSON values.

use std::hint::black_box;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tau_core::event::{Event, EventBody, Record};
use tau_runtime::kernel::State;

use crate::{cpu, journal};

/// CPU time of each piece of work over the same events.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Folded {
    pub(crate) parse: Duration,
    pub(crate) open: Duration,
    pub(crate) fold: Duration,
    /// Bytes of all bodies.
    pub(crate) bytes: usize,
}

pub(super) fn run(events: usize) -> anyhow::Result<Folded> {
    let records = journal::records(events)?;
    let bytes = records.iter().map(|record| record.body.len()).sum();
    // Once unmeasured, so that each piece finds the memory it needs in the process already.
    black_box((values(&records)?, opened(&records)?));
    let (values, parse) = timed(|| values(&records));
    drop(values?);
    let (events, open) = timed(|| opened(&records));
    let events = events?;
    let bodies: Vec<&EventBody> = events.iter().map(|event| &event.body).collect();
    let (state, fold) = timed(|| State::fold(bodies));
    anyhow::ensure!(state.seq().0 == records.len() as u64, "the fold has {} events", state.seq());
    Ok(Folded { parse, open, fold, bytes })
}

fn values(records: &[Record]) -> anyhow::Result<Vec<Value>> {
    records.iter().map(|record| Ok(serde_json::from_str(&record.body)?)).collect()
}

fn opened(records: &[Record]) -> anyhow::Result<Vec<Event>> {
    records.iter().map(|record| Ok(record.open()?)).collect()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = cpu::own_time();
    let done = work();
    (done, cpu::own_time().saturating_sub(start))
}
