//! `tau config`: what is set, where from, and whether it is right.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;

use crate::args::{CheckArgs, ShowArgs};
use crate::config::{self, LoadError, Loaded};
use crate::exit::Exit;

/// Prints the configuration in force.
pub(crate) fn show(args: &ShowArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let text = if args.origin { with_origins(&loaded) } else { toml::to_string_pretty(&loaded.config).unwrap_or_default() };
    print(&text);
    print_distrusted(&loaded);
    Ok(Exit::Done)
}

/// Checks every layer.
pub(crate) fn check(args: &CheckArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let problems = loaded.config.validate();
    if !problems.is_empty() {
        return Err(LoadError::from_problems(&problems).into());
    }
    for file in &loaded.files {
        print(&format!("{}: ok\n", file.display()));
    }
    print("the configuration is right\n");
    print_distrusted(&loaded);
    Ok(Exit::Done)
}

/// One line for each value, with the layer it comes from.
fn with_origins(loaded: &Loaded) -> String {
    let mut values = BTreeMap::new();
    // Through the types, so that secrets are redacted.
    flatten("", &serde_json::to_value(&loaded.config).unwrap_or_default(), &mut values);
    let width = values.iter().map(|(key, value)| key.len() + value.len() + 3).max().unwrap_or(0).min(60);
    values
        .iter()
        .map(|(key, value)| {
            let origin = loaded.figment.find_metadata(key).map_or("unknown", |metadata| &*metadata.name);
            let origin = if origin.contains("tau_core::config") { "built-in default" } else { origin };
            format!("{:width$}  # {origin}\n", format!("{key} = {value}"))
        })
        .collect()
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&below, value, into);
            }
        }
        other => {
            into.insert(path.to_owned(), other.to_string());
        }
    }
}

fn print_distrusted(loaded: &Loaded) {
    if !loaded.distrusted.is_empty() {
        let keys = loaded.distrusted.join(", ");
        anstream::eprintln!("left out of the project's file, because the project is not trusted: {keys} (--trust-project)");
    }
}

fn print(text: &str) {
    // Output that nobody reads is no error of ours.
    let _ = io::stdout().write_all(text.as_bytes());
}
