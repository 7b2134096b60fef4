//! Bounded reading of text files.
//!
//! Every file that may enter model context is read here, so that size, encoding and file kind are decided once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The text of a file: UTF-8, without byte order mark, with `\n` line ends.
///
/// Line ends are normalised because a checkout with `\r\n` must yield the same prompt bytes as one with `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Text {
    /// The text, possibly cut; see `truncation`.
    pub content: String,
    /// Size of the file in bytes.
    pub total_bytes: u64,
    /// Set when the file was longer than the limit.
    pub truncation: Option<Truncation>,
}

/// How much of a file was kept when it was too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Truncation {
    /// Bytes of text kept, from the start.
    pub kept_bytes: u64,
    /// Size of the whole file in bytes.
    pub total_bytes: u64,
}

/// Why a text file could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {kind}", path.display())]
pub struct ReadError {
    path: PathBuf,
    kind: ReadErrorKind,
    source: Option<io::Error>,
}

/// The ways in which reading a text file fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The operating system refused.
    #[error("{0}")]
    Io(io::ErrorKind),
    /// A folder, FIFO, socket or device.
    #[error("not a regular file")]
    NotAFile,
    /// The bytes are not UTF-8. Refused rather than repaired: replacement characters in instructions would be believed.
    #[error("not UTF-8 at byte {offset}")]
    InvalidUtf8 {
        /// Offset of the first wrong byte in the file.
        offset: u64,
    },
    /// A NUL byte: no text file has one, and several model APIs and databases reject it.
    #[error("binary: a NUL byte at {offset}")]
    Binary {
        /// Offset of the NUL byte in the file.
        offset: u64,
    },
}

/// Reads at most `limit` bytes of a regular file as text.
///
/// A longer file is cut at the end of its last complete line, or, where the first line alone is longer than the limit,
/// between two characters. The part beyond the limit is not looked at, so wrong bytes in it go unnoticed.
///
/// # Errors
///
/// See [`ReadErrorKind`].
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("notes.md");
/// std::fs::write(&path, "\u{feff}one\r\ntwo\r\n")?;
///
/// assert_eq!(tau_memory::text::read(&path, 100)?.content, "one\ntwo\n");
/// assert_eq!(tau_memory::text::read(&path, 7)?.content, "one\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(path: &Path, limit: usize) -> Result<Text, ReadError> {
    let fail = |kind, source| ReadError { path: path.to_path_buf(), kind, source };
    let io = |source: io::Error| fail(ReadErrorKind::Io(source.kind()), Some(source));
    // Looked at before it is opened: opening a device may act on it.
    if !std::fs::metadata(path).map_err(io)?.is_file() {
        return Err(fail(ReadErrorKind::NotAFile, None));
    }
    let file = open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(fail(ReadErrorKind::NotAFile, None));
    }
    let most = limit.saturating_add(BYTE_ORDER_MARK.len()).saturating_add(1);
    let mut bytes = Vec::with_capacity(most.min(usize::try_from(metadata.len()).unwrap_or(most)));
    file.take(most as u64).read_to_end(&mut bytes).map_err(io)?;
    decode(&bytes, limit, metadata.len()).map_err(|kind| fail(kind, None))
}

/// The longest start of `text` of at most `limit` bytes that ends with a line, or else between two characters.
#[must_use]
pub fn cut_at_line(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(limit)];
    cut.rfind('\n').map_or(cut, |end| &cut[..=end])
}

/// Split at `is_separator`, but for what stands between `open` and `close`. The parts are as written, blanks and empty ones
/// included.
///
/// ```
/// use tau_memory::text::split_outside;
///
/// assert_eq!(split_outside("*.{a,b},c", ('{', '}'), |c| c == ','), ["*.{a,b}", "c"]);
/// ```
#[must_use]
pub fn split_outside(text: &str, (open, close): (char, char), is_separator: fn(char) -> bool) -> Vec<&str> {
    let mut depth = 0_usize;
    let is_end = |c: char| {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
        }
        depth == 0 && is_separator(c)
    };
    text.split(is_end).collect()
}

impl ReadError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ReadErrorKind {
        self.kind
    }

    /// The file that could not be read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Truncation {
    /// `kept_bytes` of `total_bytes`.
    #[must_use]
    pub fn new(kept_bytes: u64, total_bytes: u64) -> Self {
        Self { kept_bytes, total_bytes }
    }
}

impl std::fmt::Display for Truncation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "first {} of {} bytes", self.kept_bytes, self.total_bytes)
    }
}

/// Opened without waiting, in case a FIFO took the file's place after it was looked at.
#[cfg(unix)]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
pub(crate) fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn decode(bytes: &[u8], limit: usize, size: u64) -> Result<Text, ReadErrorKind> {
    let marked = bytes.strip_prefix(BYTE_ORDER_MARK);
    let skipped = if marked.is_some() { BYTE_ORDER_MARK.len() } else { 0 };
    let bytes = marked.unwrap_or(bytes);
    let truncated = bytes.len() > limit;
    let bytes = &bytes[..bytes.len().min(limit)];
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A character cut in two by the limit is no fault of the file.
        Err(error) if truncated && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => {
            return Err(ReadErrorKind::InvalidUtf8 { offset: (skipped + error.valid_up_to()) as u64 });
        }
    };
    if let Some(at) = valid.find('\0') {
        return Err(ReadErrorKind::Binary { offset: (skipped + at) as u64 });
    }
    // The cut is made again on `valid` only when there is something beyond it.
    let kept = if truncated { valid.rfind('\n').map_or(valid, |end| &valid[..=end]) } else { valid };
    let content = kept.replace("\r\n", "\n");
    let total_bytes = size.max((skipped + bytes.len()) as u64 + u64::from(truncated));
    let truncation = truncated.then(|| Truncation::new(content.len() as u64, total_bytes));
    Ok(Text { content, total_bytes, truncation })
}
