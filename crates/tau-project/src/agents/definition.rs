//! What one file of a subagent says.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tau_core::config::PermissionMode;
use tau_memory::{Document, text};
use tau_skills::FrontMatter;

use super::fields::Fields;
use crate::finding::{Finding, FindingKind};
use crate::hooks::HookDeclaration;

/// Bytes of a file that are read.
const LIMIT: usize = 1 << 20;

/// A kind of subagent.
// tidy: struct-fields: they are those of the file's format
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AgentDefinition {
    /// The name it is started by.
    pub name: String,
    /// What it is good for, as the model is told.
    pub description: String,
    /// Its instructions.
    pub prompt: String,
    /// The file.
    pub path: PathBuf,
    /// Whose it is.
    pub scope: AgentScope,
    /// `tools`: all that it may use; `None` for those of whoever starts it.
    pub tools: Option<Vec<String>>,
    /// `disallowedTools`: those taken away, whatever `tools` says.
    pub disallowed_tools: Vec<String>,
    /// `model`: as other agents call it; `None` to inherit.
    pub model: Option<String>,
    /// `effort` of its thought, as it is written.
    pub effort: Option<String>,
    /// `permissionMode`.
    pub permission_mode: Option<PermissionMode>,
    /// `maxTurns`: calls of the model.
    pub max_turns: Option<u32>,
    /// `skills` that it has read before it begins.
    pub skills: Vec<String>,
    /// `mcpServers`: names, or objects with a server's configuration.
    pub mcp_servers: Vec<Value>,
    /// `hooks`, which are asked while it works.
    pub hooks: Vec<HookDeclaration>,
    /// `memory` of its own.
    pub memory: Option<AgentMemory>,
    /// `background`: nobody waits for it.
    pub background: bool,
    /// `isolation: worktree`: it works in a copy of the project.
    pub is_isolated: bool,
    /// `color`, as it is written.
    pub color: Option<String>,
}

/// Whose an agent is, in order of precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AgentScope {
    /// Of whoever owns the machine.
    Managed,
    /// The project's.
    Project,
    /// The user's, for all projects.
    User,
    /// Of a plugin. Its hooks, servers and mode do not count.
    Plugin,
}

/// Where an agent keeps what it learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AgentMemory {
    /// For all projects.
    User,
    /// In the project, for all who work on it.
    Project,
    /// In the project, for one who works on it.
    Local,
}

impl AgentDefinition {
    /// Reads a file. `None` where it defines no agent; why, and what of it does not count, is added to `findings`.
    pub(super) fn read(path: &Path, scope: AgentScope, findings: &mut Vec<Finding>) -> Option<Self> {
        let read = match text::read(path, LIMIT) {
            Ok(read) => read,
            Err(error) => {
                findings.push(Finding::new(path, FindingKind::Unreadable(error.kind())));
                return None;
            }
        };
        if read.truncation.is_some() {
            // Half of its instructions are not its instructions.
            findings.push(Finding::new(path, FindingKind::TooLong { limit: LIMIT }));
            return None;
        }
        Self::parse(&read.content, path, scope, findings)
    }

    /// Reads the text of a file.
    pub(super) fn parse(
        content: &str,
        path: &Path,
        scope: AgentScope,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let document = Document::parse(content);
        let Some(source) = document.front_matter else {
            let why = if document.is_unterminated() {
                "its front matter has no end"
            } else {
                "it has no front matter"
            };
            findings.push(Finding::new(path, FindingKind::NotADefinition { why }));
            return None;
        };
        let front_matter = match FrontMatter::parse(source) {
            Ok((front_matter, _)) => front_matter,
            Err(error) => {
                findings.push(Finding::new(path, FindingKind::FrontMatter(error.kind())));
                return None;
            }
        };
        let (name, description) = match identity(&front_matter) {
            Ok(identity) => identity,
            Err(why) => {
                findings.push(Finding::new(path, FindingKind::NotADefinition { why }));
                return None;
            }
        };
        let mut fields = Fields::new(front_matter, path, findings);
        let mut agent = Self {
            name,
            description,
            prompt: document.body.trim().to_owned(),
            path: path.to_owned(),
            scope,
            tools: fields.tools(),
            disallowed_tools: fields.disallowed_tools(),
            model: fields.text("model").filter(|model| model != "inherit"),
            effort: fields.text("effort"),
            permission_mode: fields.mode(),
            max_turns: fields.max_turns(),
            skills: fields.list("skills").unwrap_or_default(),
            mcp_servers: fields.servers(),
            hooks: fields.hooks(),
            memory: fields.memory(),
            background: fields.boolean("background").unwrap_or(false),
            is_isolated: fields.is_isolated(),
            color: fields.text("color"),
        };
        fields.finish();
        agent.without_powers(scope, findings);
        agent.tell_what_does_not_count(findings);
        Some(agent)
    }

    /// A plugin is code of somebody else that the user enabled as a whole, and not for this.
    fn without_powers(&mut self, scope: AgentScope, findings: &mut Vec<Finding>) {
        if scope != AgentScope::Plugin {
            return;
        }
        let mut ignored = Vec::new();
        if !std::mem::take(&mut self.hooks).is_empty() {
            ignored.push("hooks");
        }
        if !std::mem::take(&mut self.mcp_servers).is_empty() {
            ignored.push("mcpServers");
        }
        if self.permission_mode.take().is_some() {
            ignored.push("permissionMode");
        }
        for key in ignored {
            let why = "agents of plugins have none";
            findings.push(Finding::new(&self.path, FindingKind::NotSupported { key: key.to_owned(), why }));
        }
    }

    fn tell_what_does_not_count(&self, findings: &mut Vec<Finding>) {
        for (key, is_there, why) in [
            ("mcpServers", !self.mcp_servers.is_empty(), "it has the servers of the session"),
            ("memory", self.memory.is_some(), "it has the notes of the session"),
            ("isolation", self.is_isolated, "it works in the folder of the session"),
            ("effort", self.effort.is_some(), "how models are asked is set in tau's own configuration"),
        ] {
            if is_there {
                findings
                    .push(Finding::new(&self.path, FindingKind::NotSupported { key: key.to_owned(), why }));
            }
        }
    }

    /// Whether it may use a tool, by any of the tool's names.
    #[must_use]
    pub fn may_use(&self, tool: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|named| is_named(named, tool));
        self.tools.as_deref().is_none_or(names) && !names(&self.disallowed_tools)
    }
}

/// Whether an entry of a list of tools is about a tool: by either name, as `mcp__server` or with stars.
fn is_named(named: &str, tool: &str) -> bool {
    use tau_tools::permission::tool_name;
    let (named, tool) = (tool_name(named), tool_name(tool));
    let is_of_server = named.starts_with("mcp__")
        && named.trim_end_matches("__*").matches("__").count() == 1
        && tool.strip_prefix(named.trim_end_matches("__*")).is_some_and(|rest| rest.starts_with("__"));
    named == tool || named == "*" || is_of_server
}

/// The name and the description, or why there are none that can be used.
fn identity(front_matter: &FrontMatter) -> Result<(String, String), &'static str> {
    let Some(name) = front_matter.name.clone() else { return Err("it has no `name`") };
    if name.starts_with('-') || name.contains([':', '/']) || name.contains(char::is_control) {
        return Err("its `name` begins with a dash, or holds a colon, a slash or a control character");
    }
    if name.len() > 256 {
        return Err("its `name` is longer than 256 bytes");
    }
    let Some(description) = front_matter.description.clone() else { return Err("it has no `description`") };
    Ok((name, description))
}
