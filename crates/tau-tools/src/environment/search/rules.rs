//! Ignore rules: `.gitignore` and `.ignore` of every folder from the root down.
//!
//! The `ignore` crate could read these files itself while it walks. It would then follow a `.gitignore` that is
//! a link to a device or out of the root, and rules above the root would decide what is found. So the files are
//! read through the environment, and its matcher alone is used.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The names of files with rules; the first goes before the second.
const RULE_FILES: [&str; 2] = [".ignore", ".gitignore"];

/// The rules below one root, read when a folder is first met.
pub(in crate::environment) struct IgnoreRules<L> {
    load: L,
    chains: RwLock<HashMap<PathBuf, Arc<Chain>>>,
}

/// The rules that hold in a folder, nearest first.
#[derive(Default)]
struct Chain {
    own: Vec<Gitignore>,
    above: Option<Arc<Chain>>,
}

impl<L> fmt::Debug for IgnoreRules<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IgnoreRules").finish_non_exhaustive()
    }
}

impl<L: Fn(&Path) -> Option<Vec<u8>>> IgnoreRules<L> {
    /// Rules read by `load`, which is given paths relative to the root.
    pub(in crate::environment) fn new(load: L) -> Self {
        Self { load, chains: RwLock::default() }
    }

    /// Whether the rules hide a path. The folders above it are taken to be visible: a walk does not enter them
    /// otherwise.
    pub(in crate::environment) fn hide(&self, path: &Path, is_folder: bool) -> bool {
        let Some(folder) = path.parent() else {
            return false;
        };
        let absolute = Path::new("/").join(path);
        let first = self.chain(folder);
        let mut chain = Some(&first);
        while let Some(rules) = chain {
            for own in &rules.own {
                match own.matched(&absolute, is_folder) {
                    Match::Ignore(_) => return true,
                    Match::Whitelist(_) => return false,
                    Match::None => {}
                }
            }
            chain = rules.above.as_ref();
        }
        false
    }

    fn chain(&self, folder: &Path) -> Arc<Chain> {
        if let Some(known) = self.chains.read().unwrap_or_else(PoisonError::into_inner).get(folder) {
            return Arc::clone(known);
        }
        let above = folder.parent().map(|parent| self.chain(parent));
        let own: Vec<Gitignore> = RULE_FILES.iter().filter_map(|name| self.read(folder, name)).collect();
        let chain = match above {
            Some(above) if own.is_empty() => above,
            above => Arc::new(Chain { own, above }),
        };
        let mut chains = self.chains.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(chains.entry(folder.to_owned()).or_insert(chain))
    }

    fn read(&self, folder: &Path, name: &str) -> Option<Gitignore> {
        let content = (self.load)(&folder.join(name))?;
        let text = String::from_utf8_lossy(&content);
        let mut builder = GitignoreBuilder::new(Path::new("/").join(folder));
        for line in text.trim_start_matches('\u{feff}').lines() {
            // A line that is no glob hides nothing, as in git.
            let _ = builder.add_line(None, line);
        }
        builder.build().ok()
    }
}
