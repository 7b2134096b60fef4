//! Structured notes: what was learned, how things are done, what happened, and what was thought of it.

use std::fmt;

use super::error::MemoryError;
use super::path::NotePath;
use super::store::{Expected, WorkingMemory};
use super::version::Version;
use crate::document::Document;

/// What a note is about. Each kind has a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// What something is: `concepts/`.
    Concept,
    /// How something is done: `guides/`.
    Guide,
    /// What happened in a session: `sessions/`.
    Session,
    /// What was found in looking at work: `reviews/`.
    Review,
}

/// A structured note in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// Its file.
    pub path: NotePath,
    /// Its kind.
    pub kind: NoteKind,
    /// Its title: the first heading, or its file's name.
    pub title: String,
    /// The first line that is text, shortened.
    pub summary: String,
}

const SUMMARY_CHARS: usize = 160;

impl NoteKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Concept, Self::Guide, Self::Session, Self::Review];

    /// The folder of its notes.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Concept => "concepts",
            Self::Guide => "guides",
            Self::Session => "sessions",
            Self::Review => "reviews",
        }
    }

    /// The kind of this name, such as `concept`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_string() == name || kind.folder() == name)
    }
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder().trim_end_matches('s'))
    }
}

impl WorkingMemory {
    /// Writes a new note, whose file is named after its title. A title that is taken gets a number.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn add_note(
        &self,
        kind: NoteKind,
        title: &str,
        body: &str,
    ) -> Result<(NotePath, Version), MemoryError> {
        let title: String = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = format!("# {title}\n\n{}\n", body.trim());
        let slug = slug(&title);
        for number in 1.. {
            let name = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            let path = NotePath::new(&format!("{}/{name}.md", kind.folder()))?;
            match self.write(&path, &text, &Expected::Absent) {
                Err(error) if matches!(error.kind(), super::MemoryErrorKind::Conflict { .. }) => {}
                written => return written.map(|version| (path, version)),
            }
        }
        // The numbers do not end before the memory is full, which is an error above.
        Err(MemoryError::new(slug, super::MemoryErrorKind::InvalidPath))
    }

    /// The structured notes, by kind and path.
    ///
    /// # Errors
    ///
    /// Where the memory cannot be read. A note that is no text is left out.
    pub fn notes(&self) -> Result<Vec<Note>, MemoryError> {
        let mut notes: Vec<Note> = self.list()?.into_iter().filter_map(|path| self.note(path)).collect();
        notes.sort_by(|one, other| (one.kind, &one.path).cmp(&(other.kind, &other.path)));
        Ok(notes)
    }

    fn note(&self, path: NotePath) -> Option<Note> {
        let (folder, name) = path.as_str().split_once('/')?;
        let kind = NoteKind::ALL.into_iter().find(|kind| kind.folder() == folder)?;
        let text = self.find(&path).ok()??.text;
        let lines = || Document::parse(&text).body.lines().map(str::trim).filter(|line| !line.is_empty());
        let title = lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(name.trim_end_matches(".md"));
        let summary = lines().find(|line| !line.starts_with('#')).unwrap_or_default();
        let (title, summary) = (title.to_owned(), summary.chars().take(SUMMARY_CHARS).collect());
        Some(Note { path, kind, title, summary })
    }
}

/// Letters and digits with hyphens between.
fn slug(title: &str) -> String {
    let parts = title.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let slug = parts.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    let slug = &slug[..slug.floor_char_boundary(80)];
    if slug.is_empty() { "note".to_owned() } else { slug.trim_end_matches('-').to_owned() }
}
