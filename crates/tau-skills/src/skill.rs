//! One skill, and what is read of it on use.

use std::io;
use std::path::{Path, PathBuf};

use tau_memory::Document;
use tau_memory::text::{self, ReadErrorKind, Truncation};

pub use crate::resources::{Resource, Resources};

use crate::discovery::Scope;
use crate::front_matter::FrontMatter;
use crate::resources;

/// Bytes of a `SKILL.md` taken in by [`Skill::body`]; the specification recommends bodies of at most some 20 KiB.
pub const BODY_LIMIT: usize = 256 * 1024;

/// A skill that was found; its body and resources are still on disk.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Skill {
    /// The name it is invoked by, from the front matter or else of its folder; that of a plugin's begins with the plugin
    /// and a colon. No control characters, at most 256 bytes without the plugin.
    pub name: String,
    /// The name of its folder, by which other clients invoke it; of a command, that of its file.
    pub folder_name: String,
    /// What it does and when to use it. Not empty.
    pub description: String,
    /// Its `SKILL.md` or command file, below the root it was found in.
    pub path: PathBuf,
    /// Whose skill it is.
    pub scope: Scope,
    /// What it was found as.
    pub kind: Kind,
    /// All its fields.
    pub front_matter: FrontMatter,
}

/// What a skill was found as. Skills win over commands of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A folder with a `SKILL.md`.
    Skill,
    /// A single Markdown file, the older form.
    Command,
}

/// The instructions of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Body {
    /// What follows the front matter.
    pub text: String,
    /// Set when the `SKILL.md` is longer than [`BODY_LIMIT`]; counts its bytes, front matter included.
    pub truncation: Option<Truncation>,
}

/// Why the body or the resources of a skill could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {kind}", path.display())]
pub struct SkillError {
    path: PathBuf,
    kind: SkillErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The ways in which reading a skill fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkillErrorKind {
    /// Its `SKILL.md` cannot be read any more.
    #[error("{0}")]
    Body(ReadErrorKind),
    /// Its folder cannot be read any more.
    #[error("{0}")]
    Folder(io::ErrorKind),
}

impl Skill {
    /// The name with whose it is before it: `project:review`, `user:review`. A plugin's skill has no other.
    #[must_use]
    pub fn qualified_name(&self) -> String {
        match self.scope {
            Scope::Project => format!("project:{}", self.name),
            Scope::User => format!("user:{}", self.name),
            Scope::Plugin => self.name.clone(),
        }
    }

    /// Whether it goes by this name elsewhere.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.folder_name == name || self.name.split_once(':').is_some_and(|(_, own)| own == name)
    }

    /// The folder of the skill, to which its body's references are relative.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// The second level of disclosure: the instructions, read now, at most [`BODY_LIMIT`] bytes.
    ///
    /// # Errors
    ///
    /// When the file is gone or is no longer text.
    pub fn body(&self) -> Result<Body, SkillError> {
        let text = text::read(&self.path, BODY_LIMIT).map_err(|error| SkillError {
            path: self.path.clone(),
            kind: SkillErrorKind::Body(error.kind()),
            source: Some(Box::new(error)),
        })?;
        let body = Document::parse(&text.content).body.to_owned();
        Ok(Body { text: body, truncation: text.truncation })
    }

    /// The third level of disclosure: the files beside the `SKILL.md`, listed now and not opened. A command has none.
    ///
    /// # Errors
    ///
    /// When the folder is gone. Trouble further down is in [`Resources::skipped`].
    pub fn resources(&self) -> Result<Resources, SkillError> {
        if self.kind == Kind::Command {
            return Ok(Resources::default());
        }
        resources::list(self.folder()).map_err(|error| SkillError {
            path: self.folder().to_path_buf(),
            kind: SkillErrorKind::Folder(error.kind()),
            source: Some(Box::new(error)),
        })
    }
}

impl SkillError {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> SkillErrorKind {
        self.kind
    }

    /// The file or folder that could not be read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
