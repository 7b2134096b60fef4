//! One server's entry.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tau_core::Secret;
use url::Url;

use super::error::{ConfigError, ConfigErrorKind, ConfigWarning, ConfigWarningKind, key};
use super::expand::{Lookup, expand};
use super::server::{RemoteConfig, ServerConfig, StdioConfig};

const STDIO_KEYS: &[&str] = &["type", "command", "args", "env"];
const REMOTE_KEYS: &[&str] = &["type", "url", "headers"];
const TYPES: &str = "the types are `stdio`, `http`, `sse` and `ws`";

/// Reads an entry: the server if nothing is wrong, all that is wrong, and all that is odd.
pub(super) fn read(
    path: &str,
    value: &Value,
    lookup: Lookup<'_>,
) -> (Option<ServerConfig>, Vec<ConfigError>, Vec<ConfigWarning>) {
    let mut reader = Reader { path, lookup, errors: Vec::new(), warnings: Vec::new() };
    let server = match value {
        Value::Object(entry) => reader.server(entry),
        other => reader.wrong(path.to_owned(), "an object", other),
    };
    let Reader { errors, warnings, .. } = reader;
    (server.filter(|_| errors.is_empty()), errors, warnings)
}

#[derive(Clone, Copy)]
enum Type {
    Stdio,
    Http,
    Sse,
    WebSocket,
}

struct Reader<'a> {
    path: &'a str,
    lookup: Lookup<'a>,
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigWarning>,
}

/// Each method gives `None` when the value is not there or is wrong; what is wrong is in `errors`.
impl Reader<'_> {
    fn server(&mut self, entry: &Map<String, Value>) -> Option<ServerConfig> {
        let server_type = self.server_type(entry)?;
        let keys = if matches!(server_type, Type::Stdio) { STDIO_KEYS } else { REMOTE_KEYS };
        self.report_unknown(entry, keys);
        match server_type {
            Type::Stdio => self.stdio(entry).map(ServerConfig::Stdio),
            Type::Http => self.remote(entry).map(ServerConfig::Http),
            Type::Sse => self.remote(entry).map(ServerConfig::Sse),
            Type::WebSocket => self.remote(entry).map(ServerConfig::WebSocket),
        }
    }

    fn server_type(&mut self, entry: &Map<String, Value>) -> Option<Type> {
        let error = match entry.get("type") {
            None if entry.contains_key("url") && !entry.contains_key("command") => ConfigError::new(
                ConfigErrorKind::Missing,
                self.at("type"),
                "is not there, so the server is `stdio`, but it has a `url`",
            )
            .with_hint(r#"add `"type": "http"`"#),
            None => return Some(Type::Stdio),
            Some(Value::String(name)) => match name.as_str() {
                "stdio" => return Some(Type::Stdio),
                // The second name is the specification's, and common in files.
                "http" | "streamable-http" => return Some(Type::Http),
                "sse" => return Some(Type::Sse),
                "ws" => return Some(Type::WebSocket),
                other => {
                    let problem = format!("there is no type `{}`", other.escape_debug());
                    ConfigError::new(ConfigErrorKind::InvalidValue, self.at("type"), problem).with_hint(TYPES)
                }
            },
            Some(other) => return self.wrong(self.at("type"), "a text", other),
        };
        self.errors.push(error);
        None
    }

    fn stdio(&mut self, entry: &Map<String, Value>) -> Option<StdioConfig> {
        let command = self.required(entry, "command");
        let args = self.args(entry);
        let env = self.secrets(entry, "env");
        Some(StdioConfig { command: command?, args: args?, env: env? })
    }

    fn remote(&mut self, entry: &Map<String, Value>) -> Option<RemoteConfig> {
        let text = self.required(entry, "url");
        let headers = self.secrets(entry, "headers");
        let url = match Url::parse(&text?) {
            Ok(url) if matches!(url.scheme(), "http" | "https" | "ws" | "wss") => url,
            Ok(url) => {
                let problem = format!("cannot be reached by `{}`", url.scheme());
                self.invalid("url", problem, "write an address that starts with https://");
                return None;
            }
            // The address is not quoted: a key may stand in it.
            Err(error) => {
                self.invalid(
                    "url",
                    format!("is no address: {error}"),
                    "write an address that starts with https://",
                );
                return None;
            }
        };
        Some(RemoteConfig { url, headers: headers? })
    }

    fn args(&mut self, entry: &Map<String, Value>) -> Option<Vec<Secret>> {
        let values = match entry.get("args") {
            None | Some(Value::Null) => return Some(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(other) => return self.wrong(self.at("args"), "a list of texts", other),
        };
        let args: Vec<Option<Secret>> = values
            .iter()
            .enumerate()
            .map(|(index, value)| self.text(&format!("{}[{index}]", self.at("args")), value).map(Secret::new))
            .collect();
        args.into_iter().collect()
    }

    fn secrets(&mut self, entry: &Map<String, Value>, name: &str) -> Option<BTreeMap<String, Secret>> {
        let values = match entry.get(name) {
            None | Some(Value::Null) => return Some(BTreeMap::new()),
            Some(Value::Object(values)) => values,
            Some(other) => return self.wrong(self.at(name), "an object of texts", other),
        };
        let mut secrets = BTreeMap::new();
        for (inner, value) in values {
            let path = format!("{}.{}", self.at(name), key(inner));
            if name == "env" && (inner.is_empty() || inner.contains(['=', '\0'])) {
                let problem = "no environment variable can have this name";
                self.errors.push(ConfigError::new(ConfigErrorKind::InvalidValue, path, problem));
            } else if let Some(text) = self.text(&path, value) {
                secrets.insert(inner.clone(), Secret::new(text));
            }
        }
        Some(secrets)
    }

    fn required(&mut self, entry: &Map<String, Value>, name: &str) -> Option<String> {
        let path = self.at(name);
        match entry.get(name) {
            None | Some(Value::Null) => {
                let error = ConfigError::new(ConfigErrorKind::Missing, path, "is not there");
                let hint = match name {
                    "command" => "name the program to start, or give a `url` and a `type`",
                    _ => "give the address of the server",
                };
                self.errors.push(error.with_hint(hint));
                None
            }
            Some(value) => {
                let text = self.text(&path, value)?;
                if text.trim().is_empty() {
                    self.errors.push(ConfigError::new(ConfigErrorKind::InvalidValue, path, "is empty"));
                    return None;
                }
                Some(text)
            }
        }
    }

    /// A text, its references replaced.
    fn text(&mut self, path: &str, value: &Value) -> Option<String> {
        let Value::String(text) = value else {
            return self.wrong(path.to_owned(), "a text", value);
        };
        let text = expand(text, path, self.lookup, &mut self.warnings);
        if text.contains('\0') {
            self.errors.push(ConfigError::new(ConfigErrorKind::InvalidValue, path, "holds a NUL character"));
            return None;
        }
        Some(text)
    }

    fn wrong<T>(&mut self, path: String, expected: &str, found: &Value) -> Option<T> {
        let (found, hint) = match found {
            Value::Null => ("null", None),
            Value::Bool(_) => ("a truth value", Some("put it in quotes")),
            Value::Number(_) => ("a number", Some("put it in quotes")),
            Value::String(_) => ("a text", None),
            Value::Array(_) => ("a list", None),
            Value::Object(_) => ("an object", None),
        };
        let problem = format!("is {found}, but must be {expected}");
        let error = ConfigError::new(ConfigErrorKind::InvalidValue, path, problem);
        self.errors.push(match hint {
            Some(hint) if expected == "a text" => error.with_hint(hint),
            _ => error,
        });
        None
    }

    fn invalid(&mut self, name: &str, problem: String, hint: &str) {
        let error = ConfigError::new(ConfigErrorKind::InvalidValue, self.at(name), problem);
        self.errors.push(error.with_hint(hint));
    }

    fn report_unknown(&mut self, entry: &Map<String, Value>, known: &[&str]) {
        for name in entry.keys().filter(|name| !known.contains(&name.as_str())) {
            let elsewhere = STDIO_KEYS.contains(&name.as_str()) || REMOTE_KEYS.contains(&name.as_str());
            let (kind, message) = if elsewhere {
                let message = "means nothing to a server of this type, and was ignored".to_owned();
                (ConfigWarningKind::IgnoredKey, message)
            } else {
                let near = known.iter().find(|known| strsim::jaro_winkler(name, known) > 0.8);
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                (ConfigWarningKind::UnknownKey, format!("is no known key, and was ignored{hint}"))
            };
            self.warnings.push(ConfigWarning::new(kind, self.at(&key(name)), message));
        }
    }

    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }
}
