//! Search for lines in one file, and what is kept of many.

use std::collections::BTreeMap;
use std::io;

use grep_matcher::LineTerminator;
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkContext, SinkMatch};

use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::path::WorkspacePath;
use crate::environment::query::{CaseSensitivity, GrepLine, GrepMatches, GrepQuery};

/// The characters kept of a line.
const LINE_CHARS: usize = 500;
/// The memory one file's longest line may take.
const LINE_BYTES: usize = 64 << 20;

/// A regular expression ready to be looked for. Each thread has its own copy.
#[derive(Debug, Clone)]
pub(in crate::environment) struct LineSearch {
    matcher: RegexMatcher,
    searcher: Searcher,
    limit: usize,
}

impl LineSearch {
    pub(in crate::environment) fn new(query: &GrepQuery) -> Result<Self, EnvironmentError> {
        let matcher = RegexMatcherBuilder::new()
            .case_insensitive(query.case == CaseSensitivity::Insensitive)
            // `^` and `$` mean lines, whichever way they end.
            .multi_line(true)
            .crlf(true)
            .build(&query.pattern)
            .map_err(|error| {
                EnvironmentError::new(EnvironmentErrorKind::InvalidPattern, &query.pattern, error.to_string())
            })?;
        let searcher = SearcherBuilder::new()
            .line_terminator(LineTerminator::crlf())
            .before_context(query.context)
            .after_context(query.context)
            .binary_detection(BinaryDetection::quit(0))
            .heap_limit(Some(LINE_BYTES))
            .build();
        Ok(Self { matcher, searcher, limit: query.limit.min(query.limit_of_file) })
    }

    pub(in crate::environment) fn read(
        &mut self,
        path: &WorkspacePath,
        file: impl io::Read,
    ) -> io::Result<FileMatches> {
        let mut sink = LineSink::new(path, self.limit);
        self.searcher.search_reader(&self.matcher, file, &mut sink)?;
        Ok(sink.finish())
    }

    pub(in crate::environment) fn slice(
        &mut self,
        path: &WorkspacePath,
        content: &[u8],
    ) -> io::Result<FileMatches> {
        let mut sink = LineSink::new(path, self.limit);
        self.searcher.search_slice(&self.matcher, content, &mut sink)?;
        Ok(sink.finish())
    }
}

/// The matches of one file.
#[derive(Debug, Default)]
pub(in crate::environment) struct FileMatches {
    lines: Vec<GrepLine>,
    /// How many match in all; at most the limit of them are kept.
    matches: usize,
}

impl FileMatches {
    pub(in crate::environment) const fn is_empty(&self) -> bool {
        self.matches == 0
    }
}

struct LineSink<'a> {
    path: &'a WorkspacePath,
    limit: usize,
    found: FileMatches,
    binary: bool,
}

impl<'a> LineSink<'a> {
    fn new(path: &'a WorkspacePath, limit: usize) -> Self {
        Self { path, limit, found: FileMatches::default(), binary: false }
    }

    fn keep(&mut self, number: Option<u64>, bytes: &[u8], is_match: bool) {
        let (path, number, text) = (self.path.clone(), number.unwrap_or(0), line_text(bytes));
        self.found.lines.push(GrepLine { path, number, text, is_match });
    }

    /// A file that turns out to be binary after some matches has none: where it turns out must not matter.
    fn finish(self) -> FileMatches {
        if self.binary { FileMatches::default() } else { self.found }
    }
}

impl Sink for LineSink<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, line: &SinkMatch<'_>) -> io::Result<bool> {
        self.found.matches += 1;
        if self.found.matches <= self.limit {
            self.keep(line.line_number(), line.bytes(), true);
        }
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, line: &SinkContext<'_>) -> io::Result<bool> {
        if self.found.matches <= self.limit {
            self.keep(line.line_number(), line.bytes(), false);
        }
        Ok(true)
    }

    fn binary_data(&mut self, _: &Searcher, _: u64) -> io::Result<bool> {
        self.binary = true;
        Ok(false)
    }
}

fn line_text(bytes: &[u8]) -> String {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // A character is at most four bytes; a bit more, so that what is cut off inside one is not shown.
    let start = &line[..line.len().min(LINE_CHARS * 4 + 4)];
    let text = String::from_utf8_lossy(start);
    match text.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

/// Gathers files in any order and gives their first lines in order, in memory bounded by the limit.
#[derive(Debug)]
pub(in crate::environment) struct Collector {
    files: BTreeMap<WorkspacePath, FileMatches>,
    /// Matching lines in `files`.
    kept: usize,
    limit: usize,
    limit_of_file: usize,
    context: usize,
    matches: GrepMatches,
}

impl Collector {
    pub(in crate::environment) fn new(query: &GrepQuery) -> Self {
        Self {
            files: BTreeMap::new(),
            kept: 0,
            limit: query.limit,
            limit_of_file: query.limit.min(query.limit_of_file),
            context: query.context,
            matches: GrepMatches::default(),
        }
    }

    pub(in crate::environment) fn add(&mut self, path: WorkspacePath, searched: io::Result<FileMatches>) {
        let Ok(found) = searched else {
            self.matches.skipped += 1;
            return;
        };
        if found.matches == 0 {
            return;
        }
        self.matches.files += 1;
        self.matches.total += found.matches;
        self.kept += found.matches.min(self.limit_of_file);
        self.files.insert(path, found);
        while let Some(last) = self.files.last_entry() {
            let kept = last.get().matches.min(self.limit_of_file);
            if self.kept - kept < self.limit {
                break;
            }
            self.kept -= kept;
            last.remove();
        }
    }

    pub(in crate::environment) fn finish(mut self) -> GrepMatches {
        let mut left = self.limit;
        let context = u64::try_from(self.context).unwrap_or(u64::MAX);
        for file in self.files.into_values() {
            let mut last = None;
            for line in file.lines {
                if line.is_match {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                    last = Some(line.number);
                } else if left == 0 && last.is_none_or(|last| line.number > last.saturating_add(context)) {
                    break;
                }
                self.matches.lines.push(line);
            }
        }
        self.matches
    }
}
