//! What a project wants to be trusted with.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tau_core::config::PermissionMode;
use tau_skills::invocation::{Invocation, Want, plan};
use tau_skills::{Catalogue, Scope, Skill};

use super::scripts;
use crate::agents::AgentDefinition;
use crate::hooks::HookDeclaration;
use crate::json;
use crate::settings::{Layers, Settings};

/// Everything a project wants to be trusted with, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exhibit {
    root: PathBuf,
    claims: BTreeSet<Claim>,
}

/// One thing that a project wants to be trusted with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Claim {
    /// What kind of thing.
    pub kind: ClaimKind,
    /// It, in words.
    pub what: String,
    /// The file that says so, relative to the project's root where it lies below it.
    pub source: PathBuf,
    /// The hash of what is too long to show.
    digest: String,
}

/// Kinds of what a project can want, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClaimKind {
    /// A command or a server that is asked at points of the loop.
    Hook,
    /// A file of the project that a hook's command names.
    Script,
    /// A server of tools that is started or asked.
    McpServer,
    /// Calls that run without asking.
    AllowRule,
    /// What happens with calls that no rule is about.
    Mode,
    /// A variable of commands.
    Variable,
    /// A skill that allows calls or runs commands.
    Skill,
    /// An agent with hooks, servers or a mode of its own.
    Agent,
    /// A key of tau's own configuration, and whatever else a caller adds.
    Setting,
}

impl ClaimKind {
    /// What the claims of this kind do, as a heading.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Hook => "runs at points of the loop, as you and outside the sandbox",
            Self::Script => "files of the project that hooks run",
            Self::McpServer => "servers of tools",
            Self::AllowRule => "calls that run without asking",
            Self::Mode => "mode of permissions",
            Self::Variable => "variables of commands and hooks",
            Self::Skill => "skills that allow calls or run commands",
            Self::Agent => "agents with powers of their own",
            Self::Setting => "other settings",
        }
    }
}

impl Exhibit {
    /// What the project's files of settings want.
    #[must_use]
    pub fn of(layers: &Layers) -> Self {
        let mut exhibit = Self { root: layers.root.clone(), claims: BTreeSet::new() };
        for layer in layers.layers.iter().filter(|layer| layer.is_of_project()) {
            exhibit.add_settings(&layer.settings, &layer.path);
        }
        exhibit
    }

    /// The same with something else, whose `content` counts and is not shown.
    #[must_use]
    pub fn with(mut self, kind: ClaimKind, what: impl Into<String>, source: &Path, content: &[u8]) -> Self {
        self.add_digest(kind, what.into(), source, hash([content]));
        self
    }

    /// The same with the servers that the text of a `.mcp.json` describes. What is not understood may be any server.
    #[must_use]
    pub fn with_servers(mut self, file: &Path, text: &str) -> Self {
        let Ok((Value::Object(object), _)) = json::parse(text) else {
            let what = "servers in a file that is not understood".to_owned();
            self.add_digest(ClaimKind::McpServer, what, file, hash([text]));
            return self;
        };
        let servers = object.get("mcpServers").and_then(Value::as_object);
        for (name, server) in servers.into_iter().flatten() {
            // Its headers and variables may hold keys, which are no business of a screen.
            let digest = hash([server.to_string().as_bytes()]);
            self.add_digest(ClaimKind::McpServer, format!("{name}: {}", shown_server(server)), file, digest);
        }
        self
    }

    /// The same with skills and commands of the project that allow calls, or whose body runs commands.
    #[must_use]
    pub fn with_skills(mut self, skills: &Catalogue) -> Self {
        for skill in skills.skills.values().filter(|skill| skill.scope == Scope::Project) {
            let body = skill.body().map(|body| body.text).unwrap_or_default();
            let mut wants = skill.front_matter.allowed_tools.clone();
            wants.extend(commands(&body, skill));
            if !wants.is_empty() {
                let what = format!("{}: {}", skill.name, wants.join(", "));
                // The whole body: what runs is made of more than what is shown of it.
                self.add_digest(ClaimKind::Skill, what, &skill.path, hash([body]));
            }
        }
        self
    }

    /// The same with agents below the root that have hooks or a mode of their own.
    #[must_use]
    pub fn with_agents<'a>(mut self, agents: impl IntoIterator<Item = &'a AgentDefinition>) -> Self {
        let root = self.root.clone();
        for agent in agents.into_iter().filter(|agent| agent.path.starts_with(&root)) {
            for hook in &agent.hooks {
                self.add_hook(hook);
            }
            if let Some(mode) = agent.permission_mode.map(mode_name) {
                self.add(ClaimKind::Agent, format!("{}: mode {mode}", agent.name), &agent.path);
            }
        }
        self
    }

    /// All of it, by kind.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter()
    }

    /// Whether it wants nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// The root of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn add(&mut self, kind: ClaimKind, what: String, source: &Path) {
        self.add_digest(kind, what, source, String::new());
    }

    fn add_digest(&mut self, kind: ClaimKind, what: String, source: &Path, digest: String) {
        let source = source.strip_prefix(&self.root).unwrap_or(source).to_owned();
        self.claims.insert(Claim { kind, what, source, digest });
    }

    fn add_settings(&mut self, settings: &Settings, source: &Path) {
        let permissions = &settings.permissions;
        for rule in &permissions.allow {
            self.add(ClaimKind::AllowRule, rule.clone(), source);
        }
        if let Some(mode) = permissions.mode.filter(|mode| *mode != PermissionMode::Default) {
            self.add(ClaimKind::Mode, mode_name(mode).to_owned(), source);
        }
        for hook in &settings.hooks {
            self.add_hook(hook);
        }
        for (name, value) in &settings.env {
            self.add(ClaimKind::Variable, format!("{name}={value}"), source);
        }
        if settings.disable_hooks == Some(true) {
            self.add(
                ClaimKind::Setting,
                "disableAllHooks: turns off all hooks, yours too".to_owned(),
                source,
            );
        }
        for glob in &settings.excluded_memory {
            let what = format!("claudeMdExcludes: leaves out the instructions in {glob}, yours too");
            self.add(ClaimKind::Setting, what, source);
        }
        if let Some(folder) = &settings.plans_directory {
            self.add(ClaimKind::Setting, format!("plansDirectory: {}", folder.display()), source);
        }
    }

    fn add_hook(&mut self, hook: &HookDeclaration) {
        let on = match hook.matcher.text() {
            "" | "*" => String::new(),
            matcher => format!(" ({matcher})"),
        };
        let condition = hook.condition.as_ref().map(|rule| format!(" if {rule}")).unwrap_or_default();
        let what = format!("{}{on}{condition}: {}", hook.event, hook.shown());
        // The whole declaration: headers are not shown, and count.
        let digest = hash([format!("{:?}", hook.handler).as_bytes()]);
        self.add_digest(ClaimKind::Hook, what, &hook.source, digest);
        for script in scripts::named_in(hook, &self.root) {
            self.add_digest(
                ClaimKind::Script,
                script.path.display().to_string(),
                &hook.source,
                script.digest,
            );
        }
    }
}

impl Claim {
    /// The SHA-256 of all of it, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        let kind = format!("{:?}", self.kind);
        let source = self.source.as_os_str().as_encoded_bytes();
        hash([kind.as_bytes(), self.what.as_bytes(), source, self.digest.as_bytes()])
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.what, self.source.display())
    }
}

/// The hash of parts, each with its length before it, so that no two lists of parts are the same bytes.
pub(super) fn hash<B: AsRef<[u8]>>(parts: impl IntoIterator<Item = B>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

const fn mode_name(mode: PermissionMode) -> &'static str {
    match mode {
        PermissionMode::AcceptEdits => "acceptEdits",
        PermissionMode::Plan => "plan",
        PermissionMode::DontAsk => "dontAsk",
        PermissionMode::Bypass => "bypassPermissions: every call runs that no rule denies",
        _ => "default",
    }
}

/// The command or the address of a server.
fn shown_server(server: &Value) -> String {
    let none = Map::new();
    let server = server.as_object().unwrap_or(&none);
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    if let Some(url) = text("url") {
        return url::Url::parse(url)
            .map_or_else(|_| "an address".to_owned(), |url| tau_core::redact_url(&url));
    }
    let arguments = server.get("args").and_then(Value::as_array).into_iter().flatten();
    let words = text("command").into_iter().chain(arguments.filter_map(Value::as_str));
    words.collect::<Vec<_>>().join(" ")
}

/// The commands that a body has run before the model reads it, found as they are when it is used.
fn commands(body: &str, skill: &Skill) -> impl Iterator<Item = String> {
    // What is typed behind its name is shown as itself.
    let plan = plan(body, &skill.front_matter, &Invocation::new("$ARGUMENTS"));
    plan.wants().into_iter().filter_map(|want| match want {
        Want::Command(command) => Some(format!("!`{command}`")),
        _ => None,
    })
}
