//! The file as a whole.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;

use super::entry;
use super::error::{ConfigError, ConfigErrorKind, ConfigWarning, ConfigWarningKind, key};
use super::expand::Lookup;
use super::name::{sanitize, validate};
use super::server::ServerConfig;

const SHAPE: &str = r#"write `{"mcpServers": {"name": {"command": "..."}}}`"#;

/// The servers a file defines, and what is wrong with it.
///
/// A mistake in one server does not cost the others: a server with an error is not in
/// [`servers`](Self::servers), and its errors are in [`errors`](Self::errors).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct McpConfig {
    /// The servers that can be used, by name.
    pub servers: BTreeMap<String, ServerConfig>,
    /// Why the others cannot, server by server in the order of the file.
    pub errors: Vec<ConfigError>,
    /// What is odd but does no harm.
    pub warnings: Vec<ConfigWarning>,
}

impl McpConfig {
    /// Reads the text of a `.mcp.json`. `lookup` gives the values of variables.
    ///
    /// # Errors
    /// When the text is not JSON, or not an object with an object `mcpServers` in it.
    pub fn parse(text: &str, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let file: File = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
            .map_err(|error| unreadable(&error))?;
        let Some(Entries(entries)) = file.servers else {
            let error = ConfigError::new(ConfigErrorKind::Missing, "mcpServers", "is not there");
            return Err(error.with_hint(SHAPE));
        };
        let mut config = Self::default();
        for name in file.rest.keys().filter(|name| *name != "$schema") {
            let message = "is no key of this file, and was ignored";
            config.warnings.push(ConfigWarning::new(ConfigWarningKind::UnknownKey, key(name), message));
        }
        for (at, (name, value)) in entries.iter().enumerate() {
            if entries[at + 1..].iter().any(|(later, _)| later == name) {
                let message = "is defined twice; the last definition counts";
                config.warnings.push(ConfigWarning::new(ConfigWarningKind::Duplicate, path(name), message));
            } else {
                config.add(name, value, &lookup);
            }
        }
        Ok(config)
    }

    fn add(&mut self, name: &str, value: &Value, lookup: Lookup<'_>) {
        let path = path(name);
        if let Err(error) = validate(name, &path) {
            self.errors.push(error);
            return;
        }
        if let Some(other) = self.servers.keys().find(|other| sanitize(other) == sanitize(name)) {
            let problem = format!("its tools would be named like those of `{other}`");
            let error =
                ConfigError::new(ConfigErrorKind::Conflict, path, problem).with_hint("rename one of the two");
            self.errors.push(error);
            return;
        }
        let (server, errors, warnings) = entry::read(&path, value, lookup);
        self.warnings.extend(warnings);
        self.errors.extend(errors);
        if let Some(server) = server {
            self.servers.insert(name.to_owned(), server);
        }
    }
}

fn path(name: &str) -> String {
    format!("mcpServers.{}", key(name))
}

/// Where and what, without the parser's quotes of the text: it may be a secret.
fn unreadable(error: &serde_json::Error) -> ConfigError {
    let (line, column) = (error.line(), error.column());
    let (kind, problem) = match error.classify() {
        Category::Data => {
            (ConfigErrorKind::InvalidValue, "is not an object with one object `mcpServers` in it")
        }
        Category::Eof => (ConfigErrorKind::Syntax, "ends before its JSON does"),
        Category::Syntax | Category::Io => (ConfigErrorKind::Syntax, "is not JSON"),
    };
    let error = ConfigError::new(kind, "", format!("the file {problem} (line {line}, column {column})"));
    if kind == ConfigErrorKind::InvalidValue { error.with_hint(SHAPE) } else { error }
}

#[derive(serde::Deserialize)]
struct File {
    #[serde(rename = "mcpServers")]
    servers: Option<Entries>,
    #[serde(flatten)]
    rest: BTreeMap<String, IgnoredAny>,
}

/// An object that remembers its order, and that a key came twice.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
