//! Text with the numbers of its lines.

use std::fmt::Write;

use super::{LINE_CHARS, Lines};
use crate::builtin::support::{Budget, Decoded, count_lines, cut_line};
use crate::executor::ToolOutput;

pub(super) fn numbered(name: &str, decoded: &Decoded<'_>, lines: Lines) -> Result<ToolOutput, ToolOutput> {
    let text = &*decoded.text;
    if text.is_empty() {
        return Ok(ToolOutput::text(format!("`{name}` is empty.")));
    }
    let (first, total) = (lines.first, count_lines(text.as_bytes()));
    if first > total {
        return Err(ToolOutput::error(format!("offset {first} is past the end: `{name}` has {total} lines")));
    }
    let mut output = String::new();
    let mut budget = Budget::default();
    let mut next = first;
    for line in text.split('\n').skip(first - 1).take(lines.most.min(total - first + 1)) {
        let line = cut_line(line.strip_suffix('\r').unwrap_or(line), LINE_CHARS);
        let line = format!("{next}\t{line}\n");
        if !budget.take(line.len()) {
            break;
        }
        output.push_str(&line);
        next += 1;
    }
    if next <= total {
        let last = next - 1;
        let _ = writeln!(output, "[lines {first} to {last} of {total}; continue with offset {next}]");
    }
    if decoded.is_lossy {
        output.push_str("[not valid UTF-8; bytes that are none are shown as \u{fffd}]\n");
    } else if let Some(encoding) = decoded.encoding.name() {
        let _ = writeln!(output, "[encoded as {encoding}; edit keeps that]");
    }
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    match memchr::memmem::find_iter(text.as_bytes(), b"\r\n").count() {
        0 => {}
        crlf if crlf == ends => output.push_str("[lines end in CRLF; edit keeps that]\n"),
        crlf => {
            let _ =
                writeln!(output, "[{crlf} of {ends} lines end in CRLF, the others in LF; edit keeps that]");
        }
    }
    Ok(ToolOutput::text(output))
}
