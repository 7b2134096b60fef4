//! Reads files and lists folders.

mod args;

use std::borrow::Cow;
use std::fmt::Write;

use args::ReadArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

use super::support::{self, Budget, FILE_BYTES, Place, cut_line, shown};
use crate::environment::{DirectoryEntry, FileKind};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "read";
const DEFAULT_LINES: usize = 2_000;
const LINE_CHARS: usize = 2_000;
const ENTRIES: usize = 1_000;
/// Where a NUL byte makes a file binary.
const BINARY_PREFIX: usize = 8 << 10;

/// Reads files and lists folders.
#[derive(Debug)]
pub struct ReadTool {
    definition: ToolDefinition,
}

impl ReadTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<ReadArgs>(NAME, include_str!("description.md")) }
    }
}

impl Default for ReadTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for ReadTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

async fn run(context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
    let args: ReadArgs = ToolOutput::arguments(NAME, arguments)?;
    let place = Place::parse(context, &args.path)?;
    let (environment, path) = (place.environment, &place.path);
    let found = match environment.metadata(path).await {
        Ok(found) => found,
        Err(error) => return Err(place.failure(&error).await),
    };
    let name = place.shown(path);
    if found.kind == FileKind::Directory {
        let entries = environment.list(path).await.map_err(|error| support::failure(&error))?;
        return Ok(ToolOutput::text(listing(&name, &entries)));
    }
    let content = environment.read(path, FILE_BYTES).await.map_err(|error| support::failure(&error))?;
    if content[..content.len().min(BINARY_PREFIX)].contains(&0) {
        let kind = binary_kind(&content);
        let len = content.len();
        return Err(ToolOutput::error(format!(
            "`{name}` is not text but {kind} of {len} bytes; it was not read"
        )));
    }
    numbered(&name, &content, args.offset.unwrap_or(1).max(1), args.limit.unwrap_or(DEFAULT_LINES).max(1))
}

fn listing(name: &str, entries: &[DirectoryEntry]) -> String {
    let mut text = format!("`{name}` is a folder with {} entries", entries.len());
    text.push_str(if entries.is_empty() { "." } else { ":" });
    let mut budget = Budget::default();
    for (index, entry) in entries.iter().enumerate() {
        let mark = match entry.kind {
            FileKind::Directory => "/",
            FileKind::File => "",
            FileKind::Other => " (neither file nor folder, or a link that leads nowhere)",
        };
        let line = format!("\n{}{mark}", shown(&entry.name));
        if index == ENTRIES || !budget.take(line.len()) {
            let _ = write!(text, "\n[{} more entries]", entries.len() - index);
            break;
        }
        text.push_str(&line);
    }
    text
}

fn numbered(name: &str, content: &[u8], offset: usize, limit: usize) -> Result<ToolOutput, ToolOutput> {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    if content.is_empty() {
        return Ok(ToolOutput::text(format!("`{name}` is empty.")));
    }
    let text = String::from_utf8_lossy(content);
    let total = support::count_lines(content);
    if offset > total {
        return Err(ToolOutput::error(format!(
            "offset {offset} is past the end: `{name}` has {total} lines"
        )));
    }
    let mut output = String::new();
    let mut budget = Budget::default();
    let mut next = offset;
    for line in text.split('\n').skip(offset - 1).take(limit.min(total - offset + 1)) {
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
        let _ = writeln!(output, "[lines {offset} to {last} of {total}; continue with offset {next}]");
    }
    if matches!(text, Cow::Owned(_)) {
        output.push_str("[not valid UTF-8; bytes that are none are shown as \u{fffd}]\n");
    }
    match (memchr::memmem::find_iter(content, b"\r\n").count(), memchr::memchr_iter(b'\n', content).count()) {
        (0, _) => {}
        (crlf, ends) if crlf == ends => output.push_str("[lines end in CRLF; edit keeps that]\n"),
        (crlf, ends) => {
            let _ =
                writeln!(output, "[{crlf} of {ends} lines end in CRLF, the others in LF; edit keeps that]");
        }
    }
    Ok(ToolOutput::text(output))
}

/// What a file with NUL bytes is, by its first bytes.
fn binary_kind(content: &[u8]) -> &'static str {
    const KINDS: [(&[u8], &str); 11] = [
        (b"\x89PNG\r\n", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"%PDF-", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "gzip data"),
        (b"\x28\xb5\x2f\xfd", "Zstandard data"),
        (b"\x7fELF", "an ELF program or library"),
        (b"SQLite format 3\0", "a SQLite database"),
        (b"\xff\xfe", "UTF-16 text (iconv converts it)"),
        (b"\xfe\xff", "UTF-16 text (iconv converts it)"),
    ];
    KINDS.iter().find(|(start, _)| content.starts_with(start)).map_or("binary data", |(_, kind)| kind)
}
