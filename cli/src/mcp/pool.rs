//! The servers of this process, and what sessions get of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::future::join_all;
use tau_core::Secret;
use tau_mcp::search::{TOLD_AT_ONCE, offer};
use tau_mcp::{ConnectOptions, PoolOptions, ServerPool};
use tau_runtime::SessionOptions;
use tau_runtime::hooks::{Hooks, SeveralHooks};
use tau_tools::ToolExecutor;

use super::prompts::ServerPrompts;
use super::servers::{Configured, Servers, configured};
use super::stores::{FilePins, FileTokens};
use crate::config::Loaded;
use crate::environment;
use crate::session::without_keys;

/// What stands before the command of a server, so that it ends when this process is killed.
const GUARD: &str = "mcp-guard";

/// One pool for each folder that is worked in, with the servers that it was made for: they start in the folder.
type Pools = Mutex<BTreeMap<PathBuf, (Servers, ServerPool)>>;

fn pools() -> &'static Pools {
    static POOLS: OnceLock<Pools> = OnceLock::new();
    POOLS.get_or_init(Pools::default)
}

/// Runs this process as the guard of a server, if that is what it was started for.
pub(crate) fn guard() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let is_guard = arguments.next() == Some(OsString::from(GUARD));
    is_guard.then(|| tau_mcp::guard::run(arguments))
}

/// The pool of the servers that are configured, shared by all sessions that work in the folder. Where others were before,
/// sessions that have those keep them, and they end with the last.
pub(crate) fn pool(loaded: &Loaded, configured: Configured) -> ServerPool {
    let mut pools = pools().lock().unwrap_or_else(PoisonError::into_inner);
    let known = pools.get(&loaded.working_dir).filter(|(servers, _)| *servers == configured.servers);
    if let Some((_, pool)) = known {
        return pool.clone();
    }
    let pool = made(loaded, &configured.servers);
    pools.insert(loaded.working_dir.clone(), (configured.servers, pool.clone()));
    pool
}

fn made(loaded: &Loaded, servers: &Servers) -> ServerPool {
    let files = servers.iter().map(|(name, (_, file))| (name.clone(), file.clone())).collect();
    let servers = servers.iter().map(|(name, (server, _))| (name.clone(), server.clone())).collect();
    let options = PoolOptions::new(connect_options(loaded));
    let options = match FilePins::open(files) {
        Some(pins) => options.with_pins(Arc::new(pins)),
        None => options,
    };
    ServerPool::new(servers, options)
}

/// Ends all servers.
pub(crate) async fn shutdown() {
    let pools = std::mem::take(&mut *pools().lock().unwrap_or_else(PoisonError::into_inner));
    join_all(pools.values().map(|(_, pool)| pool.shutdown())).await;
}

/// Gives a session the tools of the configured servers, and their prompts as commands. Gives what there is to say about them.
pub(crate) async fn add_servers(loaded: &Loaded, options: &mut SessionOptions) -> Vec<String> {
    let mut configured = configured(loaded);
    let mut notes = std::mem::take(&mut configured.notes);
    if configured.servers.is_empty() {
        // Nobody may have those that were there before any more.
        pools().lock().unwrap_or_else(PoisonError::into_inner).remove(&loaded.working_dir);
        return notes;
    }
    let pool = pool(loaded, configured);
    let mut found: Vec<Arc<dyn ToolExecutor>> = Vec::new();
    let mut with_prompts = Vec::new();
    for (server, offered) in pool.tools().await {
        if offered.is_ok() && pool.info(&server).await.is_ok_and(|info| info.has_prompts) {
            with_prompts.push(server.clone());
        }
        match offered {
            Ok(offered) => {
                notes.extend(
                    offered.warnings.iter().map(|warning| format!("MCP server `{server}` {warning}")),
                );
                if !offered.changes.is_empty() {
                    let names: Vec<&str> =
                        offered.changes.iter().map(|change| change.tool.as_str()).collect();
                    notes.push(format!(
                        "MCP server `{server}` has tools that are new or say something else than before; they are left \
                         out until you look at them (tau mcp test {server}): {}",
                        names.join(", ")
                    ));
                }
                found.extend(offered.tools.into_iter().map(|tool| tool as Arc<dyn ToolExecutor>));
            }
            Err(error) => notes.push(format!("{error} (tau mcp test {server})")),
        }
    }
    if let Some(names) = &loaded.config.agent.tools {
        found.retain(|tool| is_named(&tool.definition().name, names));
    }
    offer(found, TOLD_AT_ONCE).into_iter().for_each(|tool| options.tools.add(tool));
    if !with_prompts.is_empty() {
        let prompts: Arc<dyn Hooks> = Arc::new(ServerPrompts::new(pool, with_prompts));
        let own = options.hooks.take().into_iter();
        options.hooks = Some(Arc::new(SeveralHooks::new(own.chain([prompts]).collect())));
    }
    notes
}

/// Whether the configured list of tools names a tool, or all tools of its server.
fn is_named(tool: &str, names: &[String]) -> bool {
    names.iter().any(|name| {
        let server = name.strip_suffix("__*").unwrap_or(name);
        tool == name || tool.strip_prefix(server).is_some_and(|rest| rest.starts_with("__"))
    })
}

fn connect_options(loaded: &Loaded) -> ConnectOptions {
    let variables = without_keys(loaded, environment::all());
    let variables = variables.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    let mut connect = ConnectOptions::default()
        .with_environment(variables)
        .with_folder(&loaded.working_dir)
        .with_roots([&loaded.working_dir]);
    if let Ok(own) = std::env::current_exe() {
        connect = connect.with_guard(own, [GUARD]);
    }
    if let Some(tokens) = FileTokens::open() {
        connect = connect.with_tokens(Arc::new(tokens));
    }
    connect
}
