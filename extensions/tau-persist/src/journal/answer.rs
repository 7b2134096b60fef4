//! Errors of a store as the interface tells them.

use tau_proto::buffa::MessageField;
use tau_proto::runtime::v1::{Nack, NackReason, SessionPosition};

use crate::error::{StoreError, StoreErrorKind};
use crate::store::Position;

/// The longest explanation, in bytes.
const MAX_DETAIL: usize = 1_024;

/// The refusal of an append whose first event is `seq`.
pub(super) fn nack(session: &str, seq: u64, epoch: u64, error: &StoreError) -> Nack {
    let held = held(error.kind()).map(|position| SessionPosition {
        session_id: session.to_owned(),
        seq: position.seq,
        epoch: position.epoch,
        hash: if position.seq == 0 { Vec::new() } else { position.hash.0.to_vec() }.into(),
        ..Default::default()
    });
    let mut detail = error.to_string();
    detail.truncate(detail.floor_char_boundary(MAX_DETAIL));
    Nack {
        session_id: session.to_owned(),
        // The store knows better where an append begins with events that are held already.
        seq: error.seq().unwrap_or(seq),
        epoch,
        reason: reason(error.kind()).into(),
        held: MessageField::from(held),
        detail,
        ..Default::default()
    }
}

/// What the runtime is to make of an error.
pub(super) const fn reason(kind: &StoreErrorKind) -> NackReason {
    match kind {
        // A deleted session is owned by nobody who may write it.
        StoreErrorKind::Fenced { .. } | StoreErrorKind::Leased { .. } | StoreErrorKind::Deleted => {
            NackReason::NACK_REASON_FENCED
        }
        StoreErrorKind::Conflict { .. } => NackReason::NACK_REASON_CONFLICT,
        StoreErrorKind::Gap { .. } => NackReason::NACK_REASON_GAP,
        StoreErrorKind::HashMismatch { .. } => NackReason::NACK_REASON_HASH_MISMATCH,
        StoreErrorKind::Invalid(_) => NackReason::NACK_REASON_INVALID,
        StoreErrorKind::TooLarge { .. } => NackReason::NACK_REASON_TOO_LARGE,
        StoreErrorKind::StorageFull => NackReason::NACK_REASON_STORAGE_FULL,
        StoreErrorKind::ReadOnly => NackReason::NACK_REASON_READ_ONLY,
        StoreErrorKind::NotFound
        | StoreErrorKind::Corrupt(_)
        | StoreErrorKind::NewerSchema { .. }
        | StoreErrorKind::OlderSchema { .. }
        | StoreErrorKind::NotAStore
        | StoreErrorKind::Locked
        | StoreErrorKind::Io
        | StoreErrorKind::Closed => NackReason::NACK_REASON_UNAVAILABLE,
    }
}

const fn held(kind: &StoreErrorKind) -> Option<Position> {
    match kind {
        StoreErrorKind::Fenced { held } | StoreErrorKind::Gap { held } => Some(*held),
        StoreErrorKind::Conflict { found, .. } => Some(*found),
        _ => None,
    }
}
