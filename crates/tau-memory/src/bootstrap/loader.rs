//! Reads candidate files one by one and shares out the total limit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use globset::GlobSet;

use super::Bootstrap;
use super::context::{Scope, Section, SkipReason, Skipped, SystemContext};
use super::imports::{self, OutsideImports};
use super::limits::{Limits, fit, shares};
use super::rules::{self, Rule};
use crate::markdown;
use crate::text::{self, ReadErrorKind};

// tidy: struct-fields: what is known while files are read, each asked for by itself.
#[derive(Debug)]
pub(super) struct Loader<'a> {
    limits: Limits,
    outside: OutsideImports,
    home: Option<&'a Path>,
    /// Where the project ends.
    boundary: Option<PathBuf>,
    sections: Vec<Section>,
    /// Sizes of the files behind `sections`.
    sizes: Vec<u64>,
    skipped: Vec<Skipped>,
    conditional: Vec<Rule>,
    by_real_path: BTreeMap<PathBuf, PathBuf>,
    by_text: BTreeMap<String, PathBuf>,
    /// Files that are in the context already, by real path; about them there is nothing to say.
    loaded: BTreeSet<PathBuf>,
    /// Rules that are known and wait, by path.
    waiting: BTreeSet<PathBuf>,
    /// Paths of files that are left out.
    excluded: GlobSet,
}

/// A file that is there.
#[derive(Debug, Clone)]
struct Candidate {
    scope: Scope,
    path: PathBuf,
    real: PathBuf,
    label: String,
    role: Role,
}

/// What a file is read as.
#[derive(Debug, Clone)]
enum Role {
    Instructions,
    /// For the files of this base that its globs name, until one of them is touched.
    Rule {
        base: PathBuf,
    },
    /// A rule of which such a file was touched.
    Applied,
    /// Taken in by the last of these files, by real path.
    Import {
        trail: Vec<PathBuf>,
    },
}

impl<'a> Loader<'a> {
    pub(super) fn new(bootstrap: &'a Bootstrap) -> Self {
        Self {
            limits: bootstrap.limits,
            outside: bootstrap.outside_imports,
            home: bootstrap.home.as_deref(),
            boundary: None,
            sections: Vec::new(),
            sizes: Vec::new(),
            skipped: Vec::new(),
            conditional: Vec::new(),
            by_real_path: BTreeMap::new(),
            by_text: BTreeMap::new(),
            loaded: BTreeSet::new(),
            waiting: BTreeSet::new(),
            excluded: rules::set(&bootstrap.excluded),
        }
    }

    /// For more beside what is loaded: only what is new is taken in, into the room that is left.
    pub(super) fn beside(bootstrap: &'a Bootstrap, loaded: &SystemContext) -> Self {
        let mut loader = Self::new(bootstrap);
        let paths = loaded.sections.iter().map(|section| &section.path);
        loader.loaded = paths.filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        loader.waiting = loaded.conditional.iter().map(|rule| rule.path.clone()).collect();
        loader.by_text =
            loaded.sections.iter().map(|it| (it.text.trim().to_owned(), it.path.clone())).collect();
        loader.limits.total_bytes = loader.limits.total_bytes.saturating_sub(loaded.render().len());
        loader
    }

    /// To be called before files of the project are added.
    pub(super) fn within(&mut self, boundary: &Path) {
        self.boundary = Some(boundary.to_path_buf());
    }

    pub(super) fn skip(&mut self, skipped: Skipped) {
        self.skipped.push(skipped);
    }

    pub(super) fn add_user_file(&mut self, path: &Path) {
        self.add_users(path.to_owned(), Role::Instructions);
    }

    /// The files of these names in a folder; where `X.override.md` stands, `X.md` does not count.
    pub(super) fn add_folder(&mut self, folder: &Path, names: &[PathBuf]) {
        for name in names {
            let overriding = folder.join(name.with_extension("override.md"));
            if name.extension().is_some_and(|it| it == "md")
                && names.iter().any(|it| folder.join(it) == overriding)
            {
                let path = folder.join(name);
                if overriding.is_file() && path.exists() {
                    self.report(&path, SkipReason::Overridden { by: overriding });
                    continue;
                }
            }
            self.add_project_file(folder, name);
        }
    }

    fn add_project_file(&mut self, folder: &Path, name: &Path) {
        if !is_relative_name(name) {
            let invalid = Skipped { path: name.to_path_buf(), reason: SkipReason::InvalidName };
            if !self.skipped.contains(&invalid) {
                self.skipped.push(invalid);
            }
            return;
        }
        self.add_inside(folder.join(name), Role::Instructions);
    }

    pub(super) fn add_rules(&mut self, folder: &Path) {
        let (files, is_cut) = rules::files(folder);
        for path in files.into_iter().filter(|path| !self.waiting.contains(path)).collect::<Vec<_>>() {
            self.add_inside(path, Role::Rule { base: folder.to_path_buf() });
        }
        if is_cut {
            self.report(&folder.join(rules::FOLDERS[0]), SkipReason::TooManyRules);
        }
    }

    /// The rules in a folder of the user's, whose globs are relative to this base.
    pub(super) fn add_user_rules(&mut self, folder: &Path, base: &Path) {
        let (files, is_cut) = rules::files_in(folder);
        for path in files {
            self.add_users(path, Role::Rule { base: base.to_path_buf() });
        }
        if is_cut {
            self.report(folder, SkipReason::TooManyRules);
        }
    }

    fn add_users(&mut self, path: PathBuf, role: Role) {
        let Some(real) = self.real_path(&path) else { return };
        let label = path.to_string_lossy().into_owned();
        self.add(Candidate { scope: Scope::User, path, real, label, role });
    }

    /// A rule that is known, for a file that it is about.
    pub(super) fn add_applied(&mut self, rule: &Rule) {
        match rule.scope {
            Scope::User => self.add_users(rule.path.clone(), Role::Applied),
            Scope::Project => self.add_inside(rule.path.clone(), Role::Applied),
        }
    }

    /// Takes in the rules that came to be known here and are for this file.
    pub(super) fn apply_rules(&mut self, touched: &Path) {
        let (applied, left) =
            std::mem::take(&mut self.conditional).into_iter().partition(|rule| rule.applies_to(touched));
        self.conditional = left;
        let applied: Vec<Rule> = applied;
        applied.iter().for_each(|rule| self.add_applied(rule));
    }

    fn add_inside(&mut self, path: PathBuf, role: Role) {
        let Some(real) = self.real_path(&path) else { return };
        match &self.boundary {
            Some(boundary) if real.starts_with(boundary) => {
                let label = label(path.strip_prefix(boundary).unwrap_or(&path));
                self.add(Candidate { scope: Scope::Project, path, real, label, role });
            }
            _ => self.report(&path, SkipReason::OutsideBoundary { target: real }),
        }
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
        SystemContext {
            sections: kept.into_values().collect(),
            skipped: self.skipped,
            conditional: self.conditional,
        }
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

    fn add(&mut self, candidate: Candidate) {
        if self.loaded.contains(&candidate.real) {
            return;
        }
        let path = candidate.path.as_path();
        if self.excluded.is_match(path) || self.excluded.is_match(&candidate.real) {
            return self.report(path, SkipReason::Excluded);
        }
        if let Some(of) = self.by_real_path.get(&candidate.real).cloned() {
            return self.report(path, SkipReason::Duplicate { of });
        }
        let mut text = match text::read(&candidate.real, self.limits.per_file_bytes) {
            Ok(text) => text,
            Err(error) => return self.report(path, SkipReason::Unreadable(error.kind())),
        };
        if let Role::Rule { .. } | Role::Applied = &candidate.role {
            let (globs, body) = rules::split(&text.content);
            if let Role::Rule { base } = &candidate.role
                && !globs.is_empty()
            {
                let Candidate { scope, path, .. } = candidate;
                self.conditional.push(Rule { scope, path, base: base.clone(), globs });
                return;
            }
            text.content = body.to_owned();
        }
        text.content = markdown::without_comments(&text.content);
        let trimmed = text.content.trim();
        // An empty text that was cut is a line longer than the limit, not an empty file.
        if trimmed.is_empty() {
            let cut = text.truncation.map(SkipReason::Truncated);
            return self.report(path, cut.unwrap_or(SkipReason::Empty));
        }
        if let Some(of) = self.by_text.get(trimmed).cloned() {
            return self.report(path, SkipReason::Duplicate { of });
        }
        self.by_text.insert(trimmed.to_owned(), candidate.path.clone());
        self.by_real_path.insert(candidate.real.clone(), candidate.path.clone());
        self.sizes.push(text.total_bytes);
        self.sections.push(Section {
            scope: candidate.scope,
            path: candidate.path.clone(),
            label: candidate.label.clone(),
            text: text.content.clone(),
            truncation: text.truncation,
        });
        for import in markdown::imports(&text.content) {
            self.add_import(&candidate, import);
        }
    }

    fn add_import(&mut self, importing: &Candidate, written: &str) {
        // Relative to where the file really lies: a link to shared instructions takes in what is beside those.
        let Some(path) = imports::target(written, &importing.real, self.home) else { return };
        let mut trail = match &importing.role {
            Role::Import { trail } => trail.clone(),
            _ => Vec::new(),
        };
        trail.push(importing.real.clone());
        let Ok(real) = std::fs::canonicalize(&path) else {
            if imports::looks_like_a_file(written) {
                let kind = ReadErrorKind::Io(std::io::ErrorKind::NotFound);
                self.report(&path, SkipReason::Unreadable(kind));
            }
            return;
        };
        if trail.contains(&real) {
            return self.report(&real, SkipReason::ImportCycle { from: importing.path.clone() });
        }
        if trail.len() > imports::MAX_DEPTH {
            return self.report(&real, SkipReason::ImportDepth { limit: imports::MAX_DEPTH });
        }
        // A user's files may take in what they like; those of a repository nothing of the user's.
        let is_inside = importing.scope == Scope::User
            || self.boundary.as_deref().is_some_and(|boundary| real.starts_with(boundary));
        if !is_inside && self.outside == OutsideImports::Refused {
            return self.report(&real, SkipReason::ImportOutside { from: importing.path.clone() });
        }
        let label = match &self.boundary {
            Some(boundary) if importing.scope == Scope::Project => {
                label(real.strip_prefix(boundary).unwrap_or(&real))
            }
            _ => real.to_string_lossy().into_owned(),
        };
        let path = real.clone();
        self.add(Candidate { scope: importing.scope, path, real, label, role: Role::Import { trail } });
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
