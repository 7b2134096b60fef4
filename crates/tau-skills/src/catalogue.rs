//! What discovery found, and what it did not take.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;

use crate::front_matter::FrontMatterError;
use crate::listing::{self, Listing};
use crate::skill::Skill;

/// The skills of a session, by name, and an account of everything else that was met.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Catalogue {
    /// Skills that can be used.
    pub skills: BTreeMap<String, Skill>,
    /// Skills that lost to one of the same name.
    pub shadowed: Vec<Shadowed>,
    /// Files and folders that were not taken.
    pub skipped: Vec<Skipped>,
    /// Departures from the specification in skills that were loaded, shadowed ones included.
    pub warnings: Vec<Warning>,
}

/// A skill that lost to one of the same name. [`Catalogue::find`] still knows it by its qualified name.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}: shadowed by {}; reached as {}", skill.path.display(), by.display(), skill.qualified_name())]
#[non_exhaustive]
pub struct Shadowed {
    /// The loser.
    pub skill: Skill,
    /// The `SKILL.md` of the winner.
    pub by: PathBuf,
}

/// A file or folder that was not taken.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {reason}", path.display())]
#[non_exhaustive]
pub struct Skipped {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub reason: SkipReason,
}

/// Why a file or folder was not taken.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SkipReason {
    /// It could not be read.
    #[error("{0}")]
    Unreadable(ReadErrorKind),
    /// No second line `---`.
    #[error("front matter without an end")]
    UnterminatedFrontMatter,
    /// No second line `---` within the part that is read.
    #[error("front matter longer than {limit} bytes")]
    FrontMatterTooLong {
        /// Bytes looked at.
        limit: usize,
    },
    /// Neither a description nor a body to take one from: a model cannot know when to use the skill.
    #[error("no description")]
    NoDescription,
    /// The name is empty, has control characters or is longer than 256 bytes.
    #[error("unusable name")]
    UnusableName,
    /// `skill.md` or the like; the name must be exactly `SKILL.md`.
    #[error("not named SKILL.md")]
    FileNameCase,
    /// A link or root that leads to a folder visited before.
    #[error("already visited as {}", folder.display())]
    AlreadyVisited {
        /// The folder, free of links.
        folder: PathBuf,
    },
    /// Folders below the depth limit were not entered.
    #[error("{folders} folders are too deep")]
    DepthLimit {
        /// How many.
        folders: usize,
    },
    /// The root has more folders than are visited.
    #[error("more than {limit} folders")]
    FolderLimit {
        /// Folders visited.
        limit: usize,
    },
    /// A resource that is a link to outside of its skill.
    #[error("points out of the skill, to {}", target.display())]
    OutsideSkill {
        /// Where it points.
        target: PathBuf,
    },
}

/// A departure from the specification that did not keep a skill from being loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {kind}", path.display())]
#[non_exhaustive]
pub struct Warning {
    /// The `SKILL.md`.
    pub path: PathBuf,
    /// The departure.
    pub kind: WarningKind,
}

/// The departures from the specification that are forgiven.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WarningKind {
    /// It does not start with a line `---`; all of it is body.
    #[error("no front matter; it is described by its first paragraph")]
    NoFrontMatter,
    /// The front matter could not be understood; only the body is used. Where the fields may have hidden the skill from
    /// the model, it is hidden.
    #[error("front matter is {error}, and was ignored")]
    FrontMatterIgnored {
        /// What was wrong.
        error: FrontMatterError,
    },
    /// No description; the first paragraph of the body is used.
    #[error("no description; it is described by its first paragraph")]
    NoDescription,
    /// The front matter was not YAML; values that were not were taken as text.
    #[error("front matter is not YAML; values with a colon need quotes")]
    InvalidYamlRepaired,
    /// A field occurs twice; the last value counts.
    #[error("field `{field}` occurs more than once")]
    DuplicateField {
        /// The field.
        field: String,
    },
    /// The value has the wrong type; the field was ignored.
    #[error("field `{field}` has a value of the wrong type and was ignored")]
    WrongType {
        /// The field.
        field: String,
    },
    /// No name; the folder's is used.
    #[error("no name; using that of the folder, `{folder}`")]
    NoName {
        /// Name of the folder.
        folder: String,
    },
    /// The name is not that of the folder; the name counts.
    #[error("name `{name}` is not that of the folder, `{folder}`")]
    NameIsNotFolder {
        /// The name.
        name: String,
        /// Name of the folder.
        folder: String,
    },
    /// The name is longer than 64 characters, or has others than lower-case letters, digits and single hyphens.
    #[error("name `{name}` is not of the form the specification wants")]
    NameFormat {
        /// The name.
        name: String,
    },
    /// The description is longer than 1,024 characters.
    #[error("description has {characters} characters; the specification allows 1024")]
    LongDescription {
        /// Its length.
        characters: usize,
    },
}

impl Catalogue {
    /// The first level of disclosure: a line for each skill the model may invoke, by name, in at most `budget` bytes.
    ///
    /// Where they do not fit, the longest descriptions are shortened first, all to the same length; then descriptions
    /// are left out; then skills, from the end, with a last line that says how many. Without skills the text is empty,
    /// so that nothing is said about skills at all.
    #[must_use]
    pub fn render(&self, budget: usize) -> Listing {
        listing::render(self.skills.values().filter(|skill| skill.front_matter.is_model_invocable()), budget)
    }
}

impl Catalogue {
    /// The skill that a name means: its own (`review`, or `plugin:review`), its qualified one (`user:review`), that of
    /// its folder, or of a plugin's skill alone, where just one is called so.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Skill> {
        let name = name.strip_prefix('/').unwrap_or(name);
        if let Some(skill) = self.skills.get(name) {
            return Some(skill);
        }
        if name.contains(':') {
            let losers = self.shadowed.iter().map(|lost| &lost.skill);
            return self.skills.values().chain(losers).find(|skill| skill.qualified_name() == name);
        }
        let mut called = self.skills.values().filter(|skill| skill.is_called(name));
        let first = called.next()?;
        called.next().is_none().then_some(first)
    }

    /// The one name of a skill, which [`find`](Self::find) knows it by: its own, or its qualified one where another has that.
    #[must_use]
    pub fn identity(&self, skill: &Skill) -> String {
        let is_winner = self.skills.get(&skill.name).is_some_and(|winner| winner.path == skill.path);
        if is_winner { skill.name.clone() } else { skill.qualified_name() }
    }

    /// Every name that [`find`](Self::find) knows, and the skill that it means.
    #[must_use]
    pub fn names(&self) -> BTreeMap<String, &Skill> {
        // What just one is called by; `None` where several are.
        let mut called: BTreeMap<&str, Option<&Skill>> = BTreeMap::new();
        for skill in self.skills.values() {
            let own = skill.name.split_once(':').map(|(_, own)| own);
            let names: BTreeSet<&str> = own.into_iter().chain([skill.folder_name.as_str()]).collect();
            for name in names.into_iter().filter(|name| !name.contains(':')) {
                called.entry(name).and_modify(|only| *only = None).or_insert(Some(skill));
            }
        }
        let called = called.into_iter().filter_map(|(name, skill)| Some((name.to_owned(), skill?)));
        let mut names: BTreeMap<String, &Skill> = called.collect();
        for skill in self.skills.values().chain(self.shadowed.iter().map(|lost| &lost.skill)) {
            names.entry(skill.qualified_name()).or_insert(skill);
        }
        names.extend(self.skills.iter().map(|(name, skill)| (name.clone(), skill)));
        names
    }

    /// Skills with precedence must be entered first.
    pub(crate) fn enter(&mut self, skill: Skill, warnings: Vec<WarningKind>) {
        let warn = |kind| Warning { path: skill.path.clone(), kind };
        self.warnings.extend(warnings.into_iter().map(warn));
        match self.skills.entry(skill.name.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(skill);
            }
            Entry::Occupied(winner) => {
                let by = winner.get().path.clone();
                self.shadowed.push(Shadowed { skill, by });
            }
        }
    }
}

impl WarningKind {
    /// Whether it stands for all that could be said of missing fields.
    pub(crate) fn is_about_all_fields(&self) -> bool {
        matches!(self, Self::NoFrontMatter | Self::FrontMatterIgnored { .. })
    }
}

impl Skipped {
    pub(crate) fn new(path: &Path, reason: SkipReason) -> Self {
        Self { path: path.to_path_buf(), reason }
    }
}
