//! The compiled context and its rendering.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::rules::Rule;
use crate::text::{ReadErrorKind, Truncation};

/// Instruction files compiled into system context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SystemContext {
    /// What was taken in, the most general first.
    pub sections: Vec<Section>,
    /// What was left out, whole or in part. A file that does not exist is not listed.
    pub skipped: Vec<Skipped>,
    /// Rules that wait for a file they are about; see [`Bootstrap::nested_for`](super::Bootstrap::nested_for).
    pub conditional: Vec<Rule>,
}

/// One instruction file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// Whose instructions these are.
    pub scope: Scope,
    /// Where the file was found; for project files with real folder names.
    pub path: PathBuf,
    /// The name shown to the model: relative to the boundary with `/` between folders, or the path of a user's file.
    pub label: String,
    /// Its text, as described at [`Text`](crate::text::Text).
    pub text: String,
    /// Set when only the start of the file was taken in.
    pub truncation: Option<Truncation>,
}

/// Whose instructions a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scope {
    /// The user's, for all projects.
    User,
    /// The project's.
    Project,
}

/// A file or folder that was left out, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {reason}", path.display())]
#[non_exhaustive]
pub struct Skipped {
    /// The file or folder, or the name that was asked for.
    pub path: PathBuf,
    /// Why.
    pub reason: SkipReason,
}

/// Why something was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// The same file, or one with the same text, is already there.
    #[error("same as {}", of.display())]
    Duplicate {
        /// The one that was taken in.
        of: PathBuf,
    },
    /// The user wants it left out.
    #[error("excluded")]
    Excluded,
    /// Nothing but white space.
    #[error("empty")]
    Empty,
    /// Only the start was taken in; the section is there.
    #[error("too long: {0} taken in")]
    Truncated(Truncation),
    /// No room was left within the total limit.
    #[error("no room for its {total_bytes} bytes within the total limit")]
    TotalLimit {
        /// Size of the file.
        total_bytes: u64,
    },
    /// It could not be read as text.
    #[error("{0}")]
    Unreadable(ReadErrorKind),
    /// A link that leaves the boundary.
    #[error("points out of the boundary, to {}", target.display())]
    OutsideBoundary {
        /// Where it points.
        target: PathBuf,
    },
    /// The boundary does not contain the working folder; only the working folder was looked in.
    #[error("the boundary does not contain the working folder {}", working_dir.display())]
    WorkingDirOutside {
        /// The working folder.
        working_dir: PathBuf,
    },
    /// A file of the same name with `override` in it stands beside it.
    #[error("overridden by {}", by.display())]
    Overridden {
        /// The other file.
        by: PathBuf,
    },
    /// A file of the project wants to take in a file from outside of the boundary.
    #[error("outside of the project, imported by {}", from.display())]
    ImportOutside {
        /// The file that imports it.
        from: PathBuf,
    },
    /// A file that takes in one that takes it in.
    #[error("imported in a circle, by {}", from.display())]
    ImportCycle {
        /// The file that imports it.
        from: PathBuf,
    },
    /// More files behind each other than are followed.
    #[error("more than {limit} imports behind each other")]
    ImportDepth {
        /// How many are followed.
        limit: usize,
    },
    /// More rules in one folder, or folders below each other, than are read.
    #[error("too many rules")]
    TooManyRules,
    /// A file name that is absolute, empty or has `..` in it.
    #[error("not a name relative to a folder")]
    InvalidName,
}

impl SystemContext {
    /// Takes in what was loaded beside it.
    pub fn extend(&mut self, more: Self) {
        self.sections.extend(more.sections);
        self.skipped.extend(more.skipped);
        self.conditional.extend(more.conditional);
    }

    /// One text for the model, each section in a tag that names its file. Empty when there are no sections.
    ///
    /// Never longer than the total limit the context was loaded with.
    #[must_use]
    pub fn render(&self) -> String {
        self.sections.iter().map(Section::render).collect()
    }
}

impl Section {
    /// This section as it stands in [`SystemContext::render`].
    #[must_use]
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(self.text.len() + self.label.len() + 64);
        // Writing to a string cannot fail.
        let _ =
            write!(out, "<instructions scope=\"{}\" path=\"{}\"", self.scope.name(), attribute(&self.label));
        if let Some(truncation) = self.truncation {
            let _ = write!(out, " truncated=\"{truncation}\"");
        }
        out.push_str(">\n");
        // A file must not be able to close its tag and pose as another file.
        out.push_str(&self.text.trim_end().replace("</instructions", "<\\/instructions"));
        out.push_str("\n</instructions>\n");
        out
    }

    pub(super) fn rendered_len(&self) -> usize {
        self.render().len()
    }
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Project => "project",
        }
    }
}

/// A path as the value of an attribute: folder names come from the repository and may hold anything but NUL.
fn attribute(label: &str) -> String {
    let mut out = String::with_capacity(label.len());
    for c in label.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
