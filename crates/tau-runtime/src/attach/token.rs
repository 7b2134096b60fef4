//! Names that nobody can guess.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use tau_core::EventId;

/// 128 random bits as 32 hex digits.
pub(super) fn generate() -> String {
    // Each id holds at least 32 bits that the system drew for it alone.
    let mut sha = Sha256::new();
    for _ in 0..4 {
        sha.update(EventId::generate().as_bytes());
    }
    let mut token = String::with_capacity(32);
    for byte in &sha.finalize()[..16] {
        // Writing to a string cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    token
}
