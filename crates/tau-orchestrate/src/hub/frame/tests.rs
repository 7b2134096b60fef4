//! Frames are read as they were written, and whatever else comes is refused.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;
use tokio::time::Instant;

use super::{Frame, Malformed};
use crate::hub::error::HubErrorKind;
use crate::hub::message::{Destination, Headers, Message, Priority, Purpose};
use crate::hub::name::{HubId, MessageId, ParticipantId};
use crate::hub::subject::Subject;

fn id() -> impl Strategy<Value = MessageId> {
    (any::<u64>(), any::<u64>()).prop_map(|(origin, number)| MessageId { origin: HubId(origin), number })
}

fn participant() -> impl Strategy<Value = ParticipantId> {
    "[a-zäß0-9_-]{1,20}".prop_map(|name| ParticipantId::try_from(name).unwrap())
}

fn destination() -> impl Strategy<Value = Destination> {
    prop_oneof![
        participant().prop_map(Destination::Participant),
        "[a-z]{1,5}(\\.[a-z]{1,5}){0,4}"
            .prop_map(|subject| Destination::Subject(Subject::try_from(subject).unwrap())),
        Just(Destination::Everyone),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let purpose = prop::sample::select(vec![Purpose::Tell, Purpose::Ask, Purpose::MustArrive]);
    let priority = prop::sample::select(vec![Priority::Low, Priority::Normal, Priority::High]);
    let headers = prop::collection::btree_map(".{0,9}", ".{0,9}", 0..4);
    let path = prop::collection::vec(any::<u64>(), 0..5);
    let body = prop::collection::vec(any::<u8>(), 0..99);
    let optional = (prop::option::of(participant()), any::<bool>(), prop::option::of(id()));
    ((id(), destination(), purpose, priority), optional, headers, path, body).prop_map(
        |((id, destination, purpose, priority), (from, ends, correlation), headers, path, body)| {
            let headers: Headers =
                headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            Message {
                id,
                destination,
                from,
                purpose,
                priority,
                deadline: ends.then(|| Instant::now() + Duration::from_secs(60)),
                correlation,
                headers: (!headers.is_empty()).then(|| Arc::new(headers)),
                path: (!path.is_empty()).then(|| path.into_iter().map(HubId).collect()),
                body: Bytes::from(body),
            }
        },
    )
}

/// Everything but the deadline, which may be a little later when it was read.
fn shown(message: &Message) -> String {
    format!("{:?}", Message { deadline: None, ..message.clone() })
}

fn is_close(left: Option<Instant>, right: Option<Instant>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => {
            let (later, earlier) = (right.max(left), right.min(left));
            later.duration_since(earlier) < Duration::from_secs(30)
        }
        (left, right) => left == right,
    }
}

proptest! {
    #[test]
    fn messages_come_as_they_went(sender in any::<u64>(), settled in any::<u64>(), sent in message()) {
        let frame = Frame::message(HubId(sender), settled, &sent);
        let Ok(Frame::Message { sender: by, settled: below, message: came }) = Frame::decode(frame) else {
            return Err(TestCaseError::fail("another frame"));
        };
        prop_assert_eq!((by.0, below, shown(&came)), (sender, settled, shown(&sent)));
        prop_assert!(is_close(sent.deadline, came.deadline));
    }

    #[test]
    fn replies_come_as_they_went(request in id(), sent in message()) {
        let Ok(Frame::Reply { request: to, reply }) = Frame::decode(Frame::reply(request, &sent)) else {
            return Err(TestCaseError::fail("another frame"));
        };
        prop_assert_eq!((to, shown(&reply)), (request, shown(&sent)));
    }

    /// No prefix of a frame but the whole has all its fields, and no bytes make it panic.
    #[test]
    fn what_is_cut_short_is_refused(sent in message(), part in 0.0..1.0) {
        let whole = Frame::message(HubId(1), 2, &Message { body: Bytes::new(), ..sent });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let length = (whole.len() as f64 * part) as usize;
        prop_assert_eq!(Frame::decode(whole.slice(..length)).err(), Some(Malformed));
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0u8..5) {
        if bytes.len() > 1 {
            (bytes[0], bytes[1]) = (1, kind);
        }
        let _ = Frame::decode(bytes.into());
    }
}

#[test]
fn failures_and_acknowledgements_come_as_they_went() {
    let id = MessageId { origin: HubId(7), number: 8 };
    let Ok(Frame::Failed { request, kind, detail }) =
        Frame::decode(Frame::failed(id, HubErrorKind::MailboxFull, "so"))
    else {
        panic!("another frame");
    };
    assert_eq!((request, kind, &*detail), (id, HubErrorKind::MailboxFull, "so"));
    assert!(
        matches!(Frame::decode(Frame::acknowledged(id)), Ok(Frame::Acknowledged { id: read }) if read == id)
    );
}
