//! What a provider answers, checked: it says what it likes, and a model reads it.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1::command_exit::Exit;
use tau_proto::runtime::v1::environment_result::Result as Answer;
use tau_proto::runtime::v1::{
    self as pb, EnvironmentErrorKind as WireKind, EnvironmentOpened, FileKind as WireFileKind,
};
use tau_tools::environment::{
    CommandExit, DirectoryEntry, EnvironmentError, EnvironmentErrorKind, FileKind, GlobMatches, GlobQuery,
    GrepLine, GrepMatches, GrepQuery, Metadata, WorkspacePath,
};

use super::path::{heard, is_name};
use super::{About, limit};

/// The longest message and subject of an error that the model reads, in characters.
const MAX_WORDS: usize = 1_000;
/// The longest line of a search, in characters, the mark of a cut included.
const MAX_LINE: usize = 501;

/// That an answer is none to what was asked.
pub(super) fn malformed(subject: impl ToString, problem: impl fmt::Display) -> EnvironmentError {
    let problem = format!("the extension that gives the environment answered wrongly: {problem}");
    EnvironmentError::new(EnvironmentErrorKind::Malformed, subject, problem)
}

fn other(subject: impl ToString) -> EnvironmentError {
    malformed(subject, "it is no answer to what was asked")
}

/// What a provider says of an environment. It goes into what the model is told first, so it is one line each.
pub(super) fn opened(opened: &EnvironmentOpened) -> Option<About> {
    let is_line = |text: &str, most: usize| text.len() <= most && !text.contains(char::is_control);
    let root = PathBuf::from(&opened.root);
    let is_right = root.has_root()
        && is_line(&opened.root, 4_096)
        && is_line(&opened.system, 64)
        && is_line(&opened.shell, 64);
    is_right.then(|| About { root, system: opened.system.clone(), shell: opened.shell.clone() })
}

/// What a provider says that it could not do.
pub(super) fn error(subject: impl ToString, error: pb::EnvironmentError) -> EnvironmentError {
    let kind = match error.kind.as_known() {
        Some(WireKind::NotFound) => EnvironmentErrorKind::NotFound,
        Some(WireKind::PermissionDenied) => EnvironmentErrorKind::PermissionDenied,
        Some(WireKind::Outside) => EnvironmentErrorKind::Outside,
        Some(WireKind::IsFolder) => EnvironmentErrorKind::IsDirectory,
        Some(WireKind::NotAFile) => EnvironmentErrorKind::NotAFile,
        Some(WireKind::TooLarge) => EnvironmentErrorKind::TooLarge,
        Some(WireKind::InvalidPattern) => EnvironmentErrorKind::InvalidPattern,
        Some(WireKind::Unsupported) => EnvironmentErrorKind::Unsupported,
        _ => EnvironmentErrorKind::Io,
    };
    let subject = if error.subject.is_empty() { subject.to_string() } else { cut(error.subject, MAX_WORDS) };
    EnvironmentError::new(kind, subject, cut(error.message, MAX_WORDS))
}

fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}

fn file_kind(kind: EnumValue<WireFileKind>) -> FileKind {
    match kind.as_known() {
        Some(WireFileKind::File) => FileKind::File,
        Some(WireFileKind::Folder) => FileKind::Directory,
        _ => FileKind::Other,
    }
}

pub(super) fn metadata(path: &WorkspacePath, answer: Answer) -> Result<Metadata, EnvironmentError> {
    let Answer::Stat(status) = answer else { return Err(other(path)) };
    let mut metadata = Metadata::new(file_kind(status.kind), status.size);
    metadata.modified = status.modified.as_option().and_then(|modified| {
        let seconds = u64::try_from(modified.seconds).ok()?;
        let nanos = u32::try_from(modified.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
        UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
    });
    Ok(metadata)
}

pub(super) fn content(
    path: &WorkspacePath,
    answer: Answer,
    content: Vec<u8>,
) -> Result<Vec<u8>, EnvironmentError> {
    let Answer::Read(read) = answer else { return Err(other(path)) };
    if read.size == content.len() as u64 {
        return Ok(content);
    }
    Err(malformed(path, format_args!("{} bytes came of {}", content.len(), read.size)))
}

pub(super) fn done(path: &WorkspacePath, answer: Answer) -> Result<(), EnvironmentError> {
    if matches!(answer, Answer::Done(_)) { Ok(()) } else { Err(other(path)) }
}

pub(super) fn entries(path: &WorkspacePath, answer: Answer) -> Result<Vec<DirectoryEntry>, EnvironmentError> {
    let Answer::Listed(listed) = answer else { return Err(other(path)) };
    if listed.total > listed.entries.len() as u64 {
        let problem = format!("it has {} entries, more than can be listed", listed.total);
        return Err(EnvironmentError::new(EnvironmentErrorKind::TooLarge, path, problem));
    }
    if listed.entries.len() > super::MAX_ENTRIES as usize {
        return Err(malformed(path, "more entries came than were asked for"));
    }
    let mut entries = Vec::with_capacity(listed.entries.len());
    for entry in listed.entries {
        if !is_name(&entry.name) {
            return Err(malformed(path, format_args!("{:?} is no name", cut(entry.name, 100))));
        }
        entries.push(DirectoryEntry::new(entry.name, file_kind(entry.kind)));
    }
    entries.sort_unstable();
    entries.dedup_by(|a, b| a.name == b.name);
    Ok(entries)
}

/// A path among what was found.
fn found(below: &WorkspacePath, text: &str) -> Result<WorkspacePath, EnvironmentError> {
    let path = heard(text).filter(|path| path.as_path().starts_with(below.as_path()));
    path.ok_or_else(|| malformed(below, format_args!("{:?} is no path below it", cut(text.to_owned(), 100))))
}

fn count(total: u64) -> usize {
    usize::try_from(total).unwrap_or(usize::MAX)
}

pub(super) fn globbed(query: &GlobQuery, answer: Answer) -> Result<GlobMatches, EnvironmentError> {
    let Answer::Glob(matches) = answer else { return Err(other(&query.pattern)) };
    if matches.paths.len() > limit(query.limit) as usize {
        return Err(malformed(&query.pattern, "more paths came than were asked for"));
    }
    let mut globbed = GlobMatches::default();
    globbed.total = count(matches.total).max(matches.paths.len());
    globbed.paths = matches.paths.iter().map(|path| found(&query.below, path)).collect::<Result<_, _>>()?;
    Ok(globbed)
}

pub(super) fn grepped(query: &GrepQuery, answer: Answer) -> Result<GrepMatches, EnvironmentError> {
    let Answer::Grep(matches) = answer else { return Err(other(&query.pattern)) };
    let hits = matches.lines.iter().filter(|line| line.is_match).count();
    let (most, beside) = (limit(query.limit) as usize, limit(query.context) as usize * 2);
    if hits > most || matches.lines.len() - hits > hits.saturating_mul(beside) {
        return Err(malformed(&query.pattern, "more lines came than were asked for"));
    }
    let mut grepped = GrepMatches::default();
    grepped.total = count(matches.total).max(hits);
    (grepped.files, grepped.skipped) = (count(matches.files), count(matches.skipped));
    for line in matches.lines {
        let path = found(&query.below, &line.path)?;
        let text = cut(line.text, MAX_LINE);
        let line = match line.is_match {
            true => GrepLine::matching(path, line.number, text),
            false => GrepLine::context(path, line.number, text),
        };
        grepped.lines.push(line);
    }
    Ok(grepped)
}

pub(super) fn exit(answer: Answer) -> Result<CommandExit, EnvironmentError> {
    let Answer::Exit(exit) = answer else { return Err(other("run")) };
    match exit.exit {
        Some(Exit::Code(code)) => Ok(CommandExit::Code(code)),
        Some(Exit::Signal(signal)) => Ok(CommandExit::Signal(signal)),
        None => Err(other("run")),
    }
}
