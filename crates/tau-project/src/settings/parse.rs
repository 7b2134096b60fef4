//! What one file of settings says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tau_core::config::{PermissionConfig, PermissionMode};
use tau_tools::permission::PermissionPolicy;

use super::files::Scope;
use crate::finding::{Finding, FindingKind};
use crate::hooks::{self, HookDeclaration};

/// What one file of settings says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// `permissions`.
    pub permissions: Permissions,
    /// `hooks`, in the order in which they stand.
    pub hooks: Vec<HookDeclaration>,
    /// `disableAllHooks`.
    pub disable_hooks: Option<bool>,
    /// `env`: variables of commands.
    pub env: BTreeMap<String, String>,
    /// `plansDirectory`.
    pub plans_directory: Option<PathBuf>,
    /// `claudeMdExcludes`: globs of files of instructions that are left out.
    pub excluded_memory: Vec<String>,
    /// `disabledMcpjsonServers`: servers of `.mcp.json` that are not started.
    pub disabled_servers: Vec<String>,
    /// Those of `enabledPlugins` that are not: `name@marketplace`.
    pub disabled_plugins: BTreeSet<String>,
}

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permissions {
    /// `allow`.
    pub allow: Vec<String>,
    /// `ask`.
    pub ask: Vec<String>,
    /// `deny`.
    pub deny: Vec<String>,
    /// `defaultMode`.
    pub mode: Option<PermissionMode>,
    /// `disableBypassPermissionsMode: "disable"`.
    pub forbids_bypass: bool,
    /// It may say what to deny or to ask about, and nobody knows what.
    pub is_unclear: bool,
}

/// Keys of Claude Code that mean nothing here.
const ELSEWHERE: [(&str, &str); 18] = [
    ("model", "models are named in tau's own configuration"),
    ("enableAllProjectMcpServers", "servers of a project that is trusted are started"),
    ("enabledMcpjsonServers", "servers of a project that is trusted are started"),
    ("permissions.additionalDirectories", "tools work below the working folder"),
    ("outputStyle", "there are no output styles here"),
    ("statusLine", "there is no status line here"),
    ("apiKeyHelper", "keys are set in tau's own configuration"),
    ("awsAuthRefresh", "keys are set in tau's own configuration"),
    ("awsCredentialExport", "keys are set in tau's own configuration"),
    ("includeCoAuthoredBy", "nothing is added to commits here"),
    ("attribution", "nothing is added to commits here"),
    ("cleanupPeriodDays", "sessions are kept until they are deleted"),
    ("sandbox", "the sandbox is set in tau's own configuration"),
    ("extraKnownMarketplaces", "marketplaces are added with `tau plugin`"),
    ("forceLoginMethod", "there is no login here"),
    ("forceLoginOrgUUID", "there is no login here"),
    ("language", "the language is a matter of instructions here"),
    ("alwaysThinkingEnabled", "the effort of thought is set in tau's own configuration"),
];

/// Reads the keys of one file.
struct Reader<'a> {
    path: &'a Path,
    scope: Scope,
    findings: &'a mut Vec<Finding>,
}

impl Settings {
    /// Reads the settings of an object; what does not count is added to `findings`.
    pub(crate) fn parse(
        object: Map<String, Value>,
        path: &Path,
        scope: Scope,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let mut settings = Self::default();
        let mut reader = Reader { path, scope, findings };
        for (key, value) in object {
            settings.take(&key, value, &mut reader);
        }
        settings
    }

    fn take(&mut self, key: &str, value: Value, reader: &mut Reader<'_>) {
        match key {
            "$schema" => {}
            "permissions" => self.permissions = reader.permissions(value),
            "hooks" => self.hooks = hooks::parse(&value, reader.path, reader.findings),
            "disableAllHooks" => self.disable_hooks = reader.boolean(key, &value),
            "env" => self.env = reader.env(value),
            "plansDirectory" => self.plans_directory = reader.text(key, value).map(PathBuf::from),
            "claudeMdExcludes" => self.excluded_memory = reader.texts(key, value),
            "disabledMcpjsonServers" => self.disabled_servers = reader.texts(key, value),
            "enabledPlugins" => self.disabled_plugins = reader.disabled_plugins(value),
            _ => reader.other(key),
        }
    }
}

impl Reader<'_> {
    fn find(&mut self, kind: FindingKind) {
        self.findings.push(Finding::new(self.path, kind));
    }

    fn wrong<T>(&mut self, key: &str, expected: &'static str) -> Option<T> {
        self.find(FindingKind::WrongType { key: key.to_owned(), expected });
        None
    }

    /// What is not understood of it may have denied anything.
    fn may_guard(&mut self, key: &str, expected: &'static str) -> bool {
        self.find(FindingKind::UnclearGuards { key: key.to_owned(), expected });
        true
    }

    fn other(&mut self, key: &str) {
        let known = ELSEWHERE.iter().find(|(name, _)| *name == key);
        let key = key.to_owned();
        self.find(match known {
            Some((_, why)) => FindingKind::NotSupported { key, why },
            None => FindingKind::UnknownKey { key },
        });
    }

    fn boolean(&mut self, key: &str, value: &Value) -> Option<bool> {
        value.as_bool().or_else(|| self.wrong(key, "true or false"))
    }

    fn text(&mut self, key: &str, value: Value) -> Option<String> {
        match value {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            _ => self.wrong(key, "a text"),
        }
    }

    /// A list of texts. What in it is none is left out alone: the others may deny something.
    fn texts(&mut self, key: &str, value: Value) -> Vec<String> {
        let Value::Array(items) = value else {
            return self.wrong(key, "a list of texts").unwrap_or_default();
        };
        let item = |(index, item)| self.text(&format!("{key}[{index}]"), item);
        items.into_iter().enumerate().filter_map(item).collect()
    }

    fn object(&mut self, key: &str, value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            _ => self.wrong(key, "an object").unwrap_or_default(),
        }
    }

    fn env(&mut self, value: Value) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::new();
        for (name, value) in self.object("env", value) {
            let is_name = !name.is_empty() && !name.contains(['=', '\0']);
            let text = match value {
                Value::String(text) if !text.contains('\0') => Some(text),
                Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
                _ => None,
            };
            match text.filter(|_| is_name) {
                Some(text) => drop(variables.insert(name, text)),
                None => drop(self.wrong::<()>(&format!("env.{name}"), "a text")),
            }
        }
        variables
    }

    /// Settings enable none: that is done by whoever installs it.
    fn disabled_plugins(&mut self, value: Value) -> BTreeSet<String> {
        let mut disabled = BTreeSet::new();
        for (name, value) in self.object("enabledPlugins", value) {
            match value {
                Value::Bool(false) => drop(disabled.insert(name)),
                // A list of versions means that it is enabled.
                Value::Bool(true) | Value::Array(_) => {}
                _ => drop(self.wrong::<()>(&format!("enabledPlugins.{name}"), "true or false")),
            }
        }
        disabled
    }

    fn permissions(&mut self, value: Value) -> Permissions {
        let mut permissions = Permissions::default();
        let Value::Object(object) = value else {
            permissions.is_unclear = self.may_guard("permissions", "an object");
            return permissions;
        };
        for (key, value) in object {
            let path = format!("permissions.{key}");
            if matches!(key.as_str(), "ask" | "deny") && !are_texts(&value) {
                permissions.is_unclear = self.may_guard(&path, "a list of rules");
            }
            match key.as_str() {
                "allow" => permissions.allow = self.rules(&path, value, |config| &mut config.allow),
                "ask" => permissions.ask = self.rules(&path, value, |config| &mut config.ask),
                "deny" => permissions.deny = self.rules(&path, value, |config| &mut config.deny),
                "defaultMode" => permissions.mode = self.mode(&path, &value),
                "disableBypassPermissionsMode" => permissions.forbids_bypass = value != Value::Bool(false),
                _ => self.other(&path),
            }
        }
        permissions
    }

    /// Rules, those about paths made to mean the same from wherever they are read.
    fn rules(
        &mut self,
        key: &str,
        value: Value,
        list: fn(&mut PermissionConfig) -> &mut Vec<String>,
    ) -> Vec<String> {
        let mut rules = self.texts(key, value);
        if matches!(self.scope, Scope::User | Scope::Managed) {
            rules = rules.into_iter().map(|rule| beside(&rule, self.path)).collect();
        }
        let mut config = PermissionConfig::default();
        list(&mut config).clone_from(&rules);
        let guards = config.allow.is_empty();
        let unclear: Vec<&str> = PermissionPolicy::unclear_rules(&config).collect();
        for rule in &unclear {
            self.find(FindingKind::UnclearRule { rule: (*rule).to_owned(), guards });
        }
        if !guards {
            // They allow nothing anyway, and nobody else shall stumble over them.
            rules.retain(|rule| !unclear.contains(&rule.as_str()));
        }
        rules
    }

    fn mode(&mut self, key: &str, value: &Value) -> Option<PermissionMode> {
        mode_of(key, value.as_str().unwrap_or_default()).map_err(|kind| self.find(kind)).ok()
    }
}

/// The mode that other agents call so, or why there is none.
pub(crate) fn mode_of(key: &str, name: &str) -> Result<PermissionMode, FindingKind> {
    let key = key.to_owned();
    match name {
        "default" | "manual" => Ok(PermissionMode::Default),
        "acceptEdits" => Ok(PermissionMode::AcceptEdits),
        "plan" => Ok(PermissionMode::Plan),
        "dontAsk" => Ok(PermissionMode::DontAsk),
        "bypassPermissions" => Ok(PermissionMode::Bypass),
        "auto" => {
            let why = "no model judges calls here; they are asked about";
            Err(FindingKind::NotSupported { key, why })
        }
        _ => {
            let expected = "a mode: default, acceptEdits, plan, dontAsk or bypassPermissions";
            Err(FindingKind::WrongType { key, expected })
        }
    }
}

fn are_texts(value: &Value) -> bool {
    let is_text = |item: &Value| item.as_str().is_some_and(|text| !text.trim().is_empty());
    value.as_array().is_some_and(|items| items.iter().all(is_text))
}

/// A rule about a path that begins with one `/` is relative to the folder of its settings; here that is the project's
/// root, so in a file that lies elsewhere the folder is written out.
fn beside(rule: &str, path: &Path) -> String {
    let Some((tool, spec)) = rule.split_once('(') else { return rule.to_owned() };
    let is_of_paths = matches!(
        tool.trim(),
        "Read" | "Edit" | "Write" | "Glob" | "Grep" | "LS" | "NotebookEdit" | "MultiEdit"
    );
    let folder = path.parent().and_then(Path::to_str);
    match (spec.strip_prefix('/'), folder) {
        (Some(rest), Some(folder)) if is_of_paths && !rest.starts_with('/') => {
            format!("{tool}(/{folder}/{rest}")
        }
        _ => rule.to_owned(),
    }
}

/// The rule that has everything asked about.
pub(super) const EVERYTHING: &str = "*";
