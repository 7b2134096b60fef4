//! Tests of the conversions. They are here and not in `tests/it`, because what they test is no public interface.

mod answers;
mod bad_inputs;
mod config;
mod context;
mod deltas;
mod events;
mod journal;
mod messages;
mod selector;
mod session;

use std::path::Path;

use tau_core::event::{Record, SCHEMA_VERSION};
use tau_proto::buffa::Message;

use super::WireError;

/// Records of every kind and variant, one journal: those by which tau-core keeps its written form.
fn records() -> Vec<Record> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tau-core/tests/it");
    let text = std::fs::read_to_string(tests.join(format!("data/events-v{SCHEMA_VERSION}.jsonl"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What of an error programs see.
fn seen(error: &WireError) -> (&'static str, &str) {
    (error.reason().name(), error.field())
}

/// The message as it is after its way through both encodings.
#[track_caller]
fn assert_travels<M>(message: &M)
where
    M: Message + PartialEq + std::fmt::Debug + serde::Serialize + serde::de::DeserializeOwned,
{
    assert_eq!(&M::decode_from_slice(&message.encode_to_vec()).unwrap(), message);
    let json = serde_json::to_string(message).unwrap();
    assert_eq!(&serde_json::from_str::<M>(&json).unwrap(), message, "{json}");
}
