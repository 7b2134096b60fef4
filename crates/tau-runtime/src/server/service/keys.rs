//! Idempotency keys: a key is made into the id of what it asks for, so that asking again finds it, across restarts too.

use sha2::{Digest, Sha256};
use tau_core::{RunId, SessionId};
use tau_proto::buffa::Message;

/// Where a session keeps what it was asked for with.
pub(super) const REQUEST: &str = "tau.request";

/// The session that a key of `CreateSession` or `Fork` means.
pub(super) fn session_of(key: &str) -> SessionId {
    SessionId::from_u128(uuid_of(&[b"session", key.as_bytes()]))
}

/// The run that a key of `Run` means.
pub(super) fn run_of(session: SessionId, key: &str) -> RunId {
    RunId::from_u128(uuid_of(&[b"run", session.as_bytes(), key.as_bytes()]))
}

/// What a request asks for, to tell whether a key is used again for something else.
pub(super) fn fingerprint(request: &impl Message) -> String {
    let digest = Sha256::digest(request.encode_to_vec());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Version 8 of UUID: bits of the maker's own. Each part is preceded by its length.
fn uuid_of(parts: &[&[u8]]) -> u128 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    let mut bits = [0; 16];
    bits.copy_from_slice(&sha.finalize()[..16]);
    bits[6] = bits[6] & 0x0f | 0x80;
    bits[8] = bits[8] & 0x3f | 0x80;
    u128::from_be_bytes(bits)
}
