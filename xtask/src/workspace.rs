//! The workspace as data: what `cargo metadata` says, reduced to what the tasks ask.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{DependencyKind, MetadataCommand, Package, TargetKind};

/// The folder of the workspace this binary was built in.
pub(crate) fn root() -> anyhow::Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map(Path::to_path_buf).context("the xtask crate has no folder above it")
}

/// The members of a workspace, in order of their folders, and where it builds.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Absolute path of the build folder.
    pub(crate) target_dir: PathBuf,
    /// The members.
    pub(crate) members: Vec<Member>,
}

/// One crate of the workspace. Paths are relative to the root, with `/` between their parts.
#[derive(Debug)]
pub(crate) struct Member {
    /// Package name.
    pub(crate) name: String,
    /// Package version.
    pub(crate) version: String,
    /// Folder.
    pub(crate) dir: String,
    /// `Cargo.toml`.
    pub(crate) manifest: String,
    /// Whether a registry may receive it.
    pub(crate) publishable: bool,
    /// What it builds.
    pub(crate) targets: Vec<Target>,
    /// What it declares to depend on, whether active or not.
    pub(crate) deps: Vec<Dep>,
}

/// Something a member builds.
#[derive(Debug)]
pub(crate) struct Target {
    /// What is built.
    pub(crate) kind: Kind,
    /// Name of the artifact.
    pub(crate) name: String,
    /// The root source file.
    pub(crate) path: String,
}

/// What a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lib,
    Bin,
    Test,
    /// Examples, benchmarks, build scripts, procedural macros.
    Other,
}

/// A declared dependency.
#[derive(Debug)]
pub(crate) struct Dep {
    /// Package name, not the name it is renamed to.
    pub(crate) name: String,
    /// Whether it is for tests only.
    pub(crate) dev: bool,
    /// Whether a feature has to switch it on.
    pub(crate) optional: bool,
}

impl Workspace {
    /// Asks cargo. Nothing is resolved, so neither a lock file nor the network is needed.
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let mut command = MetadataCommand::new();
        command.manifest_path(root.join("Cargo.toml")).no_deps();
        let metadata = command.exec().context("cargo cannot read the workspace")?;
        // Cargo answers with resolved paths; the root has to be in the same form to be stripped.
        let root = metadata.workspace_root.as_std_path();
        let mut members: Vec<Member> =
            metadata.packages.iter().map(|package| member(root, package)).collect();
        members.sort_by(|a, b| a.dir.cmp(&b.dir));
        Ok(Workspace { target_dir: metadata.target_directory.clone().into_std_path_buf(), members })
    }

    /// The member of that name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

fn member(root: &Path, package: &Package) -> Member {
    let manifest = relative(root, package.manifest_path.as_std_path());
    let target = |target: &cargo_metadata::Target| Target {
        kind: kind(&target.kind),
        name: target.name.clone(),
        path: relative(root, target.src_path.as_std_path()),
    };
    let dep = |dep: &cargo_metadata::Dependency| Dep {
        name: dep.name.clone(),
        dev: dep.kind == DependencyKind::Development,
        optional: dep.optional,
    };
    Member {
        name: package.name.to_string(),
        version: package.version.to_string(),
        dir: manifest.trim_end_matches("Cargo.toml").trim_end_matches('/').to_owned(),
        manifest,
        publishable: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        targets: package.targets.iter().map(target).collect(),
        deps: package.dependencies.iter().map(dep).collect(),
    }
}

fn kind(kinds: &[TargetKind]) -> Kind {
    match kinds.first() {
        Some(
            TargetKind::Lib
            | TargetKind::RLib
            | TargetKind::DyLib
            | TargetKind::CDyLib
            | TargetKind::StaticLib,
        ) => Kind::Lib,
        Some(TargetKind::Bin) => Kind::Bin,
        Some(TargetKind::Test) => Kind::Test,
        _ => Kind::Other,
    }
}

/// The path below `root` with `/` between its parts; a path elsewhere stays whole.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
