//! What is judged: a call of a tool, and what stands around it.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tau_core::{EffectClass, ToolArguments};

use super::path::PathResolver;
use super::rule::canonical;

/// A call of a tool, as far as permission goes.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The tool, by its own name or the one other agents use.
    pub(super) tool: &'a str,
    pub(super) arguments: Arguments<'a>,
    /// What the tool may do to the world.
    pub(super) effect: EffectClass,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Arguments<'a> {
    Json(&'a ToolArguments),
    Text(&'a str),
}

impl<'a> Judged<'a> {
    /// A call as a model made it.
    #[must_use]
    pub const fn new(tool: &'a str, arguments: &'a ToolArguments, effect: EffectClass) -> Self {
        Self { tool, arguments: Arguments::Json(arguments), effect }
    }

    /// A call told by what matters of its arguments: the command, the path, the address or the name. Nothing is assumed of
    /// what the tool does.
    #[must_use]
    pub const fn of_text(tool: &'a str, argument: &'a str) -> Self {
        Self { tool, arguments: Arguments::Text(argument), effect: EffectClass::AtMostOnce }
    }
}

impl Judged<'_> {
    /// A parameter of the call as text, by its name or the one that other agents use.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let Arguments::Json(arguments) = self.arguments else { return None };
        let value: Value = serde_json::from_str(arguments.raw()).ok()?;
        let other = match name {
            "run_in_background" => "background",
            "background" => "run_in_background",
            "subagent_type" => "agent",
            "args" => "arguments",
            "arguments" => "args",
            name => name,
        };
        Some(match value.get(name).or_else(|| value.get(other))? {
            Value::String(text) => text.clone(),
            Value::Null => return None,
            other => other.to_string(),
        })
    }

    /// The same call of a tool that is known to do no more than this.
    #[must_use]
    pub const fn with_effect(mut self, effect: EffectClass) -> Self {
        self.effect = effect;
        self
    }
}

/// What stands around a call. Nothing else goes into a verdict.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Surroundings<'a> {
    /// The root of the project, absolute: what rules that begin with `/` are relative to, and what allowed paths are inside of.
    pub root: &'a Path,
    /// The folder that commands run in, absolute.
    pub cwd: &'a Path,
    /// The home folder, absolute.
    pub home: &'a Path,
    /// Where paths lead.
    pub paths: &'a dyn PathResolver,
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { root, cwd, home, paths: _ } = self;
        f.debug_struct("Surroundings")
            .field("root", root)
            .field("cwd", cwd)
            .field("home", home)
            .finish_non_exhaustive()
    }
}

impl<'a> Surroundings<'a> {
    /// Surroundings of a folder that is its own root.
    pub const fn new(cwd: &'a Path, home: &'a Path, paths: &'a dyn PathResolver) -> Self {
        Self { root: cwd, cwd, home, paths }
    }

    /// The same with another root.
    #[must_use]
    pub const fn with_root(mut self, root: &'a Path) -> Self {
        self.root = root;
        self
    }
}

/// What rules look at in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    Command(String),
    Path(String),
    /// The folder of a search.
    Folder(String),
    Address(String),
    /// Of a skill or an agent.
    Name(String),
    /// The tool alone.
    Nothing,
    /// What should be there is missing.
    Unclear,
}

impl Subject {
    pub(super) fn of(call: &Judged<'_>) -> Self {
        let tool = canonical(call.tool);
        let (value, text) = match call.arguments {
            Arguments::Text(text) => (Value::Null, Some(text)),
            Arguments::Json(arguments) => (serde_json::from_str(arguments.raw()).unwrap_or_default(), None),
        };
        let field = |names: &[&str]| {
            let found = names.iter().find_map(|name| value.get(name)).and_then(Value::as_str);
            text.or(found).map(str::to_owned)
        };
        let known = match tool {
            "bash" => field(&["command"]).map(Self::Command),
            "read" | "write" | "edit" | "ls" => {
                field(&["path", "file_path", "notebook_path"]).map(Self::Path)
            }
            "glob" if text.is_none() => Some(Self::Folder(glob_folder(&value))),
            "grep" | "glob" => Some(Self::Folder(field(&["path"]).unwrap_or_else(|| ".".to_owned()))),
            // It names files of its own, and what it does to them is read by the tool alone.
            "apply_patch" => None,
            "web_fetch" => field(&["url"]).map(Self::Address),
            "skill" => {
                let arguments = value.get("arguments").or_else(|| value.get("args")).and_then(Value::as_str);
                let name = field(&["name", "skill", "command"]);
                name.map(|name| {
                    Self::Name(format!("{name} {}", arguments.unwrap_or_default()).trim().to_owned())
                })
            }
            "task" => Some(field(&["agent", "subagent_type"]).map_or(Self::Nothing, Self::Name)),
            _ => Some(Self::Nothing),
        };
        known.unwrap_or(Self::Unclear)
    }
}

/// The folder that a glob looks below.
fn glob_folder(value: &Value) -> String {
    let field = |name: &str| value.get(name).and_then(Value::as_str);
    let folder = PathBuf::from(field("path").unwrap_or("."));
    let pattern = field("pattern").unwrap_or_default();
    let literal = pattern.split('/').take_while(|name| !name.contains(['*', '?', '[', '{']));
    let mut below: String = literal.collect::<Vec<_>>().join("/");
    if below.is_empty() && pattern.starts_with('/') {
        below.push('/');
    }
    folder.join(below).to_string_lossy().into_owned()
}
