//! Output that nobody has read yet.

use std::collections::VecDeque;

use super::capture::incomplete_suffix;

/// The most bytes that wait to be read; older ones go first.
const BYTES: usize = 24_000;

/// The newest output since it was last read, in bounded memory.
#[derive(Debug, Default)]
pub(in crate::builtin) struct Unread {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Unread {
    pub(in crate::builtin) fn push(&mut self, chunk: &[u8]) {
        let (passing, kept) = chunk.split_at(chunk.len().saturating_sub(BYTES));
        let over = (self.bytes.len() + kept.len()).saturating_sub(BYTES);
        self.bytes.drain(..over);
        self.dropped += (passing.len() + over) as u64;
        self.bytes.extend(kept);
    }

    /// All that is unread, and what is missing said. While more may come, a character that lacks bytes waits for them.
    pub(in crate::builtin) fn take(&mut self, more_may_come: bool) -> String {
        let mut bytes: Vec<u8> = std::mem::take(&mut self.bytes).into();
        if more_may_come {
            self.bytes = bytes.split_off(bytes.len() - incomplete_suffix(&bytes)).into();
        }
        let text = String::from_utf8_lossy(&bytes);
        match std::mem::take(&mut self.dropped) {
            0 => text.into_owned(),
            dropped => format!("[{dropped} bytes before this were not kept]\n{text}"),
        }
    }
}
