//! The strict rules of the specification, as its reference validator applies them.
//!
//! The reference is `skills-ref` 0.1.1 on PyPI. What it accepts is accepted here and what it refuses is refused, oddities
//! included, so that a skill that passes here passes wherever the reference is asked: the front matter ends at the next
//! `---`, even in the middle of a value; every field but six is an error; YAML is the subset of `strictyaml`, without flow
//! collections, anchors and tags. Where the reference crashes (text that is not UTF-8), this is an issue like any other.
//!
//! Few published skills pass. Nothing here decides whether a skill is loaded.

mod fields;
mod strict_yaml;

use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;

pub use strict_yaml::YamlIssue;

/// The names of the file that makes a folder a skill, the preferred one first.
const FILE_NAMES: [&str; 2] = ["SKILL.md", "skill.md"];

/// Bytes of a file that are looked at. The reference has no limit.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// A way in which a skill departs from the specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Issue {
    /// There is nothing at the path.
    #[error("there is nothing at {}", path.display())]
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// The path is that of a file.
    #[error("{} is no folder", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The folder has no `SKILL.md`.
    #[error("there is no SKILL.md")]
    NoSkillFile,
    /// The file cannot be read as text.
    #[error("SKILL.md cannot be read: {0}")]
    Unreadable(ReadErrorKind),
    /// The file is longer than this validator reads.
    #[error("SKILL.md has {bytes} bytes, more than are read")]
    TooLong {
        /// Its size.
        bytes: u64,
    },
    /// The file does not begin with `---`. A byte order mark or an empty line before it is enough.
    #[error("SKILL.md does not begin with front matter (---)")]
    NoFrontMatter,
    /// There is no second `---`.
    #[error("the front matter has no end (---)")]
    UnterminatedFrontMatter,
    /// The front matter is not of the subset of YAML.
    #[error("the front matter is not strict YAML: {0}")]
    Yaml(YamlIssue),
    /// The front matter is text or a list.
    #[error("the front matter is not a mapping of fields")]
    NotAMapping,
    /// Fields that the specification does not have, by name.
    #[error("fields that are not in the specification: {}", fields.join(", "))]
    UnknownFields {
        /// Their names.
        fields: Vec<String>,
    },
    /// A required field is missing.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A field is empty, or a list or mapping.
    #[error("the field `{field}` is not text")]
    NotText {
        /// The field.
        field: &'static str,
    },
    /// A field has too many characters.
    #[error("the field `{field}` has {characters} characters; {limit} are allowed")]
    TooManyCharacters {
        /// The field.
        field: &'static str,
        /// How many it has.
        characters: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The name has capital letters.
    #[error("the name `{name}` is not lower-case")]
    NameNotLowercase {
        /// The name.
        name: String,
    },
    /// The name begins or ends with a hyphen, or has two in a row.
    #[error("the name `{name}` has a hyphen at an end, or two in a row")]
    NameHyphens {
        /// The name.
        name: String,
    },
    /// The name has other characters than letters, digits and hyphens.
    #[error("the name `{name}` has other characters than letters, digits and hyphens")]
    NameCharacters {
        /// The name.
        name: String,
    },
    /// The name is not that of the folder.
    #[error("the name `{name}` is not that of the folder, `{folder}`")]
    NameIsNotFolder {
        /// The name.
        name: String,
        /// Name of the folder.
        folder: String,
    },
}

/// Checks the skill in a folder, or the folder of a `SKILL.md`. Without issues, it is valid.
#[must_use]
pub fn validate(path: &Path) -> Vec<Issue> {
    let folder = match path.file_name() {
        Some(name) if name.eq_ignore_ascii_case(FILE_NAMES[0]) && path.is_file() => {
            path.parent().unwrap_or(path)
        }
        _ => path,
    };
    match read(folder) {
        Ok(text) => {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            check(&text, &name)
        }
        Err(issue) => vec![issue],
    }
}

/// Checks the text of a `SKILL.md` that stands in a folder of this name.
#[must_use]
pub fn check(text: &str, folder_name: &str) -> Vec<Issue> {
    // Python reads text with every kind of line end as one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some(rest) = text.strip_prefix("---") else { return vec![Issue::NoFrontMatter] };
    let Some((source, _)) = rest.split_once("---") else { return vec![Issue::UnterminatedFrontMatter] };
    match strict_yaml::parse(source) {
        Ok(strict_yaml::Node::Mapping(entries)) => fields::check(&entries, folder_name),
        Ok(_) => vec![Issue::NotAMapping],
        Err(issue) => vec![Issue::Yaml(issue)],
    }
}

fn read(folder: &Path) -> Result<String, Issue> {
    if !folder.exists() {
        return Err(Issue::Absent { path: folder.to_path_buf() });
    }
    if !folder.is_dir() {
        return Err(Issue::NotAFolder { path: folder.to_path_buf() });
    }
    let file = FILE_NAMES.iter().map(|name| folder.join(name)).find(|file| file.exists());
    let file = file.ok_or(Issue::NoSkillFile)?;
    let io = |error: std::io::Error| Issue::Unreadable(ReadErrorKind::Io(error.kind()));
    let metadata = std::fs::metadata(&file).map_err(io)?;
    if !metadata.is_file() {
        return Err(Issue::Unreadable(ReadErrorKind::NotAFile));
    }
    if metadata.len() > FILE_LIMIT {
        return Err(Issue::TooLong { bytes: metadata.len() });
    }
    String::from_utf8(std::fs::read(&file).map_err(io)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to() as u64;
        Issue::Unreadable(ReadErrorKind::InvalidUtf8 { offset })
    })
}
