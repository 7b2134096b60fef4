//! `tau mcp add`.

use serde_json::{Map, Value, json};
use tau_mcp::config::McpConfig;

use crate::args::{AddServerArgs, ScopeArg, TransportArg};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::mcp::ServerFile;

/// Writes a server into its file, if it is one.
pub(crate) fn add(args: &AddServerArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let server = entry(args);
    let whole = json!({"mcpServers": {args.name.clone(): server.clone()}}).to_string();
    // References are not looked up: what is wrong is wrong whatever they stand for.
    let read = McpConfig::parse(&whole, |_| None).map_err(|error| UsageError::new(error.to_string(), ""))?;
    if let Some(error) = read.errors.first() {
        return Err(UsageError::new(error.to_string(), "see `tau mcp add --help`").into());
    }
    let file = ServerFile::of(args.scope, &loaded)
        .ok_or_else(|| UsageError::new("there is no folder for the user's configuration", "set HOME"))?;
    file.add(&args.name, server)?;
    anstream::eprintln!(
        "`{}` stands in {}; try it: tau mcp test {}",
        args.name,
        file.path.display(),
        args.name
    );
    if args.scope == ScopeArg::Project {
        anstream::eprintln!("servers of a project are used where it is trusted: tau trust");
    }
    Ok(Exit::Done)
}

fn entry(args: &AddServerArgs) -> Value {
    let object = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect()
    };
    let mut entry = match (&args.url, args.command.split_first()) {
        (Some(url), _) => {
            let kind = match args.transport {
                TransportArg::Http => "http",
                TransportArg::Sse => "sse",
            };
            json!({"type": kind, "url": url})
        }
        (None, Some((program, rest))) => json!({"command": program, "args": rest}),
        // The arguments ask for one of both.
        (None, None) => json!({}),
    };
    if !args.header.is_empty() {
        entry["headers"] = Value::Object(object(&args.header));
    }
    if !args.env.is_empty() {
        entry["env"] = Value::Object(object(&args.env));
    }
    entry
}
