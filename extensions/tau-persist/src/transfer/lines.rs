//! The lines of an export. What they look like is a format of its own, with its own version.

use std::io::{BufRead, Read as _};

use serde::{Deserialize, Serialize};

use super::error::{TransferError, TransferErrorKind};

/// What the first line says it is.
pub(super) const FORMAT: &str = "tau.session.events";
/// The version that this program writes, and the newest that it reads.
pub(super) const VERSION: u32 = 1;
/// No line is longer: an event at the largest a store may take, in base64.
const MAX_LINE: u64 = 800 << 20;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    pub(super) session: String,
}

/// The last line, by which a file that was cut off is told from a whole one.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trailer {
    pub(super) end: End,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) seq: u64,
    pub(super) hash: String,
}

/// Reads line by line, counting.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, number: 0, line: Vec::new() }
    }

    /// The number of the line read last.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The next line, without its end, and its number; if there is one. A line without an end was cut off.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &[u8])>, TransferError> {
        self.line.clear();
        self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut self.line)?;
        if self.line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if self.line.pop() != Some(b'\n') {
            return Err(TransferError::new(TransferErrorKind::Truncated).at_line(self.number));
        }
        Ok(Some((self.number, &self.line)))
    }
}
