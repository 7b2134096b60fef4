//! What a search asks for and what it finds.

use super::path::WorkspacePath;

/// A search for files by path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GlobQuery {
    /// The pattern, relative to `below`: `**/*.rs`.
    pub pattern: String,
    /// The folder to search.
    pub below: WorkspacePath,
    /// Whether files that ignore rules or a leading dot hide are found too. A pattern with a name that starts
    /// with a dot finds dotted names in any case; what is below a `.git` folder is found only from inside it.
    pub hidden: bool,
    /// The most paths given back.
    pub limit: usize,
}

impl GlobQuery {
    /// A search of everything below the root that is not hidden, for at most 1,000 paths.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self { pattern: pattern.into(), below: WorkspacePath::root(), hidden: false, limit: 1_000 }
    }
}

/// What a search for files found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GlobMatches {
    /// The paths.
    pub paths: Vec<WorkspacePath>,
    /// How many there are in all.
    pub total: usize,
}

/// A search for lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrepQuery {
    /// The regular expression, in the syntax of the `regex` crate.
    pub pattern: String,
    /// The file or folder to search. Below a folder, what ignore rules hide is left out, and so is `.git`;
    /// names with a leading dot are searched.
    pub below: WorkspacePath,
    /// Only files whose path below `below` matches this glob; a glob without a slash is held against the name.
    pub files: Option<String>,
    /// Whether letter case counts.
    pub case: CaseSensitivity,
    /// Lines shown before and after each match.
    pub context: usize,
    /// The most matching lines given back.
    pub limit: usize,
    /// The most matching lines given back of one file. An environment may give more.
    pub limit_of_file: usize,
}

impl GrepQuery {
    /// A search of every file below the root, for at most 1,000 lines.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            below: WorkspacePath::root(),
            files: None,
            case: CaseSensitivity::Sensitive,
            context: 0,
            limit: 1_000,
            limit_of_file: usize::MAX,
        }
    }
}

/// Whether letter case counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseSensitivity {
    /// `a` is not `A`.
    #[default]
    Sensitive,
    /// `a` is `A`.
    Insensitive,
}

/// What a search for lines found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrepMatches {
    /// The lines, by path and number.
    pub lines: Vec<GrepLine>,
    /// Matching lines in all, those over the limit included.
    pub total: usize,
    /// Files with a match in all.
    pub files: usize,
    /// Files that could not be searched: unreadable, or with a line too long for memory.
    pub skipped: usize,
}

/// A line that matches, or stands beside one that does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GrepLine {
    /// The file.
    pub path: WorkspacePath,
    /// The number of the line, from 1.
    pub number: u64,
    /// The line without its end, bytes that are not UTF-8 replaced, cut at 500 characters.
    pub text: String,
    /// Whether it matches; `false` for a line of context.
    pub is_match: bool,
}

impl GrepLine {
    /// A line that matches.
    pub fn matching(path: WorkspacePath, number: u64, text: impl Into<String>) -> Self {
        Self { path, number, text: text.into(), is_match: true }
    }

    /// A line beside one that matches.
    pub fn context(path: WorkspacePath, number: u64, text: impl Into<String>) -> Self {
        Self { path, number, text: text.into(), is_match: false }
    }
}
