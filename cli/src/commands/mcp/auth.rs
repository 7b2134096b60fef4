//! `tau mcp auth`.

use std::sync::Arc;
use std::time::Duration;

use tau_mcp::auth::{Login, LoginOptions, LoopbackRedirect, TokenStore};
use tau_mcp::config::{RemoteConfig, ServerConfig};

use crate::args::AuthArgs;
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::mcp::{FileTokens, configured};
use crate::output::printable;

/// How long a person may take in the browser.
const PATIENCE: Duration = Duration::from_secs(600);

/// Logs in to a server, or forgets that somebody has.
pub(crate) async fn auth(args: AuthArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let remote = match configured(&loaded).servers.remove(&args.name) {
        Some((ServerConfig::Http(remote) | ServerConfig::Sse(remote), _)) => remote,
        Some(_) => {
            let message = format!("`{}` is no server over HTTP", args.name);
            return Err(UsageError::new(message, "a process takes its keys from its variables: `env`").into());
        }
        None => {
            let message = format!("there is no server `{}` that can be used", args.name);
            return Err(UsageError::new(message, "see `tau mcp list`").into());
        }
    };
    let tokens = FileTokens::open().ok_or_else(|| {
        UsageError::new("there is no folder to keep tokens in", "set HOME or TAU_STATE_DIR")
    })?;
    if args.forget {
        tokens
            .clear(&remote.url)
            .map_err(|error| miette::miette!("the tokens cannot be removed: {error}"))?;
        anstream::eprintln!("the tokens of `{}` are gone", args.name);
        return Ok(Exit::Done);
    }
    log_in(&args, &remote, Arc::new(tokens)).await?;
    anstream::eprintln!("logged in; try it: tau mcp test {}", args.name);
    Ok(Exit::Done)
}

async fn log_in(args: &AuthArgs, remote: &RemoteConfig, tokens: Arc<dyn TokenStore>) -> miette::Result<()> {
    let redirect = LoopbackRedirect::bind()
        .await
        .map_err(|error| miette::miette!("no port of this machine can be listened on: {error}"))?;
    let mut options = LoginOptions::new(redirect.url().clone()).with_scopes(&args.scopes);
    if let Some(id) = &args.client_id {
        options = options.with_registered(id, None);
    }
    let login = Login::begin(&args.name, remote, tokens, &options)
        .await
        .map_err(|error| miette::miette!("{}", printable(&error.to_string())))?;
    anstream::eprintln!("open this in a browser:\n");
    anstream::println!("{}", printable(login.url()));
    let answer = tokio::time::timeout(PATIENCE, redirect.answer())
        .await
        .map_err(|_| miette::miette!("nobody came back from the browser within ten minutes"))?
        .map_err(|error| miette::miette!("the answer of the browser was not received: {error}"))?;
    login.finish(&answer).await.map_err(|error| miette::miette!("{}", printable(&error.to_string())))
}
