//! Reads candidate files one by one and shares out the total limit.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::context::{Scope, Section, SkipReason, Skipped, SystemContext};
use super::limits::{Limits, fit, shares};
use crate::text::{self, ReadErrorKind};

#[derive(Debug)]
pub(super) struct Loader {
    limits: Limits,
    sections: Vec<Section>,
    /// Sizes of the files behind `sections`.
    sizes: Vec<u64>,
    skipped: Vec<Skipped>,
    by_real_path: BTreeMap<PathBuf, PathBuf>,
    by_text: BTreeMap<String, PathBuf>,
}

struct Candidate<'a> {
    scope: Scope,
    path: &'a Path,
    real: PathBuf,
    label: String,
}

impl Loader {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            sections: Vec::new(),
            sizes: Vec::new(),
            skipped: Vec::new(),
            by_real_path: BTreeMap::new(),
            by_text: BTreeMap::new(),
        }
    }

    pub(super) fn skip(&mut self, skipped: Skipped) {
        self.skipped.push(skipped);
    }

    pub(super) fn add_user_file(&mut self, path: &Path) {
        let Some(real) = self.real_path(path) else { return };
        let label = path.to_string_lossy().into_owned();
        self.add(Candidate { scope: Scope::User, path, real, label });
    }

    pub(super) fn add_project_file(&mut self, boundary: &Path, folder: &Path, name: &Path) {
        if !is_relative_name(name) {
            let invalid = Skipped { path: name.to_path_buf(), reason: SkipReason::InvalidName };
            if !self.skipped.contains(&invalid) {
                self.skipped.push(invalid);
            }
            return;
        }
        let path = folder.join(name);
        let Some(real) = self.real_path(&path) else { return };
        if !real.starts_with(boundary) {
            return self.report(&path, SkipReason::OutsideBoundary { target: real });
        }
        let label = label(path.strip_prefix(boundary).unwrap_or(&path));
        self.add(Candidate { scope: Scope::Project, path: &path, real, label });
    }

    /// The context: sections in the order they were added, shortened or dropped where the total limit demands it.
    pub(super) fn finish(mut self) -> SystemContext {
        let mut room = self.limits.total_bytes;
        let mut kept: BTreeMap<usize, Section> = BTreeMap::new();
        for index in shares(&self.sections) {
            if let Some(section) = fit(self.sections[index].clone(), self.sizes[index], room) {
                room -= section.rendered_len();
                kept.insert(index, section);
            }
        }
        for (index, section) in self.sections.iter().enumerate() {
            let reason = match kept.get(&index).map(|section| section.truncation) {
                None => SkipReason::TotalLimit { total_bytes: self.sizes[index] },
                Some(Some(truncation)) => SkipReason::Truncated(truncation),
                Some(None) => continue,
            };
            self.skipped.push(Skipped { path: section.path.clone(), reason });
        }
        SystemContext { sections: kept.into_values().collect(), skipped: self.skipped }
    }

    /// Where a path really leads; `None` when there is nothing, or when it was reported.
    fn real_path(&mut self, path: &Path) -> Option<PathBuf> {
        match std::fs::canonicalize(path) {
            Ok(real) => Some(real),
            Err(error) => {
                use std::io::ErrorKind::{NotADirectory, NotFound};
                // A name that is not there is the ordinary case; a link that leads nowhere is worth a word.
                let absent =
                    matches!(error.kind(), NotFound | NotADirectory) && path.symlink_metadata().is_err();
                if !absent {
                    self.report(path, SkipReason::Unreadable(ReadErrorKind::Io(error.kind())));
                }
                None
            }
        }
    }

    fn add(&mut self, candidate: Candidate<'_>) {
        let Candidate { scope, path, real, label } = candidate;
        if let Some(of) = self.by_real_path.get(&real).cloned() {
            return self.report(path, SkipReason::Duplicate { of });
        }
        let text = match text::read(&real, self.limits.per_file_bytes) {
            Ok(text) => text,
            Err(error) => return self.report(path, SkipReason::Unreadable(error.kind())),
        };
        let trimmed = text.content.trim();
        // An empty text that was cut is a line longer than the limit, not an empty file.
        if trimmed.is_empty() {
            let cut = text.truncation.map(SkipReason::Truncated);
            return self.report(path, cut.unwrap_or(SkipReason::Empty));
        }
        if let Some(of) = self.by_text.get(trimmed).cloned() {
            return self.report(path, SkipReason::Duplicate { of });
        }
        self.by_text.insert(trimmed.to_owned(), path.to_path_buf());
        self.by_real_path.insert(real, path.to_path_buf());
        self.sizes.push(text.total_bytes);
        let path = path.to_path_buf();
        self.sections.push(Section { scope, path, label, text: text.content, truncation: text.truncation });
    }

    fn report(&mut self, path: &Path, reason: SkipReason) {
        self.skipped.push(Skipped { path: path.to_path_buf(), reason });
    }
}

fn is_relative_name(name: &Path) -> bool {
    name.components().next().is_some() && name.components().all(|part| matches!(part, Component::Normal(_)))
}

/// The same on every platform.
fn label(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
