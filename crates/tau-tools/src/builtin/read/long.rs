//! Lines of a file that is too long to be read as a whole.

use std::fmt::Write;

use super::{LINE_CHARS, Lines};
use crate::builtin::support::{Budget, Place, binary_kind, cut_line};
use crate::environment::EnvironmentErrorKind;
use crate::executor::ToolOutput;

/// What is read at once.
const CHUNK: usize = 4 << 20;
/// Where a NUL byte makes a file binary.
const BINARY_PREFIX: usize = 8 << 10;
/// The bytes of a line that are kept: no character is longer than four.
const LINE_BYTES: usize = LINE_CHARS * 4;

/// The lines asked for; `None` where the environment reads no parts of files.
pub(super) async fn read(
    place: &Place<'_>,
    name: &str,
    len: u64,
    lines: Lines,
) -> Option<Result<ToolOutput, ToolOutput>> {
    let mut scan = Scan::new(lines);
    let mut offset = 0;
    loop {
        let chunk = match place.environment.read_range(&place.path, offset, CHUNK).await {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == EnvironmentErrorKind::Unsupported => return None,
            Err(error) => return Some(Err(ToolOutput::error(error.to_string()))),
        };
        if offset == 0 && chunk[..chunk.len().min(BINARY_PREFIX)].contains(&0) {
            let kind = binary_kind(&chunk);
            return Some(Err(ToolOutput::error(format!(
                "`{name}` is not text but {kind} of {len} bytes; it was not read"
            ))));
        }
        offset += chunk.len() as u64;
        if chunk.is_empty() {
            scan.end_of_file();
        } else {
            scan.take(&chunk);
        }
        if let Some(end) = scan.end {
            return Some(scan.finish(name, len, end));
        }
    }
}

/// Why no more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The file has no more.
    File,
    /// All lines that were asked for are there, or all that fit.
    Enough,
}

struct Scan {
    lines: Lines,
    /// The number of the line that is being read.
    number: usize,
    /// The start of it, and how many bytes of it there are.
    line: Vec<u8>,
    line_len: usize,
    output: String,
    budget: Budget,
    end: Option<End>,
}

impl Scan {
    fn new(lines: Lines) -> Self {
        let (line, output) = (Vec::new(), String::new());
        Self { lines, number: 1, line, line_len: 0, output, budget: Budget::default(), end: None }
    }

    fn take(&mut self, mut chunk: &[u8]) {
        while self.end.is_none() && !chunk.is_empty() {
            let line_end = memchr::memchr(b'\n', chunk);
            let piece = &chunk[..line_end.unwrap_or(chunk.len())];
            if self.number >= self.lines.first {
                let room = LINE_BYTES.saturating_sub(self.line.len());
                self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            self.line_len += piece.len();
            chunk = &chunk[line_end.map_or(chunk.len(), |end| end + 1)..];
            if line_end.is_some() {
                self.end_of_line();
            }
        }
    }

    fn end_of_line(&mut self) {
        if self.number >= self.lines.first {
            let text = String::from_utf8_lossy(&self.line);
            let mut line = cut_line(text.strip_suffix('\r').unwrap_or(&text), LINE_CHARS);
            if self.line_len > self.line.len() {
                let _ = write!(line, "... [{} more bytes]", self.line_len - self.line.len());
            }
            let line = format!("{}\t{line}\n", self.number);
            if !self.budget.take(line.len()) {
                self.end = Some(End::Enough);
                return;
            }
            self.output.push_str(&line);
        }
        self.number += 1;
        self.line.clear();
        self.line_len = 0;
        if self.number >= self.lines.first.saturating_add(self.lines.most) {
            self.end = Some(End::Enough);
        }
    }

    fn end_of_file(&mut self) {
        if self.line_len > 0 {
            self.end_of_line();
        }
        self.end = Some(End::File);
    }

    fn finish(self, name: &str, len: u64, end: End) -> Result<ToolOutput, ToolOutput> {
        let Self { lines, number, mut output, .. } = self;
        if end == End::File && output.is_empty() {
            let (first, total) = (lines.first, number - 1);
            return Err(ToolOutput::error(format!(
                "offset {first} is past the end: `{name}` has {total} lines"
            )));
        }
        if end == End::Enough {
            let (first, last) = (lines.first, number - 1);
            let _ = writeln!(
                output,
                "[lines {first} to {last} of a file of {len} bytes; continue with offset {number}]"
            );
        }
        Ok(ToolOutput::text(output))
    }
}
