//! Rules, read from text: `Tool` and `Tool(spec)`.

mod alias;
mod command;

pub(super) use alias::canonical;
pub use alias::{is_alias, tool_name};
pub(super) use command::{CommandPattern, Match, atoms_match};

use super::path::PathPattern;
use super::web::HostPattern;

/// What a rule does with what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    Deny,
    Ask,
    Allow,
}

/// A rule that was understood.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// As it was written.
    pub(super) text: String,
    pub(super) tool: ToolPattern,
    pub(super) spec: Spec,
}

/// Which tools a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolPattern {
    Name(String),
    /// A name with stars, which stand for any characters.
    Stars(String),
    /// Every tool of an MCP server.
    Server(String),
}

/// Which calls of a tool a rule is about.
#[derive(Debug, Clone)]
pub(super) enum Spec {
    All,
    Command(CommandPattern),
    Path(PathPattern),
    Host(HostPattern),
    /// A name, and whether words may follow it.
    Name {
        name: String,
        has_tail: bool,
    },
    /// A parameter of the tool and its value, in which stars stand for anything.
    Parameter {
        name: String,
        value: String,
    },
}

/// Parameters that rules of another form are about: comparing their text would be a rule that is easily got around.
const JUDGED_OTHERWISE: [&str; 4] = ["command", "file_path", "path", "url"];

/// Parameters of tools whose own rules may hold a colon too.
fn parameters(tool: &str) -> Option<&'static [&'static str]> {
    Some(match tool {
        "bash" => {
            &["background", "run_in_background", "timeout", "timeout_ms", "description", "outside_sandbox"]
        }
        "task" => &[
            "model",
            "isolation",
            "run_in_background",
            "background",
            "subagent_type",
            "description",
            "prompt",
        ],
        "skill" => &["args", "arguments"],
        "read" => &["offset", "limit", "pages"],
        "edit" => &["replace_all", "old_string", "new_string"],
        "write" => &["content"],
        "grep" => &["pattern", "glob", "type", "output_mode"],
        "glob" => &["pattern"],
        "ls" => &["ignore"],
        "web_fetch" => &["prompt"],
        _ => return None,
    })
}

/// A rule that was not understood, and the tool it is about, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) text: String,
    pub(super) tool: Option<ToolPattern>,
}

impl Rule {
    /// Reads a rule.
    pub(super) fn parse(text: &str, effect: Effect) -> Result<Self, Malformed> {
        let written = text.trim();
        let (name, spec) = match written.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')'))),
            None => (written, None),
        };
        let malformed = |tool| Malformed { text: text.to_owned(), tool };
        let tool = ToolPattern::parse(name, effect).ok_or_else(|| malformed(None))?;
        let spec = match spec {
            None | Some(Some("*")) if !is_path_tool(&tool) || spec.is_none() => Some(Spec::All),
            None | Some(None) => None,
            Some(Some(spec)) => Spec::parse(&tool, spec, effect),
        };
        match spec {
            Some(spec) => Ok(Self { text: text.to_owned(), tool, spec }),
            None => Err(malformed(Some(tool))),
        }
    }
}

fn is_path_tool(tool: &ToolPattern) -> bool {
    matches!(tool, ToolPattern::Name(name) if matches!(name.as_str(), "read" | "write" | "edit" | "glob" | "grep" | "ls"))
}

impl Spec {
    fn parse(tool: &ToolPattern, spec: &str, effect: Effect) -> Option<Self> {
        let ToolPattern::Name(name) = tool else { return None };
        if let Some(parameter) = Self::parameter(name, spec) {
            // What allows would have to say all of a call.
            return parameter.filter(|_| effect != Effect::Allow);
        }
        match name.as_str() {
            "bash" => CommandPattern::parse(spec).map(Self::Command),
            "read" | "write" | "edit" | "glob" | "grep" | "ls" => {
                PathPattern::parse(spec, effect != Effect::Allow).map(Self::Path)
            }
            "web_fetch" => HostPattern::parse(spec.strip_prefix("domain:")?, effect).map(Self::Host),
            "skill" | "task" => {
                let has_tail = name == "skill" && spec.ends_with(" *");
                let name = spec.strip_suffix(" *").filter(|_| has_tail).unwrap_or(spec).trim();
                let is_name =
                    !name.is_empty() && !name.contains(['*', '(', ')']) && !name.contains(char::is_control);
                is_name.then(|| Self::Name { name: name.to_owned(), has_tail })
            }
            _ => None,
        }
    }
}

impl Spec {
    /// A parameter with its value, where a rule is of that form; nothing in it where no rule may be about the parameter.
    fn parameter(tool: &str, spec: &str) -> Option<Option<Self>> {
        let (name, value) = spec.split_once(':')?;
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
        };
        let is_parameter = match parameters(tool) {
            Some(known) => known.contains(&name) && value != "*",
            None => is_name(name),
        };
        let value = value.trim();
        is_parameter.then(|| {
            let is_fine = !value.is_empty() && !JUDGED_OTHERWISE.contains(&name);
            is_fine.then(|| Self::Parameter { name: name.to_owned(), value: value.to_owned() })
        })
    }
}

impl ToolPattern {
    fn parse(name: &str, effect: Effect) -> Option<Self> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'*' | b'.'))
        };
        if !is_name(name) {
            return None;
        }
        if !name.contains('*') {
            let is_server = name.strip_prefix("mcp__").is_some_and(|server| !server.contains("__"));
            return Some(match is_server {
                true => Self::Server(format!("{name}__")),
                false => Self::Name(canonical(name).to_owned()),
            });
        }
        // What allows must name the server at least.
        let server = name.strip_prefix("mcp__").and_then(|rest| rest.split_once("__"));
        let names_server = server.is_some_and(|(server, _)| !server.is_empty() && !server.contains('*'));
        (effect != Effect::Allow || names_server).then(|| Self::Stars(name.to_owned()))
    }

    /// Whether a rule is about a tool, by its own name.
    pub(super) fn is_about(&self, tool: &str) -> bool {
        match self {
            Self::Name(name) => name == tool,
            Self::Server(prefix) => tool.starts_with(prefix.as_str()),
            Self::Stars(stars) => has_stars(stars, tool),
        }
    }
}

/// Whether a text is one that a pattern with stars stands for.
pub(super) fn has_stars(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}
