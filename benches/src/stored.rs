//! Records, from events of the interface as a store holds them.

use anyhow::Context;
use tau_core::event::{EventHash, EventHeader, Record, Seq, Timestamp};
use tau_proto::runtime::v1 as wire;

pub(crate) fn to_record(event: wire::Event) -> anyhow::Result<Record> {
    let seconds = u64::try_from(event.time.seconds)?;
    let nanos = u64::try_from(event.time.nanos)?;
    Ok(Record {
        header: EventHeader {
            session: event.session_id.parse()?,
            seq: Seq(event.seq),
            epoch: event.epoch,
            id: event.event_id.parse()?,
            time: Timestamp(seconds * 1_000 + nanos / 1_000_000),
            cause: event.cause_event_id.map(|cause| cause.parse()).transpose()?,
        },
        kind: event.kind,
        schema_version: u16::try_from(event.schema_version)?,
        body: String::from_utf8(event.body.into())?,
        prev_hash: EventHash(event.prev_hash.as_ref().try_into().context("not a hash")?),
    })
}
