//! Rule files: instructions in folders of their own, for all files or for those that a glob names.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::context::Scope;
use crate::document::Document;
use crate::text::split_outside;

/// Where a folder keeps rules; every `*.md` below is one.
pub(super) const FOLDERS: [&str; 3] = [".tau/rules", ".agents/rules", ".claude/rules"];

/// How deep and how many: a rules folder is written by hand.
const MAX_DEPTH: usize = 6;
const MAX_FILES: usize = 1_000;

/// A rule that applies to some files only. It is taken in when one of them is touched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Whose it is.
    pub scope: Scope,
    /// Its file.
    pub path: PathBuf,
    /// The folder that its globs are relative to: the one that holds the folder of rules.
    pub base: PathBuf,
    /// The globs of its field `paths`.
    pub globs: Vec<String>,
}

impl Rule {
    /// Whether the rule is for this file. A glob that is none matches nothing.
    #[must_use]
    pub fn applies_to(&self, path: &Path) -> bool {
        path.strip_prefix(&self.base).is_ok_and(|relative| set(&self.globs).is_match(relative))
    }
}

pub(super) fn set(globs: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    let parsed = globs.iter().map(|glob| glob.strip_prefix("./").unwrap_or(glob));
    for glob in parsed.filter_map(|glob| GlobBuilder::new(glob).literal_separator(true).build().ok()) {
        set.add(glob);
    }
    set.build().unwrap_or_default()
}

/// The files of the rules of a folder, by path, and whether there were more.
pub(super) fn files(folder: &Path) -> (Vec<PathBuf>, bool) {
    let (mut files, mut is_cut) = (Vec::new(), false);
    for rules in FOLDERS {
        is_cut |= collect(&folder.join(rules), 0, &mut files);
    }
    (files, is_cut)
}

/// The same of one folder that holds nothing else.
pub(super) fn files_in(folder: &Path) -> (Vec<PathBuf>, bool) {
    let mut files = Vec::new();
    let is_cut = collect(folder, 0, &mut files);
    (files, is_cut)
}

/// Depth first, by name, and whether something was left out: what lies too deep, or is too much. Links to folders are not
/// followed: they could lead round in a circle.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut is_cut = false;
    for entry in entries {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            is_cut |= depth == MAX_DEPTH || collect(&path, depth + 1, files);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            if files.len() == MAX_FILES {
                return true;
            }
            files.push(path);
        }
    }
    is_cut
}

/// The globs of a rule, and its text without the front matter.
///
/// The one field is read line by line and not as YAML: in `paths: **/*.ts`, as people write it, YAML sees an alias.
pub(super) fn split(text: &str) -> (Vec<String>, &str) {
    let document = Document::parse(text);
    let mut lines = document.front_matter.unwrap_or_default().lines();
    let Some(value) = lines.by_ref().find_map(|line| line.strip_prefix("paths:")) else {
        return (Vec::new(), document.body);
    };
    let value = value.trim().trim_start_matches('[').trim_end_matches(']');
    let items = lines.map(str::trim).map_while(|line| line.strip_prefix("- "));
    let globs = split_outside(value, ('{', '}'), |c| c == ',')
        .into_iter()
        .chain(items)
        .map(|glob| glob.trim().trim_matches(['"', '\'']).to_owned());
    (globs.filter(|glob| !glob.is_empty()).collect(), document.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_come_in_every_form() {
        for (head, expected) in [
            ("paths: **/*.ts", vec!["**/*.ts"]),
            ("paths: \"src/**/*.{ts,tsx}, lib/**\"", vec!["src/**/*.{ts,tsx}", "lib/**"]),
            ("paths: [\"a/*\", 'b/*']", vec!["a/*", "b/*"]),
            ("title: x\npaths:\n  - \"a/*\"\n  - b/*\nother: y", vec!["a/*", "b/*"]),
            ("paths:", vec![]),
            ("title: x", vec![]),
        ] {
            let text = format!("---\n{head}\n---\nbody\n");
            assert_eq!(split(&text), (expected.into_iter().map(str::to_owned).collect(), "body\n"), "{head}");
        }
        assert_eq!(split("plain\n"), (vec![], "plain\n"));
    }

    #[test]
    fn a_folder_that_is_too_deep_hides_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let file = folder.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "x").unwrap();
        };
        write(".tau/rules/1/2/3/4/5/6/7/deep.md");
        write(".tau/rules/z.md");
        write(".claude/rules/b.md");
        let (files, is_cut) = files(folder.path());
        let names: Vec<_> = files.iter().map(|file| file.file_name().unwrap()).collect();
        assert_eq!((names, is_cut), (vec!["z.md".as_ref(), "b.md".as_ref()], true));
    }
}
