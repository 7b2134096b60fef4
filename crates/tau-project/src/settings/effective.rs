//! What all files of settings come to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tau_core::config::{PermissionConfig, PermissionMode};

use super::files::Scope;
use super::parse::{EVERYTHING, Settings};
use crate::finding::Finding;
use crate::hooks::HookDeclaration;
use crate::trust::Trust;

/// One file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layer {
    /// Whose it is.
    pub scope: Scope,
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub settings: Settings,
}

/// All files of settings, each by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layers {
    /// The root of the project.
    pub root: PathBuf,
    /// Those that were read, lowest first.
    pub layers: Vec<Layer>,
    /// Those that are there and of which nobody knows what they say, or what they deny.
    pub unclear: Vec<PathBuf>,
    /// What did not count as it stands.
    pub findings: Vec<Finding>,
}

/// What settings come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effective {
    /// Rules and mode.
    pub permissions: PermissionConfig,
    /// No mode may let every call run.
    pub forbids_bypass: bool,
    /// Hooks, lowest scope first.
    pub hooks: Vec<HookDeclaration>,
    /// `disableAllHooks`: there are none, of agents neither.
    pub disables_hooks: bool,
    /// Variables of commands and hooks.
    pub env: BTreeMap<String, String>,
    /// Where plans are kept, relative to the project's root and below it.
    pub plans_directory: Option<PathBuf>,
    /// Globs of files of instructions that are left out. A project needs trust for that: some may be the user's.
    pub excluded_memory: Vec<String>,
    /// Servers of `.mcp.json` that are not started.
    pub disabled_servers: Vec<String>,
    /// Plugins that are not used: `name@marketplace`.
    pub disabled_plugins: BTreeSet<String>,
}

impl Layer {
    /// Whether it came with the project, so that what it lets happen needs trust.
    #[must_use]
    pub const fn is_of_project(&self) -> bool {
        matches!(self.scope, Scope::Project | Scope::Local)
    }
}

impl Layers {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), layers: Vec::new(), unclear: Vec::new(), findings: Vec::new() }
    }

    /// What they come to. Of a project that is not trusted, only what takes something away counts: rules that deny or ask,
    /// servers and plugins that are disabled, and that no mode may let everything run.
    #[must_use]
    pub fn effective(&self, trust: Trust) -> Effective {
        let mut effective = Effective::default();
        for layer in &self.layers {
            effective.restrict(&layer.settings);
            if trust == Trust::Trusted || !layer.is_of_project() {
                effective.permit(&layer.settings);
            }
        }
        if !self.unclear.is_empty() {
            // One of them may have denied anything.
            effective.permissions.ask.push(EVERYTHING.to_owned());
        }
        let is_bypass = effective.permissions.mode == Some(PermissionMode::Bypass);
        if effective.forbids_bypass && is_bypass {
            effective.permissions.mode = None;
        }
        if self.layers.iter().rev().find_map(|layer| self.says_hooks_are_off(layer, trust)) == Some(true) {
            effective.hooks.clear();
            effective.disables_hooks = true;
        }
        effective
    }

    /// A project may not turn off the hooks of the user, so it needs trust for that too.
    fn says_hooks_are_off(&self, layer: &Layer, trust: Trust) -> Option<bool> {
        layer.settings.disable_hooks.filter(|_| trust == Trust::Trusted || !layer.is_of_project())
    }
}

impl Effective {
    /// What can only make the agent less able.
    fn restrict(&mut self, settings: &Settings) {
        add(&mut self.permissions.ask, &settings.permissions.ask);
        add(&mut self.permissions.deny, &settings.permissions.deny);
        self.forbids_bypass |= settings.permissions.forbids_bypass;
        add(&mut self.disabled_servers, &settings.disabled_servers);
        self.disabled_plugins.extend(settings.disabled_plugins.iter().cloned());
    }

    /// What can make it more able.
    fn permit(&mut self, settings: &Settings) {
        add(&mut self.permissions.allow, &settings.permissions.allow);
        self.permissions.mode = settings.permissions.mode.or(self.permissions.mode);
        self.hooks.extend(settings.hooks.iter().cloned());
        self.env.extend(settings.env.clone());
        add(&mut self.excluded_memory, &settings.excluded_memory);
        if let Some(folder) = settings.plans_directory.as_deref().and_then(below) {
            self.plans_directory = Some(folder);
        }
    }
}

fn add(list: &mut Vec<String>, more: &[String]) {
    let mut known: BTreeSet<String> = list.iter().cloned().collect();
    list.extend(more.iter().filter(|item| known.insert((*item).clone())).cloned());
}

/// A path that stays below where it is relative to.
fn below(path: &Path) -> Option<PathBuf> {
    use std::path::Component;
    let mut made = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => made.push(name),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(made)
}
