//! What there is to say about files of a project that did not count as they stand.

use std::fmt;
use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;

/// Something about a file that its author should know: it, or a part of it, was skipped, shadowed, ignored or misread.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The file or folder.
    pub path: PathBuf,
    /// Where in it, if that is known.
    pub place: Option<Place>,
    /// What about it.
    pub kind: FindingKind,
}

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in bytes.
    pub column: usize,
}

/// How much of it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Loss {
    /// Nothing: it was read in another way than its author may think.
    Nothing,
    /// A part of the file.
    Part,
    /// The whole file.
    File,
}

/// What happened to a file or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FindingKind {
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(ReadErrorKind),
    /// It is longer than a file of its kind is read.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// Bytes that are read.
        limit: usize,
    },
    /// It is no JSON.
    #[error("is no JSON: {message}")]
    Syntax {
        /// The words of the parser.
        message: String,
    },
    /// Its outermost value is no object.
    #[error("holds no JSON object")]
    NotAnObject,
    /// It has comments or commas that JSON does not have. They were left out.
    #[error("has comments or commas that JSON does not have; read without them")]
    Relaxed,
    /// A key that nobody here knows.
    #[error("`{key}` is not known and does not count")]
    UnknownKey {
        /// Its path.
        key: String,
    },
    /// A key with a value of another type than it takes.
    #[error("`{key}` must be {expected}; it does not count")]
    WrongType {
        /// Its path.
        key: String,
        /// What it takes.
        expected: &'static str,
    },
    /// Something that denies or asks, with a value of another type than it takes.
    #[error("`{key}` must be {expected}: it may deny anything")]
    UnclearGuards {
        /// Its path.
        key: String,
        /// What it takes.
        expected: &'static str,
    },
    /// Something that other agents do and this one does not.
    #[error("`{key}` does not count: {why}")]
    NotSupported {
        /// Its path or name.
        key: String,
        /// Why not.
        why: &'static str,
    },
    /// A permission rule that is not understood.
    #[error("the permission rule `{rule}` is not understood{}", if *.guards { ": calls it could be about are asked about" } else { " and allows nothing" })]
    UnclearRule {
        /// As it was written.
        rule: String,
        /// Whether it denies or asks.
        guards: bool,
    },
    /// A matcher of hooks that is no regular expression.
    #[error("the matcher `{matcher}` is not understood, so its hooks are asked about every call")]
    UnclearMatcher {
        /// As it was written.
        matcher: String,
    },
    /// A matcher that can match no tool.
    #[error(
        "the matcher `{matcher}` is compared letter by letter and no tool has such a name; write `{matcher}__.*`"
    )]
    MatchesNothing {
        /// As it was written.
        matcher: String,
    },
    /// Another definition of the same name goes before it.
    #[error("`{name}` is shadowed by {}", by.display())]
    Shadowed {
        /// The name.
        name: String,
        /// The file that goes before it.
        by: PathBuf,
    },
    /// A file without the front matter that makes it a definition.
    #[error("no definition: {why}")]
    NotADefinition {
        /// What is missing or wrong.
        why: &'static str,
    },
    /// The front matter is no YAML.
    #[error("its front matter is {0}")]
    FrontMatter(tau_skills::front_matter::FrontMatterErrorKind),
    /// A tool that is not there.
    #[error("names the tool `{tool}`, which is not there")]
    UnknownTool {
        /// Its name.
        tool: String,
    },
    /// A skill that is not there.
    #[error("names the skill `{skill}`, which is not there")]
    UnknownSkill {
        /// Its name.
        skill: String,
    },
    /// There are more than a session has.
    #[error("is left out: a session has no more than {limit} {what}")]
    LeftOut {
        /// How many it has.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// More files or folders than are looked at.
    #[error("holds more than is looked at: {limit} {what}")]
    Limit {
        /// How many are.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

impl Finding {
    /// A finding about a whole file.
    #[must_use]
    pub fn new(path: &Path, kind: FindingKind) -> Self {
        Self { path: path.to_owned(), place: None, kind }
    }

    /// The same with a place.
    #[must_use]
    pub const fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// How much of the file is lost by it.
    #[must_use]
    pub const fn loss(&self) -> Loss {
        match &self.kind {
            FindingKind::Unreadable(_)
            | FindingKind::TooLong { .. }
            | FindingKind::Syntax { .. }
            | FindingKind::NotAnObject
            | FindingKind::Shadowed { .. }
            | FindingKind::NotADefinition { .. }
            | FindingKind::LeftOut { .. }
            | FindingKind::FrontMatter(_) => Loss::File,
            FindingKind::Relaxed | FindingKind::UnclearMatcher { .. } => Loss::Nothing,
            _ => Loss::Part,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl Place {
    /// A line and a column, both from 1.
    #[must_use]
    pub const fn new(line: usize, column: usize) -> Self {
        Self { line, column }
    }
}
