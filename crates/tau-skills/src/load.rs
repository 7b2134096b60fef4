//! From a skill folder to an entry of the catalogue.

use std::collections::btree_map::Entry;
use std::path::Path;

use tau_memory::{Document, text};

use crate::catalogue::{Catalogue, Shadowed, SkipReason, Skipped, Warning, WarningKind};
use crate::discovery::{SKILL_FILE, Scope};
use crate::front_matter::FrontMatter;
use crate::skill::Skill;

/// Bytes of a `SKILL.md` read for its front matter. The longest published ones are a few KiB.
const HEAD_BYTES: usize = 64 * 1024;

/// A longer name is a mistake, and would cost context in every listing.
const NAME_BYTES: usize = 256;

/// Limits of the specification, in characters.
const SPEC_NAME_CHARS: usize = 64;
const SPEC_DESCRIPTION_CHARS: usize = 1024;

/// Reads the skill in a folder and enters it where it belongs. Skills with precedence must be loaded first.
pub(crate) fn load(folder: &Path, scope: Scope, catalogue: &mut Catalogue) {
    let path = folder.join(SKILL_FILE);
    match read(folder, &path, scope) {
        Err(reason) => catalogue.skipped.push(Skipped::new(&path, reason)),
        Ok((skill, warnings)) => {
            let warn = |kind| Warning { path: path.clone(), kind };
            catalogue.warnings.extend(warnings.into_iter().map(warn));
            match catalogue.skills.entry(skill.name.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(skill);
                }
                Entry::Occupied(winner) => {
                    let by = winner.get().path.clone();
                    catalogue.shadowed.push(Shadowed { skill, by });
                }
            }
        }
    }
}

fn read(folder: &Path, path: &Path, scope: Scope) -> Result<(Skill, Vec<WarningKind>), SkipReason> {
    let head = text::read(path, HEAD_BYTES).map_err(|error| SkipReason::Unreadable(error.kind()))?;
    let document = Document::parse(&head.content);
    let Some(source) = document.front_matter else {
        return Err(match (document.is_unterminated(), head.truncation.is_some()) {
            (true, true) => SkipReason::FrontMatterTooLong { limit: HEAD_BYTES },
            (true, false) => SkipReason::UnterminatedFrontMatter,
            (false, _) => SkipReason::NoFrontMatter,
        });
    };
    let (front_matter, mut warnings) = FrontMatter::parse(source).map_err(SkipReason::FrontMatter)?;
    let Some(description) = front_matter.description.clone() else { return Err(SkipReason::NoDescription) };
    let folder_name = folder_name(folder);
    let name = match &front_matter.name {
        Some(name) => {
            if *name != folder_name {
                warnings.push(WarningKind::NameIsNotFolder { name: name.clone(), folder: folder_name });
            }
            name.clone()
        }
        None => {
            warnings.push(WarningKind::NoName { folder: folder_name.clone() });
            folder_name
        }
    };
    if name.is_empty() || name.len() > NAME_BYTES || name.contains(char::is_control) {
        return Err(SkipReason::UnusableName);
    }
    if !is_spec_name(&name) {
        warnings.push(WarningKind::NameFormat { name: name.clone() });
    }
    let characters = description.chars().count();
    if characters > SPEC_DESCRIPTION_CHARS {
        warnings.push(WarningKind::LongDescription { characters });
    }
    Ok((Skill { name, description, path: path.to_path_buf(), scope, front_matter }, warnings))
}

/// A root may end in `..` or be a link; its own name is then that of the real folder.
fn folder_name(folder: &Path) -> String {
    match folder.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => {
            let real = std::fs::canonicalize(folder).unwrap_or_default();
            real.file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
    }
}

/// Lower-case letters of any script, digits, and single hyphens between them.
fn is_spec_name(name: &str) -> bool {
    let letters = name.chars().all(|c| c == '-' || (c.is_alphanumeric() && c.to_lowercase().eq([c])));
    let hyphens = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    letters && hyphens && name.chars().count() <= SPEC_NAME_CHARS
}
