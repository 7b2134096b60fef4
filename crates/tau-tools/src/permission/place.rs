//! A path with where it leads, and what rules and prudence say of it.

use std::path::{Path, PathBuf};

use super::call::Surroundings;
use super::path::{Anchors, FileKind, PathPattern, Resolved, fault, is_protected, lexical};

/// A path with where it leads.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) lexical: PathBuf,
    pub(super) resolved: Resolved,
    pub(super) fault: Option<&'static str>,
}

/// What is done at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    Reads,
    Writes,
}

impl Place {
    /// The place that a text names, relative to a folder.
    pub(super) fn of(text: &str, base: &Path, around: &Surroundings<'_>) -> Self {
        let lexical = lexical(base, around.home, text);
        let fault = fault(text);
        // A path that no file has leads nowhere.
        let resolved =
            if fault.is_some() { Resolved::plain(lexical.clone()) } else { around.paths.resolve(&lexical) };
        Self { lexical, resolved, fault }
    }

    /// Whether a rule is about it, as it is written or where it leads.
    pub(super) fn is_denied_by(&self, pattern: &PathPattern, around: &Surroundings<'_>) -> bool {
        let (written, real) = (Folders::written(around), Folders::real(around));
        [&self.lexical, &self.resolved.path]
            .iter()
            .any(|path| pattern.is_about(path, &written.anchors()) || pattern.is_about(path, &real.anchors()))
    }

    /// Whether a rule is about it as it is written.
    pub(super) fn is_written_in(&self, pattern: &PathPattern, around: &Surroundings<'_>) -> bool {
        pattern.is_about(&self.lexical, &Folders::written(around).anchors())
    }

    /// Whether a rule is about where it leads.
    pub(super) fn leads_into(&self, pattern: &PathPattern, around: &Surroundings<'_>) -> bool {
        let (written, real) = (Folders::written(around), Folders::real(around));
        pattern.is_about(&self.resolved.path, &real.anchors())
            || pattern.is_about(&self.resolved.path, &written.anchors())
    }

    /// Whether a rule may be about something below it.
    pub(super) fn is_above(&self, pattern: &PathPattern, around: &Surroundings<'_>) -> bool {
        let (written, real) = (Folders::written(around), Folders::real(around));
        pattern.reaches_below(&self.lexical, &written.anchors())
            || pattern.reaches_below(&self.resolved.path, &real.anchors())
    }

    /// Whether it is inside the root, as it is written and where it leads.
    pub(super) fn is_inside(&self, around: &Surroundings<'_>) -> bool {
        let real = around.paths.resolve(around.root).path;
        self.lexical.starts_with(around.root)
            && (self.resolved.path.starts_with(&real) || self.resolved.path.starts_with(around.root))
    }

    /// Why somebody is asked although a rule allows it.
    pub(super) fn caution(&self, access: Access) -> Option<String> {
        let shown = self.lexical.display();
        if let Some(fault) = self.fault {
            return Some(fault.to_owned());
        }
        if self.resolved.kind == FileKind::Special && self.lexical != Path::new("/dev/null") {
            return Some(format!("{shown} is a device, a FIFO or a socket"));
        }
        if access == Access::Reads {
            return None;
        }
        if is_protected(&self.lexical) || is_protected(&self.resolved.path) {
            return Some(format!("{shown} is protected: what it holds decides what runs later"));
        }
        (self.resolved.names > 1).then(|| format!("{shown} has other names elsewhere (hard links)"))
    }
}

/// The folders that rules are relative to, as they are written or where they lead.
pub(super) struct Folders {
    root: PathBuf,
    cwd: PathBuf,
    home: PathBuf,
}

impl Folders {
    pub(super) fn written(around: &Surroundings<'_>) -> Self {
        Self { root: around.root.to_owned(), cwd: around.cwd.to_owned(), home: around.home.to_owned() }
    }

    fn real(around: &Surroundings<'_>) -> Self {
        let real = |path: &Path| around.paths.resolve(path).path;
        Self { root: real(around.root), cwd: real(around.cwd), home: real(around.home) }
    }

    pub(super) fn anchors(&self) -> Anchors<'_> {
        Anchors { root: &self.root, cwd: &self.cwd, home: &self.home }
    }
}
