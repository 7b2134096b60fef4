//! Fields of front matter, by the names that the two families of formats give them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tau_core::config::PermissionMode;
use tau_memory::text::split_outside;
use tau_skills::{Context, Execution, FrontMatter};

use super::definition::AgentMemory;
use crate::finding::{Finding, FindingKind};
use crate::hooks::{self, HookDeclaration};
use crate::settings::mode_of;

/// Fields that agents have elsewhere, and why they do not count here.
const ELSEWHERE: [(&str, &str); 3] = [
    ("initialprompt", "an agent is given its task by whoever starts it"),
    ("temperature", "how models are asked is set in tau's own configuration"),
    ("mode", "it is a kind of agent that tau does not have"),
];
/// Fields that say something about the file and nothing about the agent.
const ABOUT: [&str; 5] = ["version", "author", "tags", "category", "title"];

/// The fields of one file. Each is taken once; what is left at the end is told of.
pub(super) struct Fields<'a> {
    /// By their names in lower case, without dashes and underscores, and as they were written.
    values: BTreeMap<String, (String, Value)>,
    /// `allowed-tools`, which Agent Skills call it.
    allowed_tools: Vec<String>,
    path: &'a Path,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(front_matter: FrontMatter, path: &'a Path, findings: &'a mut Vec<Finding>) -> Self {
        let key = |name: &str| name.replace(['-', '_'], "").to_ascii_lowercase();
        let shared = shared(front_matter.execution);
        let written = front_matter.extra.into_iter().chain(shared);
        let values = written.map(|(name, value)| (key(&name), (name, value))).collect();
        Self { values, allowed_tools: front_matter.allowed_tools, path, findings }
    }

    /// Tells of what nobody asked for.
    pub(super) fn finish(self) {
        for (key, (written, _)) in self.values {
            let known = ELSEWHERE.iter().find(|(name, _)| *name == key);
            let kind = match known {
                Some((_, why)) => FindingKind::NotSupported { key: written, why },
                None if ABOUT.contains(&key.as_str()) => continue,
                None => FindingKind::UnknownKey { key: written },
            };
            self.findings.push(Finding::new(self.path, kind));
        }
    }

    fn take(&mut self, name: &str) -> Option<(String, Value)> {
        self.values.remove(name).filter(|(_, value)| !value.is_null())
    }

    fn wrong<T>(&mut self, key: String, expected: &'static str) -> Option<T> {
        self.findings.push(Finding::new(self.path, FindingKind::WrongType { key, expected }));
        None
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            (_, Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            (_, value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            (key, _) => self.wrong(key, "a text"),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let (key, value) = self.take(name)?;
        let word = value.as_str().map_or_else(|| value.to_string(), str::to_ascii_lowercase);
        match word.as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => self.wrong(key, "true or false"),
        }
    }

    /// A list, or a text with commas between its items.
    pub(super) fn list(&mut self, name: &str) -> Option<Vec<String>> {
        match self.take(name)? {
            (_, Value::String(text)) => Some(split(&text)),
            (key, Value::Array(items)) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(|item| item.trim().to_owned())).collect();
                texts.or_else(|| self.wrong(key, "a list of texts"))
            }
            (key, _) => self.wrong(key, "a list of texts"),
        }
    }

    /// What is no list leaves nothing: an agent that was meant to have few tools must not have all.
    pub(super) fn tools(&mut self) -> Option<Vec<String>> {
        let is_there = self.values.get("tools").is_some_and(|(_, value)| !value.is_null());
        if let Some((_, Value::Object(_))) = self.values.get("tools") {
            // Some formats write which tools are off, which `disallowed_tools` reads.
            return None;
        }
        match self.list("tools") {
            Some(tools) => Some(tools),
            None if is_there => Some(Vec::new()),
            None if self.allowed_tools.is_empty() => None,
            None => Some(std::mem::take(&mut self.allowed_tools)),
        }
    }

    pub(super) fn disallowed_tools(&mut self) -> Vec<String> {
        let mut tools = self.list("disallowedtools").unwrap_or_default();
        if let Some((_, Value::Object(switches))) = self.take("tools") {
            let off = switches.into_iter().filter(|(_, is_on)| *is_on == Value::Bool(false));
            tools.extend(off.map(|(tool, _)| tool));
        }
        tools
    }

    pub(super) fn mode(&mut self) -> Option<PermissionMode> {
        let key = self.values.get("permissionmode").map(|(key, _)| key.clone())?;
        let mode = mode_of(&key, &self.text("permissionmode")?);
        mode.map_err(|kind| self.findings.push(Finding::new(self.path, kind))).ok()
    }

    pub(super) fn max_turns(&mut self) -> Option<u32> {
        let (key, value) = self.take("maxturns")?;
        let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        let number = number.and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
        number.or_else(|| self.wrong(key, "a number of turns"))
    }

    /// Names, or objects of a name and a configuration.
    pub(super) fn servers(&mut self) -> Vec<Value> {
        match self.take("mcpservers") {
            None => Vec::new(),
            Some((_, Value::Array(servers))) => servers,
            Some((_, Value::String(names))) => split(&names).into_iter().map(Value::String).collect(),
            Some((_, Value::Object(servers))) => {
                let one = |(name, server)| Value::Object([(name, server)].into_iter().collect());
                servers.into_iter().map(one).collect()
            }
            Some((key, _)) => self.wrong(key, "a list of servers").unwrap_or_default(),
        }
    }

    pub(super) fn hooks(&mut self) -> Vec<HookDeclaration> {
        self.take("hooks")
            .map(|(_, value)| hooks::parse(&value, self.path, self.findings))
            .unwrap_or_default()
    }

    pub(super) fn memory(&mut self) -> Option<AgentMemory> {
        let key = self.values.get("memory").map(|(key, _)| key.clone())?;
        match self.text("memory")?.as_str() {
            "user" => Some(AgentMemory::User),
            "project" => Some(AgentMemory::Project),
            "local" => Some(AgentMemory::Local),
            _ => self.wrong(key, "user, project or local"),
        }
    }

    pub(super) fn is_isolated(&mut self) -> bool {
        let Some(key) = self.values.get("isolation").map(|(key, _)| key.clone()) else { return false };
        let word = self.text("isolation");
        let is_known = word.as_deref().is_none_or(|word| word == "worktree");
        if !is_known {
            self.wrong::<()>(key, "worktree");
        }
        is_known && word.is_some()
    }
}

/// Fields that skills have too, as they may have been written.
fn shared(execution: Execution) -> impl Iterator<Item = (String, Value)> {
    let list = |items: Vec<String>| (!items.is_empty()).then(|| Value::from(items));
    let is_fork = execution.context == Context::Fork;
    let fields = [
        ("model", execution.model.map(Value::from)),
        ("effort", execution.effort.map(Value::from)),
        ("background", execution.background.map(Value::from)),
        ("hooks", execution.hooks),
        ("disallowed-tools", list(execution.disallowed_tools)),
        ("paths", list(execution.paths)),
        ("agent", execution.agent.map(Value::from)),
        ("shell", execution.shell.map(Value::from)),
        ("context", is_fork.then(|| Value::from("fork"))),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
}

/// The items of a text with commas between them, but for those inside parentheses.
fn split(text: &str) -> Vec<String> {
    let items = split_outside(text, ('(', ')'), |c| c == ',').into_iter().map(str::trim);
    items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
