//! Which variables of the caller reach a command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Which variables of the caller reach a command, and which are set whatever the caller has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct EnvironmentRules {
    /// Names that pass. A `*` at the end stands for any rest: `LC_*`.
    pub allow: Vec<String>,
    /// Variables that every command gets; they win over the caller's.
    pub set: BTreeMap<String, String>,
}

/// Names that carry no secret and that programs need to find others and to speak to people.
const ALLOW: [&str; 11] = [
    "PATH",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "TZ",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "CI",
];

impl Default for EnvironmentRules {
    fn default() -> Self {
        let set = [("HOME", "/tmp"), ("TMPDIR", "/tmp")];
        Self {
            allow: ALLOW.map(str::to_owned).to_vec(),
            set: set.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }
}

impl EnvironmentRules {
    /// Whether a variable of the caller passes.
    pub fn allows(&self, name: &str) -> bool {
        self.allow.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        })
    }
}
