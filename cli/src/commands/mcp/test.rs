//! `tau mcp test`.

use tau_mcp::{McpError, McpErrorKind, ServerPool};
use tau_tools::ToolExecutor;

use crate::args::TestServersArgs;
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::mcp::{configured, pool};
use crate::output::printable;

/// Starts servers and says what they have. Fails when one of them cannot be used as it is.
pub(crate) async fn test(args: TestServersArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let configured = configured(&loaded);
    for note in &configured.notes {
        anstream::eprintln!("! {}", printable(note));
    }
    let names = match args.names.as_slice() {
        [] => configured.servers.keys().cloned().collect(),
        names => names.to_vec(),
    };
    if let Some(unknown) = names.iter().find(|name| !configured.servers.contains_key(*name)) {
        let message = format!("there is no server `{unknown}` that can be used");
        return Err(UsageError::new(message, "see `tau mcp list`").into());
    }
    let pool = pool(&loaded, configured);
    let mut is_good = true;
    for name in &names {
        is_good &= match show(&pool, name, args.approve).await {
            Ok(is_good) => is_good,
            Err(error) => {
                complain(name, &error);
                false
            }
        };
    }
    Ok(if is_good { Exit::Done } else { Exit::Failed })
}

async fn show(pool: &ServerPool, name: &str, approve: bool) -> Result<bool, McpError> {
    let mut offered = pool.server_tools(name).await?;
    if approve && !offered.changes.is_empty() {
        for change in &offered.changes {
            pool.approve(change).await?;
        }
        offered = pool.server_tools(name).await?;
    }
    let info = pool.info(name).await?;
    let program = info.implementation.map_or(String::new(), |(name, version)| format!(", {name} {version}"));
    anstream::println!("{name}: speaks {}{}", info.protocol_version, printable(&program));
    for tool in &offered.tools {
        let definition = tool.definition();
        anstream::println!("  {}: {}", definition.name, first_line(&definition.description));
    }
    for prompt in pool.prompts(name).await? {
        anstream::println!("  /{}: {}", printable(&prompt.command), first_line(&prompt.description));
    }
    let resources = pool.resources(name).await?;
    if !resources.is_empty() {
        anstream::println!("  {} resources", resources.len());
    }
    for warning in &offered.warnings {
        anstream::eprintln!("! it {}", printable(warning));
    }
    for change in &offered.changes {
        anstream::eprintln!(
            "! `{}` is new or says something else than when you agreed to it, and is left out. It says now:\n{}",
            printable(&change.tool),
            change.description.lines().map(|line| format!("    {}\n", printable(line))).collect::<String>()
        );
    }
    if !offered.changes.is_empty() {
        anstream::eprintln!("! to agree: tau mcp test {name} --approve");
    }
    Ok(offered.changes.is_empty())
}

fn complain(name: &str, error: &McpError) {
    anstream::eprintln!("! {}", printable(&error.to_string()));
    for line in error.stderr().lines() {
        anstream::eprintln!("    {}", printable(line));
    }
    if error.kind() == McpErrorKind::Unauthorized {
        anstream::eprintln!("  log in: tau mcp auth {name}");
    }
}

fn first_line(text: &str) -> String {
    printable(text.lines().next().unwrap_or_default())
}
