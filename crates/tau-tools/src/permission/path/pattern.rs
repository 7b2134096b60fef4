//! Rules about paths: `Read(src/**)`, `Edit(/docs/*.md)`, `Write(~/notes/)`, `Read(//etc/**)`.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// What a path in a rule is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    /// `//x`: the file system.
    System,
    /// `~/x`: the home folder.
    Home,
    /// `/x`: the root of the project.
    Root,
    /// `x`, `./x`: the working folder.
    Folder,
    /// A single name in a rule that denies or asks: any depth.
    Anywhere,
}

/// The folders that rules about paths are relative to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchors<'a> {
    pub(crate) root: &'a Path,
    pub(crate) cwd: &'a Path,
    pub(crate) home: &'a Path,
}

/// A path or a glob in a rule, as gitignore has them: a folder stands for what is below it too.
#[derive(Debug, Clone)]
pub(crate) struct PathPattern {
    anchor: Anchor,
    /// Folders to leave upwards first.
    up: usize,
    itself: GlobMatcher,
    below: GlobMatcher,
    /// The folder that everything it matches is below, relative to the anchor.
    base: PathBuf,
    /// Whether it names one place.
    is_plain: bool,
    /// Whether it names one name.
    is_named: bool,
}

impl PathPattern {
    /// Reads what stands between the parentheses of a rule. Rules that deny or ask reach deeper than those that allow.
    pub(crate) fn parse(text: &str, reaches_deep: bool) -> Option<Self> {
        let text = text.trim();
        // What only a shell knows is no path: a rule that would be about nothing is not understood.
        let is_of_shell = ["$HOME", "${"].iter().any(|start| text.starts_with(start))
            || (text.starts_with('~') && text.len() > 1 && !text.starts_with("~/"));
        if text.is_empty() || text.starts_with('!') || text.contains('\0') || is_of_shell {
            return None;
        }
        let (anchor, rest) = if let Some(rest) = text.strip_prefix("//") {
            (Anchor::System, rest)
        } else if text == "~" {
            (Anchor::Home, "")
        } else if let Some(rest) = text.strip_prefix("~/") {
            (Anchor::Home, rest)
        } else if let Some(rest) = text.strip_prefix('/') {
            (Anchor::Root, rest)
        } else {
            (Anchor::Folder, text)
        };
        let mut names: Vec<&str> = rest.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
        let up = names.iter().take_while(|name| **name == "..").count();
        names.drain(..up);
        if names.contains(&"..") {
            return None;
        }
        // `.env` and `src/**` deny wherever they stand, as they would be ignored.
        let is_single = names.len() == 1 || (names.len() == 2 && names[1] == "**");
        let is_named = !matches!(names.first(), None | Some(&"**"));
        let is_anywhere = anchor == Anchor::Folder
            && reaches_deep
            && is_single
            && is_named
            && up == 0
            && !text.starts_with("./");
        let anchor = if is_anywhere { Anchor::Anywhere } else { anchor };
        // What is below a folder is about the folder too.
        let is_below = names.len() > 1 && names.last() == Some(&"**");
        names.truncate(names.len() - usize::from(is_below));
        let glob = names.join("/");
        let is_glob = |name: &&&str| name.contains(['*', '?', '[', '{', '\\']);
        let base = names.iter().take_while(|name| !is_glob(name)).collect();
        let is_plain = !names.iter().any(|name| is_glob(&name)) && !is_anywhere && !is_below;
        let prefix = if is_anywhere { "**/" } else { "" };
        let whole = if glob.is_empty() { "**".to_owned() } else { format!("{prefix}{glob}") };
        Some(Self {
            anchor,
            up,
            itself: matcher(&whole)?,
            below: matcher(&format!("{whole}/**"))?,
            base,
            is_plain,
            is_named: !is_below && names.len() == 1 && !names.iter().any(|name| is_glob(&name)),
        })
    }

    fn folder(&self, anchors: &Anchors<'_>) -> PathBuf {
        let folder = match self.anchor {
            Anchor::System | Anchor::Anywhere => Path::new("/"),
            Anchor::Home => anchors.home,
            Anchor::Root => anchors.root,
            Anchor::Folder => anchors.cwd,
        };
        folder.ancestors().nth(self.up).unwrap_or(Path::new("/")).to_owned()
    }

    /// Whether it is about a path, which is absolute and has no `..`.
    pub(crate) fn is_about(&self, path: &Path, anchors: &Anchors<'_>) -> bool {
        let Ok(relative) = path.strip_prefix(self.folder(anchors)) else { return false };
        self.itself.is_match(relative) || self.below.is_match(relative)
    }

    /// Whether it may be about something below a folder.
    pub(crate) fn reaches_below(&self, folder: &Path, anchors: &Anchors<'_>) -> bool {
        let base = self.folder(anchors).join(&self.base);
        self.anchor == Anchor::Anywhere || base.starts_with(folder) || folder.starts_with(&base)
    }

    /// The name it is about wherever it stands, if it is such a rule.
    pub(crate) fn name(&self) -> Option<&str> {
        let name = self.base.to_str().filter(|_| self.anchor == Anchor::Anywhere)?;
        (!name.is_empty() && self.is_named).then_some(name)
    }

    /// The one path it names, if it names one.
    pub(crate) fn plain(&self, anchors: &Anchors<'_>) -> Option<PathBuf> {
        self.is_plain.then(|| self.folder(anchors).join(&self.base))
    }
}

fn matcher(glob: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(glob).literal_separator(true).backslash_escape(true).build().ok()?;
    Some(glob.compile_matcher())
}
