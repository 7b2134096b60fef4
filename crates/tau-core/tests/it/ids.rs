use std::collections::BTreeSet;

use proptest::prelude::*;
use tau_core::{EventId, RunId, SessionId, ToolCallId};

#[test]
fn an_id_prints_as_a_uuid_and_names_its_kind_when_debugged() {
    let id = SessionId::from_u128(0x01927c3e_9f5a_7d3c_8a51_2f6f0c8b1d4e);
    assert_eq!(id.to_string(), "01927c3e-9f5a-7d3c-8a51-2f6f0c8b1d4e");
    assert_eq!(format!("{id:?}"), "SessionId(01927c3e-9f5a-7d3c-8a51-2f6f0c8b1d4e)");
    assert_eq!(serde_json::to_value(id).unwrap(), id.to_string());
    assert_eq!(id.as_bytes()[..2], [0x01, 0x92]);
    assert_eq!(format!("{:?}", ToolCallId::new("call_1")), "ToolCallId(call_1)");
}

#[test]
fn a_text_that_is_no_id_says_which_was_wanted() {
    assert_eq!(
        "latest".parse::<RunId>().unwrap_err().to_string(),
        "`latest` is not a run id (expected a UUID such as 01927c3e-9f5a-7d3c-8a51-2f6f0c8b1d4e)",
    );
    assert!(serde_json::from_str::<RunId>("\"latest\"").is_err());
}

#[test]
fn derived_ids_are_those_of_their_parts_alone() {
    let id = SessionId::derive(&[b"ab", b"c"]);
    assert_eq!(id, SessionId::derive(&[b"ab", b"c"]));
    assert_eq!(id.as_bytes()[6] >> 4, 8);
    for other in [&[&b"a"[..], b"bc"][..], &[b"abc"], &[b"ab", b"c", b""], &[]] {
        assert_ne!(id, SessionId::derive(other));
    }
}

#[test]
fn generated_ids_differ() {
    let ids: BTreeSet<EventId> = (0..1_000).map(|_| EventId::generate()).collect();
    assert_eq!(ids.len(), 1_000);
}

proptest! {
    #[test]
    fn any_id_reads_back(bits in any::<u128>()) {
        let id = EventId::from_u128(bits);
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.as_bytes(), &bits.to_be_bytes());
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(serde_json::from_str::<EventId>(&json).unwrap(), id);
    }
}
