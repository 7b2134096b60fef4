//! `tau mcp remove`.

use tau_mcp::auth::TokenStore;
use tau_mcp::config::{McpConfig, ServerConfig};

use crate::args::RemoveServerArgs;
use crate::config;
use crate::environment;
use crate::exit::{Exit, UsageError};
use crate::mcp::{FileTokens, ServerFile};

/// Takes a server out of its file, and forgets its tokens.
pub(crate) fn remove(args: &RemoveServerArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let file = ServerFile::of(args.scope, &loaded)
        .ok_or_else(|| UsageError::new("there is no folder for the user's configuration", "set HOME"))?;
    // That of this file, whichever goes before it.
    let text = file.text()?.unwrap_or_default();
    let read = McpConfig::parse(&text, environment::variable).unwrap_or_default();
    let known = read.servers.get(&args.name);
    if !file.remove(&args.name)? {
        let message = format!("there is no server `{}` in {}", args.name, file.path.display());
        return Err(UsageError::new(message, "see `tau mcp list`").into());
    }
    if let (Some(ServerConfig::Http(remote) | ServerConfig::Sse(remote)), Some(tokens)) =
        (known, FileTokens::open())
    {
        tokens
            .clear(&remote.url)
            .map_err(|error| miette::miette!("its tokens cannot be removed: {error}"))?;
    }
    anstream::eprintln!("`{}` is gone from {}", args.name, file.path.display());
    Ok(Exit::Done)
}
