//! What is kept of the output of a command.

use std::collections::VecDeque;

use crate::output::Gap;

/// Bytes kept from the start where nobody keeps results, and from the end. With notes they stay within the
/// default output bounds.
const HEAD: usize = 18_000;
const TAIL: usize = 9_000;
/// Bytes that wait for the next report of progress; older ones are not reported.
const PENDING: usize = 8_000;

/// Keeps the head and the tail of any amount of output, in bounded memory.
#[derive(Debug)]
pub(in crate::builtin) struct Capture {
    head_limit: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped_bytes: u64,
    dropped_lines: u64,
    pending: Vec<u8>,
}

impl Default for Capture {
    fn default() -> Self {
        Self::new(HEAD)
    }
}

impl Capture {
    /// Keeps so many bytes from the start, where somebody keeps long results; never less than by default.
    pub(in crate::builtin) fn new(head_limit: usize) -> Self {
        Self {
            head_limit: head_limit.max(HEAD),
            head: Vec::new(),
            tail: VecDeque::new(),
            dropped_bytes: 0,
            dropped_lines: 0,
            pending: Vec::new(),
        }
    }

    pub(in crate::builtin) fn push(&mut self, chunk: &[u8]) {
        self.pend(chunk);
        let (head, rest) = chunk.split_at(chunk.len().min(self.head_limit - self.head.len()));
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

    /// All that was kept, bytes that are not UTF-8 replaced, and what was not.
    pub(in crate::builtin) fn text(&self) -> (String, Option<Gap>) {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        if self.dropped_bytes == 0 {
            return (String::from_utf8_lossy(&[self.head.as_slice(), &tail].concat()).into_owned(), None);
        }
        // A character that was cut in two is left out on both sides.
        let head = &self.head[..self.head.len() - incomplete_suffix(&self.head)];
        let start = tail.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
        let mut text = String::from_utf8_lossy(head).into_owned();
        let gap = Gap::new(text.len(), self.dropped_bytes, self.dropped_lines);
        text.push_str(&String::from_utf8_lossy(&tail[start..]));
        (text, Some(gap))
    }
}

/// The length of a character at the end that lacks bytes.
pub(super) fn incomplete_suffix(bytes: &[u8]) -> usize {
    let invalid = bytes.utf8_chunks().last().map_or(&b""[..], |chunk| chunk.invalid());
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        _ => 0,
    }
}
