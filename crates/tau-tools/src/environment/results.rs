//! Where results are kept that are too long for a model's context.

use std::fmt;
use std::path::PathBuf;

use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use tau_core::ToolCallId;

use super::Environment;
use super::error::EnvironmentError;

/// Results too long for a model's context, in a place of their own outside the root. A model may read and search
/// them; only [`keep`](Self::keep) writes.
///
/// An implementer must keep true:
/// - No name and no link reaches a file outside the store, for reading or writing.
/// - The store never holds more than [`ResultLimits::total`]: the oldest results go first, never the newest.
///
/// A caller may not assume that a result stays: the store is bounded, and it is no part of a session's journal.
pub trait ResultStore: fmt::Debug + Send + Sync {
    /// What is kept at most. A caller cuts to [`ResultLimits::each`] before it calls [`keep`](Self::keep).
    fn limits(&self) -> ResultLimits;

    /// Keeps a result and gives its absolute path, as the model is told. The same name replaces what it held.
    fn keep<'a>(
        &'a self,
        name: &'a ResultName,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<PathBuf, EnvironmentError>>;

    /// What is kept, as an environment that changes nothing and runs nothing.
    fn files(&self) -> &dyn Environment;
}

/// How much a [`ResultStore`] holds, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResultLimits {
    /// Of one result.
    pub each: usize,
    /// Of all.
    pub total: usize,
}

impl Default for ResultLimits {
    /// 4 MiB of one result, 64 MiB of all.
    fn default() -> Self {
        Self { each: 4 << 20, total: 64 << 20 }
    }
}

impl ResultLimits {
    /// So many bytes of one result, and of all; of one never more than of all.
    #[must_use]
    pub fn new(each: usize, total: usize) -> Self {
        Self { each: each.min(total), total }
    }
}

/// The name of a kept result: a plain file name, whatever the call's id holds.
///
/// It is the readable part of the id and a digest of id and content. So ids that look alike do not meet, and a
/// provider that uses an id again does not replace what an earlier message of the history names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultName(String);

/// The characters of an id that stay in a name.
const READABLE: usize = 40;

impl ResultName {
    /// The name for this content of this call's result.
    #[must_use]
    pub fn new(call: &ToolCallId, content: &[u8]) -> Self {
        let id = call.as_str();
        let is_plain = |character: &char| character.is_ascii_alphanumeric() || *character == '_';
        let mut name: String = id.chars().filter(is_plain).take(READABLE).collect();
        // The length keeps the end of the id and the start of the content apart.
        let length = (id.len() as u64).to_le_bytes();
        let digest = Sha256::new().chain_update(length).chain_update(id).chain_update(content).finalize();
        name.push(if name.is_empty() { 'r' } else { '-' });
        for byte in &digest[..8] {
            name.push_str(&format!("{byte:02x}"));
        }
        name.push_str(".txt");
        Self(name)
    }

    /// The name: letters, digits, `_`, `-` and one dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
