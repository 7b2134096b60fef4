//! What is kept of the output of a command.

use std::collections::VecDeque;

/// Bytes kept from the start and from the end. With its notes it stays within the default output bounds.
const HEAD: usize = 18_000;
const TAIL: usize = 9_000;
/// Bytes that wait for the next report of progress; older ones are not reported.
const PENDING: usize = 8_000;

/// Keeps the head and the tail of any amount of output, in fixed memory.
#[derive(Debug, Default)]
pub(in crate::builtin) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: u64,
    dropped_lines: u64,
    pending: Vec<u8>,
}

impl Capture {
    pub(in crate::builtin) fn push(&mut self, chunk: &[u8]) {
        self.pend(chunk);
        let (head, rest) = chunk.split_at(chunk.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        // Of a chunk longer than the tail only its end can stay.
        let (passing, kept) = rest.split_at(rest.len().saturating_sub(TAIL));
        let over = (self.tail.len() + rest.len()).saturating_sub(TAIL).min(self.tail.len());
        for byte in self.tail.drain(..over) {
            self.dropped_lines += u64::from(byte == b'\n');
        }
        self.dropped_lines += memchr::memchr_iter(b'\n', passing).count() as u64;
        self.dropped_bytes += (over + passing.len()) as u64;
        self.tail.extend(kept);
    }

    fn pend(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(PENDING)..];
        let over = (self.pending.len() + chunk.len()).saturating_sub(PENDING);
        self.pending.drain(..over);
        self.pending.extend_from_slice(chunk);
    }

    /// What came since the last time, as far as its characters are complete.
    pub(in crate::builtin) fn take_pending(&mut self) -> String {
        let incomplete = incomplete_suffix(&self.pending);
        let rest = self.pending.split_off(self.pending.len() - incomplete);
        let complete = std::mem::replace(&mut self.pending, rest);
        String::from_utf8_lossy(&complete).into_owned()
    }

    /// All that was kept, bytes that are not UTF-8 replaced.
    pub(in crate::builtin) fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if self.dropped_bytes == 0 {
            return String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned();
        }
        // A character that was cut in two is left out on both sides.
        let head = &self.head[..self.head.len() - incomplete_suffix(&self.head)];
        let start = tail.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        format!(
            "{}\n[... {} bytes, {} lines left out ...]\n{}",
            String::from_utf8_lossy(head),
            self.dropped_bytes,
            self.dropped_lines,
            String::from_utf8_lossy(&tail[start..]),
        )
    }
}

/// The length of a character at the end that lacks bytes.
fn incomplete_suffix(bytes: &[u8]) -> usize {
    let invalid = bytes.utf8_chunks().last().map_or(&b""[..], |chunk| chunk.invalid());
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        _ => 0,
    }
}
