use proptest::prelude::*;
use tau_core::event::{EventHash, EventHeader, Record, Seq, Timestamp};
use tau_core::{EventId, SessionId};

use crate::samples;

type Change = fn(&mut Record);

/// A name and a change for every field of a record.
const CHANGES: [(&str, Change); 10] = [
    ("session", |record| record.header.session = SessionId::from_u128(9)),
    ("seq", |record| record.header.seq = Seq(record.header.seq.0 + 1)),
    ("epoch", |record| record.header.epoch += 1),
    ("id", |record| record.header.id = EventId::from_u128(9)),
    ("time", |record| record.header.time = Timestamp(record.header.time.0 + 1)),
    ("cause", |record| {
        record.header.cause = match record.header.cause {
            Some(_) => None,
            None => Some(EventId::from_u128(0)),
        }
    }),
    ("kind", |record| record.kind.push('x')),
    ("schema_version", |record| record.schema_version += 1),
    ("body", |record| record.body.push(' ')),
    ("prev_hash", |record| record.prev_hash.0[31] ^= 1),
];

/// The place of the first record whose predecessor is not the one it names.
fn broken_at(records: &[Record]) -> Option<usize> {
    let mut prev = EventHash::ZERO;
    records.iter().position(|record| {
        let broken = record.prev_hash != prev;
        prev = record.hash();
        broken
    })
}

#[test]
fn the_list_of_changes_names_every_field() {
    let written = serde_json::to_value(&samples::records()[1]).unwrap();
    let mut fields: Vec<&str> = written.as_object().unwrap().keys().map(String::as_str).collect();
    let mut changed = CHANGES.map(|(name, _)| name);
    fields.sort_unstable();
    changed.sort_unstable();
    assert_eq!(fields, changed);
}

#[test]
fn an_untouched_journal_is_whole() {
    assert_eq!(broken_at(&samples::records()), None);
}

#[test]
fn a_change_of_any_field_of_any_record_breaks_the_chain() {
    let whole = samples::records();
    for place in 0..whole.len() - 1 {
        for (name, change) in CHANGES {
            let mut records = whole.clone();
            change(&mut records[place]);
            // A changed predecessor shows at the record itself, any other change at the one after.
            let expected = if name == "prev_hash" { place } else { place + 1 };
            assert_eq!(broken_at(&records), Some(expected), "{name} of record {place}");
        }
    }
}

#[test]
fn a_record_taken_out_put_in_or_moved_breaks_the_chain() {
    let whole = samples::records();
    let mut less = whole.clone();
    less.remove(2);
    assert_eq!(broken_at(&less), Some(2));
    let mut more = whole.clone();
    more.insert(2, whole[1].clone());
    assert_eq!(broken_at(&more), Some(2));
    let mut moved = whole;
    moved.swap(2, 3);
    assert_eq!(broken_at(&moved), Some(2));
}

/// Every change of how a hash is computed breaks the journals already written. The hashes were computed by another
/// program, from the fields as the documentation frames them.
#[test]
fn the_hash_of_a_record_is_fixed() {
    let mut record = Record {
        header: EventHeader {
            session: SessionId::from_u128(1),
            seq: Seq(2),
            epoch: 3,
            id: EventId::from_u128(4),
            time: Timestamp(5),
            cause: None,
        },
        kind: "rewound".to_owned(),
        schema_version: 1,
        body: r#"{"to":1}"#.to_owned(),
        prev_hash: EventHash([7; 32]),
    };
    assert_eq!(record.hash().to_string(), "07e5c16acc65ba5589bd77fcc0dd58318328425a9f9b45b83e3a8274e3e6a81d");
    record.header.cause = Some(EventId::from_u128(6));
    assert_eq!(record.hash().to_string(), "78fe069c15e8371162b734a32c370aa0a18f30ec66314cc160bf6a1245e63dfc");
}

#[test]
fn a_text_that_is_no_hash_is_refused() {
    let hash = samples::records()[0].hash();
    let hex = hash.to_string();
    assert_eq!(format!("{hash:?}"), format!("EventHash({hex})"));
    assert_eq!(hex.parse(), Ok(hash));
    assert_eq!(hex.to_uppercase().parse(), Ok(hash));
    assert_eq!(serde_json::from_value::<EventHash>(hex.clone().into()).unwrap(), hash);
    for text in ["", &hex[1..], &format!("{hex}0"), &"+f".repeat(32), &"zz".repeat(32), &"é".repeat(32)] {
        let said = format!("`{text}` is not a SHA-256 hash of 64 hex digits");
        assert_eq!(text.parse::<EventHash>().unwrap_err().to_string(), said);
        assert_eq!(serde_json::from_value::<EventHash>(text.into()).unwrap_err().to_string(), said);
    }
}

proptest! {
    #[test]
    fn any_hash_reads_back(bytes in any::<[u8; 32]>()) {
        let hash = EventHash(bytes);
        prop_assert_eq!(hash.to_string().parse(), Ok(hash));
    }

    /// Moving text from one field to its neighbour must not give the same hash.
    #[test]
    fn fields_do_not_run_into_each_other(text in "[a-z]{2,12}", cut in 0usize..12, other in 0usize..12) {
        prop_assume!(cut <= text.len() && other <= text.len() && cut != other);
        let at = |cut: usize| {
            let mut record = samples::records().remove(0);
            (record.kind, record.body) = (text[..cut].to_owned(), text[cut..].to_owned());
            record.hash()
        };
        prop_assert_ne!(at(cut), at(other));
    }
}
