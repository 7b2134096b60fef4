//! Idempotency keys: a key is made into the id of what it asks for, so that asking again finds it, across restarts too.

use sha2::{Digest, Sha256};
use tau_core::{RunId, SessionId};
use tau_proto::buffa::Message;

/// Where a session keeps what it was asked for with.
pub(super) const REQUEST: &str = "tau.request";

/// The session that a key of `CreateSession` or `Fork` means.
pub(super) fn session_of(key: &str) -> SessionId {
    SessionId::derive(&[b"session", key.as_bytes()])
}

/// The run that a key of `Run` means.
pub(super) fn run_of(session: SessionId, key: &str) -> RunId {
    RunId::derive(&[b"run", session.as_bytes(), key.as_bytes()])
}

/// What a request asks for, to tell whether a key is used again for something else.
pub(super) fn fingerprint(request: &impl Message) -> String {
    let digest = Sha256::digest(request.encode_to_vec());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
