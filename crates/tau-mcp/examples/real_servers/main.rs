//! Servers of other people, from npm and PyPI, listed, called, and killed in the middle of a call
//! (`cargo xtask conformance mcp`).
//!
//! Takes the folder of the programs of npm and that of the programs of PyPI.

mod report;
mod servers;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tau_core::ToolResultBlock;
use tau_mcp::{ConnectOptions, McpTool, PoolOptions, ServerPool};
use tau_tools::environment::NoEnvironment;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput};

use report::Report;
use servers::{Case, Remote};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Long enough for a server in Python on a machine that does other things too.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, Failure> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let [node, python] = folders.as_slice() else { return Err("give the two folders of programs".into()) };
    let scratch = tempfile::tempdir()?;
    let (node, python) = (Path::new(node), Path::new(python));
    let mut report = Report::default();
    for case in servers::local(node, python, scratch.path())? {
        let outcome = try_case(&case, None).await;
        report.add(case.name, outcome);
    }
    for (kind, path) in [("streamableHttp", "/mcp"), ("sse", "/sse")] {
        let mut remote = Remote::start(node, kind)?;
        let case = remote.case(kind, path).await?;
        let outcome = try_case(&case, Some(&mut remote)).await;
        report.add(case.name, outcome);
    }
    report.print();
    Ok(report.is_good())
}

/// What was seen of a server.
pub(crate) struct Seen {
    protocol: String,
    tools: usize,
    prompts: usize,
    resources: usize,
    calls: usize,
    killed: String,
}

async fn try_case(case: &Case, remote: Option<&mut Remote>) -> Result<Seen, Failure> {
    let environment = servers::environment();
    let options =
        ConnectOptions::default().with_environment(environment).with_connect_timeout(Duration::from_secs(60));
    let servers = [(case.name.to_owned(), case.config.clone())].into();
    let pool = ServerPool::new(servers, PoolOptions::new(options));
    let offer = pool.server_tools(case.name).await?;
    let info = pool.info(case.name).await?;
    for (tool, arguments, expected) in &case.calls {
        let output = call(find(&offer.tools, tool)?, arguments).await?;
        let text = text(&output);
        if output.is_error || !text.contains(expected) {
            return Err(format!("`{tool}` gave {text:?}, without `{expected}`").into());
        }
    }
    let (prompts, resources) = (pool.prompts(case.name).await?, pool.resources(case.name).await?);
    for resource in resources.iter().take(1) {
        if let tau_mcp::content::ResourceAddress::Uri(uri) = &resource.address {
            pool.resource(case.name, uri).await?;
        }
    }
    let killed = killed_in_a_call(&pool, case, remote).await?;
    let pids = children();
    pool.shutdown().await;
    if let Some(left) = pids.iter().find(|pid| Path::new(&format!("/proc/{pid}")).exists()) {
        // Remote servers are children of this program and end with it.
        if !matches!(
            case.config,
            tau_mcp::config::ServerConfig::Http(_) | tau_mcp::config::ServerConfig::Sse(_)
        ) {
            return Err(format!("process {left} is left").into());
        }
    }
    Ok(Seen {
        protocol: info.protocol_version,
        tools: offer.tools.len(),
        prompts: prompts.len(),
        resources: resources.len(),
        calls: case.calls.len(),
        killed,
    })
}

/// Stops the process, calls it, and kills it while the call waits: one error, and the next call works again.
async fn killed_in_a_call(
    pool: &ServerPool,
    case: &Case,
    remote: Option<&mut Remote>,
) -> Result<String, Failure> {
    let offer = pool.server_tools(case.name).await?;
    let (name, arguments, _) = case.calls.first().ok_or("nothing to call")?;
    let tool = Arc::clone(find(&offer.tools, name)?);
    let pid = match &remote {
        Some(remote) => remote.pid(),
        None => *children().last().ok_or("the server is no child of this process")?,
    };
    let pid = Pid::from_raw(pid).ok_or("no process")?;
    kill_process(pid, Signal::STOP)?;
    let calling = tokio::spawn({
        let arguments = arguments.clone();
        async move { call(&tool, &arguments).await.map_err(|error| error.to_string()) }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    if calling.is_finished() {
        return Err("the call did not wait for the server".into());
    }
    kill_process(pid, Signal::KILL)?;
    let output = calling.await?.map_err(|error| format!("when it was killed: {error}"))?;
    if !output.is_error {
        return Err(format!("a killed server answered {:?}", text(&output)).into());
    }
    let error = text(&output);
    if let Some(remote) = remote {
        remote.restart().await?;
    }
    let again = pool.server_tools(case.name).await?;
    let output = call(find(&again.tools, name)?, arguments).await?;
    if output.is_error {
        return Err(format!("after the restart: {}", text(&output)).into());
    }
    Ok(error)
}

async fn call(tool: &Arc<McpTool>, arguments: &serde_json::Value) -> Result<ToolOutput, Failure> {
    let context = ToolContext::new(Arc::new(NoEnvironment::default()));
    let called = tokio::time::timeout(CALL_TIMEOUT, tool.execute(&context, arguments)).await;
    called.map_err(|_| format!("the call of `{}` never ended", tool.remote_name()).into())
}

fn find<'a>(tools: &'a [Arc<McpTool>], name: &str) -> Result<&'a Arc<McpTool>, Failure> {
    tools.iter().find(|tool| tool.remote_name() == name).ok_or_else(|| format!("there is no `{name}`").into())
}

fn text(output: &ToolOutput) -> String {
    let texts = output.content.iter().filter_map(|block| match block {
        ToolResultBlock::Text { text } => Some(text.clone()),
        ToolResultBlock::Json { value } => Some(value.to_string()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The processes this one has started, the newest last.
fn children() -> Vec<i32> {
    let own = std::process::id();
    let tasks = std::fs::read_dir(format!("/proc/{own}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let mut pids: Vec<i32> = lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect();
    pids.sort_unstable();
    pids
}
