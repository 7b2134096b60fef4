//! Random messages.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Strategy, any};
use tau_proto::buffa::bytes::Bytes;
use tau_proto::buffa::{MessageField, UnknownField, UnknownFieldData};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

/// The range RFC 3339 can write, and so JSON: years 1 to 9999.
fn timestamps() -> impl Strategy<Value = Timestamp> {
    (-62_135_596_800_i64..=253_402_300_799, 0..=999_999_999_i32).prop_map(|(seconds, nanos)| Timestamp {
        seconds,
        nanos,
        ..Default::default()
    })
}

/// Any event that the wire can carry, valid for a journal or not.
pub(crate) fn events() -> impl Strategy<Value = Event> {
    let ids = (any::<String>(), any::<String>(), any::<String>(), option::of(any::<String>()));
    let numbers = (any::<u64>(), any::<u64>(), any::<u32>());
    let bytes = (vec(any::<u8>(), 0..512), vec(any::<u8>(), 0..=32));
    (ids, numbers, option::of(timestamps()), bytes).prop_map(
        |((session_id, event_id, kind, cause_event_id), (seq, epoch, schema_version), time, (body, hash))| {
            Event {
                session_id,
                seq,
                epoch,
                event_id,
                kind,
                schema_version,
                cause_event_id,
                time: time.map_or_else(MessageField::none, MessageField::some),
                body: Bytes::from(body),
                prev_hash: Bytes::from(hash),
                ..Default::default()
            }
        },
    )
}

/// A field with a number that no version of these messages uses.
pub(crate) fn unknown_fields() -> impl Strategy<Value = UnknownField> {
    let data = proptest::prop_oneof![
        any::<u64>().prop_map(UnknownFieldData::Varint),
        any::<u64>().prop_map(UnknownFieldData::Fixed64),
        any::<u32>().prop_map(UnknownFieldData::Fixed32),
        vec(any::<u8>(), 0..64).prop_map(UnknownFieldData::LengthDelimited),
    ];
    (1_000_u32..1_100, data).prop_map(|(number, data)| UnknownField { number, data })
}
