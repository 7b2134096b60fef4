//! Hooks as settings declare them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use tau_core::config::PermissionConfig;
use tau_core::redact_url;
use tau_runtime::hooks::FailurePolicy;
use tau_tools::permission::PermissionPolicy;
use url::Url;

use super::event::{HookEvent, is_elsewhere};
use super::matcher::Matcher;
use crate::finding::{Finding, FindingKind};

/// One handler at one event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookDeclaration {
    /// When it is asked.
    pub event: HookEvent,
    /// What about.
    pub matcher: Matcher,
    /// `if`: a permission rule that the call must match.
    pub condition: Option<String>,
    /// Who is asked.
    pub handler: HandlerKind,
    /// How long it may take.
    pub timeout: Duration,
    /// `async`: nobody waits for it, and what it says does not count.
    pub is_detached: bool,
    /// `on_failure`: what happens when it does not answer.
    pub on_failure: FailurePolicy,
    /// The file that declares it.
    pub source: PathBuf,
    /// The kind of subagents within which alone it is asked; `None` for the session and all.
    pub agent: Option<String>,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandlerKind {
    /// A command of this machine.
    Command(CommandHandler),
    /// A server.
    Http(HttpHandler),
}

/// A command of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommandHandler {
    /// The words for a shell or, with `args`, the program.
    pub command: String,
    /// `args`: the program is started without a shell, with these.
    pub args: Option<Vec<String>>,
}

/// A server that is asked with POST.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpHandler {
    /// Its address.
    pub url: Url,
    /// Headers; `$NAME` and `${NAME}` in their values stand for variables that `variables` names.
    pub headers: BTreeMap<String, String>,
    /// `allowedEnvVars`: the variables that headers may name.
    pub variables: Vec<String>,
}

/// The longest that settings may have a handler take.
const LONGEST: Duration = Duration::from_hours(24);

impl HookDeclaration {
    /// The same of an agent: it is asked while one of that kind works, whose end is a subagent's.
    #[must_use]
    pub fn within(mut self, agent: impl Into<String>) -> Self {
        if self.event == HookEvent::Stop {
            self.event = HookEvent::SubagentStop;
        }
        self.agent = Some(agent.into());
        self
    }

    /// What it runs or asks, in words.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.handler {
            HandlerKind::Command(CommandHandler { command, args: None }) => command.clone(),
            HandlerKind::Command(CommandHandler { command, args: Some(args) }) => {
                let words = std::iter::once(command).chain(args).map(|word| format!("{word:?}"));
                words.collect::<Vec<_>>().join(" ")
            }
            HandlerKind::Http(handler) => format!("POST {}", redact_url(&handler.url)),
        }
    }
}

/// How long a handler may take where settings do not say: the reference's times. The end of a session waits for nobody.
const fn usual_timeout(event: HookEvent) -> Duration {
    match event {
        HookEvent::SessionEnd => Duration::from_millis(1_500),
        HookEvent::UserPromptSubmit => Duration::from_secs(30),
        _ => Duration::from_mins(10),
    }
}

/// Reads the value of a key `hooks`; what does not count is added to `findings`.
pub(crate) fn parse(value: &Value, source: &Path, findings: &mut Vec<Finding>) -> Vec<HookDeclaration> {
    let mut reader = Reader { source, findings, found: Vec::new() };
    let Some(events) = value.as_object() else {
        reader.wrong("hooks", "an object");
        return Vec::new();
    };
    for (name, groups) in events {
        let key = format!("hooks.{name}");
        match HookEvent::of_name(name) {
            Some(event) => reader.groups(event, &key, groups),
            None if is_elsewhere(name) => reader.unsupported(&key, "tau has no such event"),
            None => reader.find(FindingKind::UnknownKey { key }),
        }
    }
    reader.found
}

struct Reader<'a> {
    source: &'a Path,
    findings: &'a mut Vec<Finding>,
    found: Vec<HookDeclaration>,
}

impl Reader<'_> {
    fn find(&mut self, kind: FindingKind) {
        self.findings.push(Finding::new(self.source, kind));
    }

    fn wrong(&mut self, key: &str, expected: &'static str) {
        self.find(FindingKind::WrongType { key: key.to_owned(), expected });
    }

    fn unsupported(&mut self, key: &str, why: &'static str) {
        self.find(FindingKind::NotSupported { key: key.to_owned(), why });
    }

    fn groups(&mut self, event: HookEvent, key: &str, groups: &Value) {
        let Some(groups) = groups.as_array() else { return self.wrong(key, "a list") };
        for (index, group) in groups.iter().enumerate() {
            let key = format!("{key}[{index}]");
            let matcher = match group.get("matcher") {
                None | Some(Value::Null) => Matcher::parse(""),
                Some(Value::String(matcher)) => self.matcher(matcher),
                Some(_) => {
                    self.wrong(&format!("{key}.matcher"), "a text");
                    continue;
                }
            };
            let Some(handlers) = group.get("hooks").and_then(Value::as_array) else {
                self.wrong(&format!("{key}.hooks"), "a list");
                continue;
            };
            for (index, handler) in handlers.iter().enumerate() {
                let key = format!("{key}.hooks[{index}]");
                match handler.as_object() {
                    Some(handler) => self.handler(event, &matcher, &key, handler),
                    None => self.wrong(&key, "an object"),
                }
            }
        }
    }

    fn matcher(&mut self, text: &str) -> Matcher {
        let matcher = Matcher::parse(text);
        if matcher.is_unclear() {
            self.find(FindingKind::UnclearMatcher { matcher: text.to_owned() });
        }
        for server in matcher.servers() {
            self.find(FindingKind::MatchesNothing { matcher: server.to_owned() });
        }
        matcher
    }

    fn handler(&mut self, event: HookEvent, matcher: &Matcher, key: &str, object: &Map<String, Value>) {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let kind = match object.get("type").and_then(Value::as_str) {
            Some("command") => self.command(key, object).map(HandlerKind::Command),
            Some("http") => self.http(key, object).map(HandlerKind::Http),
            Some("prompt" | "agent" | "mcp_tool") => {
                self.unsupported(key, "hooks are commands or servers here");
                None
            }
            _ => {
                self.wrong(&format!("{key}.type"), "`command` or `http`");
                None
            }
        };
        let Some(handler) = kind else { return };
        let condition = text("if");
        if condition.is_some() && !event.is_of_calls() {
            return self.unsupported(&format!("{key}.if"), "only events about calls have a condition");
        }
        let is_detached = object.get("async") == Some(&Value::Bool(true));
        if is_detached && matches!(handler, HandlerKind::Http(_)) {
            return self.unsupported(&format!("{key}.async"), "servers are waited for");
        }
        if let Some(rule) = condition.as_ref().filter(|rule| is_unclear(rule)) {
            self.find(FindingKind::UnclearRule { rule: rule.clone(), guards: true });
        }
        let (timeout, on_failure) = (self.timeout(event, key, object), self.policy(key, object));
        let (matcher, source) = (matcher.clone(), self.source.to_owned());
        let declaration = HookDeclaration {
            event,
            matcher,
            condition,
            handler,
            timeout,
            is_detached,
            on_failure,
            source,
            agent: None,
        };
        self.found.push(declaration);
    }

    fn command(&mut self, key: &str, object: &Map<String, Value>) -> Option<CommandHandler> {
        if object.get("shell").is_some_and(|shell| shell != "bash") {
            self.unsupported(&format!("{key}.shell"), "commands run in bash");
            return None;
        }
        let command =
            object.get("command").and_then(Value::as_str).filter(|command| !command.trim().is_empty());
        let Some(command) = command else {
            self.wrong(&format!("{key}.command"), "a text");
            return None;
        };
        let args = match object.get("args") {
            None | Some(Value::Null) => None,
            Some(args) => match strings(args) {
                Some(args) => Some(args),
                None => {
                    self.wrong(&format!("{key}.args"), "a list of texts");
                    return None;
                }
            },
        };
        Some(CommandHandler { command: command.to_owned(), args })
    }

    fn http(&mut self, key: &str, object: &Map<String, Value>) -> Option<HttpHandler> {
        if !cfg!(feature = "http") {
            self.unsupported(key, "this program was built without hooks over HTTP");
            return None;
        }
        let url = object.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url else {
            self.wrong(&format!("{key}.url"), "an address of http or https");
            return None;
        };
        let headers = object.get("headers").and_then(Value::as_object).into_iter().flatten();
        let headers = headers.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let variables = object.get("allowedEnvVars").and_then(strings).unwrap_or_default();
        Some(HttpHandler { url, headers: headers.collect(), variables })
    }

    /// In seconds.
    fn timeout(&mut self, event: HookEvent, key: &str, object: &Map<String, Value>) -> Duration {
        let usual = usual_timeout(event);
        let Some(value) = object.get("timeout").filter(|value| !value.is_null()) else { return usual };
        let seconds = value.as_f64().filter(|seconds| *seconds > 0.0);
        let Some(timeout) = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) else {
            self.wrong(&format!("{key}.timeout"), "a number of seconds");
            return usual;
        };
        timeout.min(LONGEST)
    }

    fn policy(&mut self, key: &str, object: &Map<String, Value>) -> FailurePolicy {
        match object.get("on_failure").map(Value::as_str) {
            None | Some(Some("allow" | "continue")) => FailurePolicy::Continue,
            Some(Some("block")) => FailurePolicy::Block,
            Some(_) => {
                self.wrong(&format!("{key}.on_failure"), "`block` or `allow`; it is taken for `block`");
                FailurePolicy::Block
            }
        }
    }
}

fn is_unclear(rule: &str) -> bool {
    let mut config = PermissionConfig::default();
    config.deny.push(rule.to_owned());
    PermissionPolicy::unclear_rules(&config).next().is_some()
}

fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
