//! The plugin in a folder.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tau_memory::text;

use super::error::{PluginError, PluginErrorKind};
use crate::discovery::SKILL_FILE;

/// Where a manifest may stand, the first that is there counts.
const MANIFESTS: [&str; 4] =
    [".tau-plugin/plugin.json", ".claude-plugin/plugin.json", ".codex-plugin/plugin.json", "plugin.json"];

pub(super) const MANIFEST_BYTES: usize = 1024 * 1024;
const NAME_BYTES: usize = 128;

/// A plugin, and where in its folder is what it brings. Everything named here is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plugin {
    /// Its name: of the manifest, or else of the folder.
    pub name: String,
    /// Its version, as written.
    pub version: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its folder.
    pub root: PathBuf,
    /// Folders of skills.
    pub skills: Vec<PathBuf>,
    /// Folders of commands.
    pub commands: Vec<PathBuf>,
    /// Folders and files of subagents.
    pub agents: Vec<PathBuf>,
    /// `hooks/hooks.json`.
    pub hooks: Option<PathBuf>,
    /// `.mcp.json`.
    pub mcp: Option<PathBuf>,
}

/// What a plugin brings, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PluginPart {
    /// Skills.
    Skills,
    /// Commands.
    Commands,
    /// Subagents.
    Agents,
    /// Hooks.
    Hooks,
    /// MCP servers.
    Mcp,
}

/// The file. Unknown fields are ignored, one of a wrong type is an error.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
    skills: Option<Paths>,
    commands: Option<Paths>,
    agents: Option<Paths>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Paths {
    One(String),
    Many(Vec<String>),
    /// The form of goose.
    Nested {
        paths: Vec<String>,
    },
}

impl Plugin {
    /// Reads the plugin in a folder. The manifest may be missing.
    ///
    /// # Errors
    ///
    /// Where the manifest is wrong, or nothing of a plugin is there.
    pub fn read(root: &Path) -> Result<Self, PluginError> {
        let found = MANIFESTS.iter().map(|name| root.join(name)).find(|file| file.is_file());
        let manifest: Manifest = match found.as_deref() {
            Some(file) => read_json(file, MANIFEST_BYTES)?,
            None => Manifest::default(),
        };
        let name = manifest.name.unwrap_or_else(|| {
            root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        });
        check_name(root, &name)?;
        // Skills are added to those at the usual place; what else is named takes its place.
        let mut skills = vec![root.join("skills")];
        skills.extend(paths(root, manifest.skills.as_ref())?);
        let own = |named: Option<&Paths>, usual: &str| match named {
            Some(_) => paths(root, named),
            None => Ok(vec![root.join(usual)]),
        };
        let (commands, agents) =
            (own(manifest.commands.as_ref(), "commands")?, own(manifest.agents.as_ref(), "agents")?);
        let file = |path: &str| Some(root.join(path)).filter(|file| file.is_file());
        let mut plugin = Self {
            name,
            version: manifest.version,
            description: manifest.description,
            root: root.to_path_buf(),
            skills,
            commands,
            agents,
            hooks: file("hooks/hooks.json"),
            mcp: file(".mcp.json"),
        };
        for paths in [&mut plugin.skills, &mut plugin.commands, &mut plugin.agents] {
            paths.retain(|path| path.exists());
        }
        // A folder with a skill and nothing else is a plugin of that skill.
        if plugin.parts().is_empty() && root.join(SKILL_FILE).is_file() {
            plugin.skills = vec![root.to_path_buf()];
        }
        if found.is_none() && plugin.parts().is_empty() {
            return Err(PluginError::new(root, PluginErrorKind::NoPlugin));
        }
        Ok(plugin)
    }

    /// What it brings.
    #[must_use]
    pub fn parts(&self) -> Vec<PluginPart> {
        let parts = [
            (PluginPart::Skills, !self.skills.is_empty()),
            (PluginPart::Commands, !self.commands.is_empty()),
            (PluginPart::Agents, !self.agents.is_empty()),
            (PluginPart::Hooks, self.hooks.is_some()),
            (PluginPart::Mcp, self.mcp.is_some()),
        ];
        parts.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| part).collect()
    }
}

impl std::fmt::Display for PluginPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Skills => "skills",
            Self::Commands => "commands",
            Self::Agents => "subagents",
            Self::Hooks => "hooks",
            Self::Mcp => "MCP servers",
        })
    }
}

pub(super) fn read_json<T: DeserializeOwned>(file: &Path, limit: usize) -> Result<T, PluginError> {
    let text = text::read(file, limit).map_err(|error| PluginError::unreadable(file, error))?;
    serde_json::from_str(&text.content).map_err(|error| PluginError::json(file, error))
}

/// A name becomes that of a folder and stands before a colon.
pub(super) fn check_name(at: &Path, name: &str) -> Result<(), PluginError> {
    let characters = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if name.is_empty() || name.len() > NAME_BYTES || !characters || name.starts_with(['.', '-']) {
        return Err(PluginError::new(at, PluginErrorKind::InvalidName { name: name.to_owned() }));
    }
    Ok(())
}

fn paths(root: &Path, named: Option<&Paths>) -> Result<Vec<PathBuf>, PluginError> {
    let named: &[String] = match named {
        None => &[],
        Some(Paths::One(path)) => std::slice::from_ref(path),
        Some(Paths::Many(paths) | Paths::Nested { paths }) => paths,
    };
    named.iter().map(|path| inside(root, path)).collect()
}

/// A path below a folder.
pub(super) fn inside(root: &Path, path: &str) -> Result<PathBuf, PluginError> {
    let is_inside = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if path.is_empty() || !Path::new(path).components().all(is_inside) {
        return Err(PluginError::new(root, PluginErrorKind::InvalidPath { path: path.to_owned() }));
    }
    let parts = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
    Ok(root.join(parts.collect::<PathBuf>()))
}
