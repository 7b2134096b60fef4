//! The files of a skill.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;

use crate::catalogue::{SkipReason, Skipped};
use crate::discovery::{SKILL_FILE, entries, is_ignored, unreadable};

const MAX_FILES: usize = 500;
const MAX_FOLDERS: usize = 200;
const MAX_DEPTH: usize = 6;

/// The files of a skill, by breadth and by name within a folder.
///
/// At most 500 files in 200 folders, 6 deep. Links inside the skill count as the file they lead to; links to folders
/// are not entered. Folders of nested skills are left to those skills.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Resources {
    /// Regular files, without the `SKILL.md`.
    pub files: Vec<Resource>,
    /// What was not listed: links out of the skill, special files, what could not be read, folders beyond the limits.
    pub skipped: Vec<Skipped>,
    /// Whether there are more files than are listed.
    pub is_truncated: bool,
}

/// One file of a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resource {
    /// Relative to the folder of the skill.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
}

pub(crate) fn list(skill: &Path) -> io::Result<Resources> {
    let real = std::fs::canonicalize(skill)?;
    let mut resources = Resources::default();
    let mut queue = VecDeque::from([(PathBuf::new(), 0)]);
    let (mut folders, mut too_deep) = (0, 0);
    while let Some((relative, depth)) = queue.pop_front() {
        if folders == MAX_FOLDERS {
            resources.is_truncated = true;
            break;
        }
        folders += 1;
        let folder = skill.join(&relative);
        let entries = match entries(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(error),
            Err(error) => {
                resources.skipped.push(unreadable(&folder, &error));
                continue;
            }
        };
        if depth > 0 && entries.iter().any(|(name, _)| name == SKILL_FILE) {
            continue;
        }
        for (name, kind) in entries {
            if is_ignored(&name) || (depth == 0 && name == SKILL_FILE) {
                continue;
            }
            let path = relative.join(name);
            if !kind.is_dir() {
                if resources.files.len() == MAX_FILES {
                    resources.is_truncated = true;
                    return Ok(resources);
                }
                match file(skill, &real, &path) {
                    Ok(Some(file)) => resources.files.push(file),
                    Ok(None) => {}
                    Err(skipped) => resources.skipped.push(skipped),
                }
            } else if depth < MAX_DEPTH {
                queue.push_back((path, depth + 1));
            } else {
                too_deep += 1;
            }
        }
    }
    if too_deep > 0 {
        resources.is_truncated = true;
        resources.skipped.push(Skipped::new(skill, SkipReason::DepthLimit { folders: too_deep }));
    }
    Ok(resources)
}

/// `None` for a link to a folder inside the skill, which is listed in its own place.
fn file(skill: &Path, real_skill: &Path, relative: &Path) -> Result<Option<Resource>, Skipped> {
    let path = skill.join(relative);
    let io = |error: io::Error| unreadable(&path, &error);
    let target = std::fs::canonicalize(&path).map_err(io)?;
    if !target.starts_with(real_skill) {
        return Err(Skipped::new(&path, SkipReason::OutsideSkill { target }));
    }
    let metadata = std::fs::metadata(&target).map_err(io)?;
    if metadata.is_file() {
        Ok(Some(Resource { path: relative.to_path_buf(), bytes: metadata.len() }))
    } else if metadata.is_dir() {
        Ok(None)
    } else {
        Err(Skipped::new(&path, SkipReason::Unreadable(ReadErrorKind::NotAFile)))
    }
}
