//! `tau mcp list`.

use serde::Serialize;
use tau_core::redact_url;
use tau_mcp::auth::TokenStore;
use tau_mcp::config::ServerConfig;

use crate::args::{Form, ListServersArgs};
use crate::config;
use crate::exit::Exit;
use crate::mcp::{FileTokens, configured};
use crate::output::printable;

/// A server that is configured.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    /// `stdio`, `http`, `sse` or `ws`.
    r#type: &'static str,
    /// The program, without arguments, or the address, without keys.
    target: String,
    /// The file it stands in.
    file: String,
    /// Whether somebody has logged in to it.
    logged_in: bool,
}

/// Lists servers, without starting any.
pub(crate) fn list(args: &ListServersArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let configured = configured(&loaded);
    let tokens = FileTokens::open();
    let rows: Vec<Row> = configured
        .servers
        .into_iter()
        .map(|(name, (server, file))| {
            let url = match &server {
                ServerConfig::Http(remote) | ServerConfig::Sse(remote) | ServerConfig::WebSocket(remote) => {
                    Some(&remote.url)
                }
                _ => None,
            };
            let is_kept =
                |tokens: &FileTokens| url.is_some_and(|url| matches!(tokens.load(url), Ok(Some(_))));
            Row {
                name,
                r#type: server.type_name(),
                target: match &server {
                    ServerConfig::Stdio(process) => process.command.clone(),
                    _ => url.map(redact_url).unwrap_or_default(),
                },
                file: file.display().to_string(),
                logged_in: tokens.as_ref().is_some_and(is_kept),
            }
        })
        .collect();
    match args.output {
        Form::Json => anstream::println!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default()),
        Form::Text => show(&rows),
    }
    for note in configured.notes {
        anstream::eprintln!("! {}", printable(&note));
    }
    Ok(Exit::Done)
}

fn show(rows: &[Row]) {
    if rows.is_empty() {
        anstream::eprintln!("no server is configured; see `tau mcp add --help`");
    }
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    for row in rows {
        let mark = if row.logged_in { "  logged in" } else { "" };
        let (name, target) = (printable(&row.name), printable(&row.target));
        anstream::println!("{name:<width$}  {:<5}  {target}{mark}  ({})", row.r#type, row.file);
    }
}
