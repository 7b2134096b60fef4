//! What the project says in the files of other agents, and what of it counts here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tau_core::config::Config;
use tau_project::agents::{AgentFolders, AgentScope, Agents};
use tau_project::hooks::{HookHost, HookNotice, ProjectHooks};
use tau_project::settings::{Effective, Layers, SettingsFiles};
use tau_project::trust::{Claim, ClaimKind, Exhibit, Trust, TrustStore};
use tau_project::{Finding, FindingKind, Loss};
use tau_runtime::hooks::Hooks;
use tau_skills::{Catalogue, Discovery};

use crate::environment;
use crate::mcp::ServerFile;
use crate::output::printable;

/// The file of those who own the machine.
#[cfg(target_os = "macos")]
const MANAGED: &str = "/Library/Application Support/ClaudeCode/managed-settings.json";
#[cfg(not(target_os = "macos"))]
const MANAGED: &str = "/etc/claude-code/managed-settings.json";

/// What a project says, and whether it is trusted.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) layers: Layers,
    pub(crate) agents: Agents,
    /// What it wants to be trusted with.
    pub(crate) exhibit: Exhibit,
    pub(crate) trust: Trust,
    /// What its settings come to.
    pub(crate) effective: Effective,
    /// Keys of its configuration that need trust.
    keys: Vec<String>,
    /// Why nobody could tell whether it is trusted.
    problem: Option<String>,
    /// The text of its `.mcp.json`, read once: what runs is what was shown. Or why it cannot be used.
    pub(crate) servers: Result<Option<String>, String>,
}

/// What of a project's own configuration needs trust.
#[derive(Debug, Default)]
pub(crate) struct Restricted {
    pub(crate) keys: Vec<String>,
    pub(crate) file: PathBuf,
}

/// The store of those that are trusted.
pub(crate) fn trust_store() -> Option<TrustStore> {
    environment::state_dir().map(|folder| TrustStore::new(folder.join("trusted.json")))
}

impl Project {
    /// Reads a project. `is_trusted` says that its user has vouched for it by a flag.
    pub(crate) fn read(root: &Path, working_dir: &Path, restricted: Restricted, is_trusted: bool) -> Self {
        let layers = settings_files(root, working_dir).read();
        let agents = agent_folders(root, working_dir).read();
        let servers = ServerFile::of_project(root);
        let text = servers.text().map_err(|error| error.message);
        let mut exhibit =
            Exhibit::of(&layers).with_skills(&skills(root, working_dir)).with_agents(agents.agents.values());
        if let Ok(Some(text)) = &text {
            exhibit = exhibit.with_servers(&servers.path, text);
        }
        let content = if restricted.keys.is_empty() {
            Vec::new()
        } else {
            std::fs::read(&restricted.file).unwrap_or_default()
        };
        for key in &restricted.keys {
            exhibit = exhibit.with(ClaimKind::Setting, key, &restricted.file, &content);
        }
        let (trust, problem) = match trust_store().map(|store| store.check(&exhibit)) {
            _ if is_trusted => (Trust::Trusted, None),
            Some(Ok(trust)) => (trust, None),
            Some(Err(error)) => (Trust::Unknown, Some(error.to_string())),
            None if exhibit.is_empty() => (Trust::Trusted, None),
            None => (Trust::Unknown, None),
        };
        let effective = layers.effective(trust);
        Self { layers, agents, exhibit, trust, effective, keys: restricted.keys, problem, servers: text }
    }

    /// What its settings say, as a layer of the configuration.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::default();
        config.permissions = self.effective.permissions.clone();
        config
    }

    /// What of it does not count, because it is not trusted.
    pub(crate) fn distrusted(&self) -> Vec<String> {
        if self.trust == Trust::Trusted {
            return Vec::new();
        }
        let mut counts: BTreeMap<ClaimKind, usize> = BTreeMap::new();
        let is_a_key = |claim: &&Claim| self.keys.contains(&claim.what);
        for claim in self.exhibit.claims().filter(|claim| !is_a_key(claim)) {
            *counts.entry(claim.kind).or_default() += 1;
        }
        let counted = counts.into_iter().filter_map(|(kind, count)| {
            let name = noun(kind)?;
            Some(format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
        });
        self.keys.iter().cloned().chain(counted).collect()
    }

    /// Why it is not trusted, and what to do.
    pub(crate) fn why(&self) -> String {
        match (self.trust, &self.problem) {
            (_, Some(problem)) => format!("nobody can tell whether the project is trusted: {problem}"),
            (Trust::Changed, None) => {
                "the project wants more than when it was trusted (`tau trust` shows it)".to_owned()
            }
            _ => "the project is not trusted (`tau trust` shows what it wants)".to_owned(),
        }
    }

    /// Everything there is to say about its files.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.layers.findings.iter().chain(&self.agents.findings)
    }

    /// Why files of settings cannot be read, each once.
    pub(crate) fn unclear(&self) -> impl Iterator<Item = &Finding> {
        let is_lost = |finding: &&Finding| {
            finding.loss() == Loss::File || matches!(finding.kind, FindingKind::UnclearGuards { .. })
        };
        self.layers.findings.iter().filter(is_lost)
    }

    /// The hooks of its settings, with these variables.
    pub(crate) fn hooks(
        &self,
        working_dir: &Path,
        variables: BTreeMap<String, String>,
        config: &Config,
    ) -> Option<Arc<dyn Hooks>> {
        let mut declared = self.effective.hooks.clone();
        if !self.effective.disables_hooks {
            declared.extend(self.agents.hooks(self.trust));
        }
        if declared.is_empty() {
            return None;
        }
        let mut host = HookHost::new(&self.layers.root, variables);
        host.cwd = working_dir.to_owned();
        host.home = environment::home_dir().unwrap_or_else(|| "~".into());
        host.mode = config.permissions.mode.unwrap_or_default();
        host.model = config.model.clone().unwrap_or_default();
        let is_logged = tracing::dispatcher::has_been_set();
        if !is_logged {
            host.notices = Some(Arc::new(show));
        }
        let hooks = ProjectHooks::new(declared, host);
        if !is_logged {
            at_work().push(hooks.clone());
        }
        Some(Arc::new(hooks))
    }
}

/// Those whose end this process waits for. A server does not: it outlives its sessions.
static AT_WORK: Mutex<Vec<ProjectHooks>> = Mutex::new(Vec::new());

fn at_work() -> std::sync::MutexGuard<'static, Vec<ProjectHooks>> {
    AT_WORK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until hooks of the end of sessions have run, in the time that they have. To be called when the sessions have ended.
pub(crate) async fn hooks_have_ended() {
    let hooks = std::mem::take(&mut *at_work());
    for hooks in hooks {
        hooks.ended().await;
    }
}

fn show(notice: &HookNotice) {
    let HookNotice { event, hook, text, .. } = notice;
    anstream::eprintln!("{}", printable(&format!("hook {event} `{hook}`: {text}")));
}

const fn noun(kind: ClaimKind) -> Option<&'static str> {
    match kind {
        ClaimKind::Hook => Some("hook"),
        ClaimKind::McpServer => Some("server of tools"),
        ClaimKind::AllowRule => Some("allow rule"),
        ClaimKind::Mode => Some("permission mode"),
        ClaimKind::Variable => Some("variable"),
        ClaimKind::Skill => Some("power of skill"),
        ClaimKind::Agent => Some("power of agent"),
        ClaimKind::Setting => Some("other setting"),
        _ => None,
    }
}

fn settings_files(root: &Path, working_dir: &Path) -> SettingsFiles {
    let mut files = SettingsFiles::of_project(root, working_dir).managed(MANAGED);
    if let Some(home) = environment::home_dir() {
        files = files.user(home.join(".claude/settings.json"));
    }
    if let Some(folder) = environment::config_dir() {
        files = files.user(folder.join("settings.json"));
    }
    files
}

fn agent_folders(root: &Path, working_dir: &Path) -> AgentFolders {
    let mut folders = AgentFolders::of_project(root, working_dir);
    if let Some(folder) = environment::config_dir() {
        folders = folders.folder(folder.join("agents"), AgentScope::User);
    }
    if let Some(home) = environment::home_dir() {
        folders = folders.folder(home.join(".agents/agents"), AgentScope::User);
        folders = folders.folder(home.join(".claude/agents"), AgentScope::User);
    }
    folders
}

/// Every skill and command of the project: each can be asked for, whichever of the user's goes before it.
fn skills(root: &Path, working_dir: &Path) -> Catalogue {
    Discovery::new().project(working_dir, root).discover()
}
