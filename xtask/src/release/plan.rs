//! What would be released, in which order, and what stands against it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::process::Cmd;
use crate::workspace::{Kind, Member, Workspace};

/// The publishable libraries, each after those it depends on.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) releases: Vec<Release>,
}

/// One library.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Release {
    pub(super) name: String,
    pub(super) version: String,
    /// The git tag of this version.
    pub(super) tag: String,
    /// Whether the tag exists.
    pub(super) tagged: bool,
    /// Whether the folder differs from the tag.
    pub(super) changed: bool,
    pub(super) changelog: Changelog,
}

/// What CHANGELOG.md says of the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Changelog {
    Missing,
    Silent,
    Unreleased,
    Released,
}

impl Plan {
    /// Reads the state of every publishable library.
    pub(super) fn new(root: &Path, workspace: &Workspace) -> anyhow::Result<Self> {
        let ordered = ordered(workspace)?;
        let releases = ordered.into_iter().map(|member| release(root, member));
        Ok(Plan { releases: releases.collect::<anyhow::Result<_>>()? })
    }
}

impl Release {
    /// Where the library stands.
    pub(super) fn state(&self) -> &'static str {
        match (self.tagged, self.changed) {
            (false, _) => "not released yet",
            (true, false) => "released, unchanged since",
            (true, true) => "released, changed since",
        }
    }

    /// What has to be mended before anything is released.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match self.changelog {
            Changelog::Missing => problems.push("there is no CHANGELOG.md; write one".to_owned()),
            Changelog::Silent => {
                problems.push(format!("CHANGELOG.md has no heading for {}; add one", self.version));
            }
            Changelog::Unreleased | Changelog::Released => {}
        }
        if self.tagged && self.changed {
            problems.push(format!("changed since {}; raise the version", self.tag));
        }
        problems
    }

    /// What stands against publishing this version now.
    pub(super) fn unreleasable(&self) -> Option<String> {
        (self.changelog == Changelog::Unreleased)
            .then(|| format!("CHANGELOG.md calls {} unreleased; write the date in its place", self.version))
    }
}

impl Changelog {
    pub(super) fn summary(self) -> &'static str {
        match self {
            Changelog::Missing => "missing",
            Changelog::Silent => "does not mention the version",
            Changelog::Unreleased => "has the version, marked unreleased",
            Changelog::Released => "has the version",
        }
    }

    /// What the text says of the version in its headings.
    pub(super) fn read(text: &str, version: &str) -> Self {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let is_of = |line: &&str| {
            line.split(|c: char| c.is_whitespace() || "[]()#".contains(c))
                .any(|word| word.strip_prefix('v').unwrap_or(word) == version)
        };
        match headings.clone().find(is_of) {
            None => Changelog::Silent,
            Some(line) if line.to_lowercase().contains("unreleased") => Changelog::Unreleased,
            Some(_) => Changelog::Released,
        }
    }
}

/// Libraries in the order a registry can take them; by name where the order is free. Tests' dependencies do not
/// count: cargo leaves those without a version out of the package.
pub(super) fn ordered(workspace: &Workspace) -> anyhow::Result<Vec<&Member>> {
    let library =
        |member: &&Member| member.publishable && member.targets.iter().any(|target| target.kind == Kind::Lib);
    let mut open: Vec<&Member> = workspace.members.iter().filter(library).collect();
    open.sort_by(|a, b| a.name.cmp(&b.name));
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let names: BTreeSet<&str> = open.iter().map(|member| member.name.as_str()).collect();
        let waits =
            |member: &Member| member.deps.iter().any(|dep| !dep.dev && names.contains(dep.name.as_str()));
        let Some(next) = open.iter().position(|member| !waits(member)) else {
            anyhow::bail!("these depend on each other in a circle: {names:?}");
        };
        ordered.push(open.remove(next));
    }
    Ok(ordered)
}

fn release(root: &Path, member: &Member) -> anyhow::Result<Release> {
    let tag = format!("{}@v{}", member.name, member.version);
    let reference = format!("refs/tags/{tag}");
    let tagged = Cmd::new("git", ["rev-parse", "--quiet", "--verify", &reference]).succeeds(root);
    let changed =
        tagged && !Cmd::new("git", ["diff", "--quiet", &reference, "--", &member.dir]).succeeds(root);
    let changelog = match fs::read_to_string(root.join(&member.dir).join("CHANGELOG.md")) {
        Ok(text) => Changelog::read(&text, &member.version),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Changelog::Missing,
        Err(error) => return Err(error.into()),
    };
    Ok(Release {
        name: member.name.clone(),
        version: member.version.clone(),
        tag,
        tagged,
        changed,
        changelog,
    })
}
