//! The first call of a tool after its server was started, through a pool and over bare `rmcp`.
//!
//! `cargo bench -p tau-mcp`. The server is this program. Each run starts one process for either side, one after the
//! other, and the middle of all runs is shown. The pool may add two milliseconds; more is a failure.

use std::borrow::Cow;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig, ContentBlock,
    ErrorData, Implementation, JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    ServerCapabilities, ServerConfig as RmcpServerConfig, Tool,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RequestContext, RoleServer};
use rmcp::{ServerHandler, ServiceExt};
use serde_json::json;
use tau_mcp::config::{ServerConfig, StdioConfig};
use tau_mcp::{PoolOptions, ServerPool};
use tau_tools::environment::NoEnvironment;
use tau_tools::{ToolContext, ToolExecutor};

type Failure = Box<dyn std::error::Error>;

const RUNS: usize = 40;
/// What may be added to the first call, and to all from the start of the process to its answer.
const LIMIT: Duration = Duration::from_millis(2);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    let is_server = std::env::args().any(|argument| argument == "--serve");
    let outcome =
        runtime.block_on(async { if is_server { serve().await.map(|()| true) } else { measure().await } });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "what a benchmark is for")]
fn say(text: &str) {
    println!("{text}");
}

/// What one run took: all of it from the start of the process, the first call, and the tenth.
#[derive(Clone, Copy)]
struct Took {
    all: Duration,
    first: Duration,
    tenth: Duration,
}

async fn measure() -> Result<bool, Failure> {
    let own = std::env::current_exe()?.display().to_string();
    let (mut bare, mut pooled) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        bare.push(over_rmcp(&own).await?);
        pooled.push(over_the_pool(&own).await?);
    }
    say("                       bare rmcp      tau-mcp        added");
    let mut is_good = true;
    for (name, part) in [
        ("start to first answer", (|took| took.all) as fn(Took) -> Duration),
        ("first call", |took| took.first),
        ("tenth call", |took| took.tenth),
    ] {
        let (bare, pooled) = (middle(&bare, part), middle(&pooled, part));
        let added = pooled.as_secs_f64() - bare.as_secs_f64();
        is_good &= added <= LIMIT.as_secs_f64();
        say(&format!("{name:<22} {:>8.3} ms   {:>8.3} ms   {:>+8.3} ms", ms(bare), ms(pooled), added * 1e3));
    }
    say(&format!("the middle of {RUNS} runs; at most {:.0} ms may be added", ms(LIMIT)));
    Ok(is_good)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn middle(runs: &[Took], part: fn(Took) -> Duration) -> Duration {
    let mut times: Vec<Duration> = runs.iter().map(|took| part(*took)).collect();
    times.sort_unstable();
    times[times.len() / 2]
}

async fn over_the_pool(own: &str) -> Result<Took, Failure> {
    let server = ServerConfig::Stdio(StdioConfig::new(own).with_args(["--serve"]));
    let start = Instant::now();
    let pool = ServerPool::new([("bench".to_owned(), server)].into(), PoolOptions::default());
    let tools = pool.server_tools("bench").await?.tools;
    let tool = tools.first().ok_or("no tool")?;
    let context = ToolContext::new(Arc::new(NoEnvironment::default()));
    let arguments = json!({"text": "hello"});
    let (mut first, mut last, mut all) = (None, Duration::ZERO, Duration::ZERO);
    for _ in 0..10 {
        let before = Instant::now();
        let output = tool.execute(&context, &arguments).await;
        last = before.elapsed();
        if first.is_none() {
            all = start.elapsed();
        }
        first = first.or(Some(last));
        if output.is_error {
            return Err("the call failed".into());
        }
    }
    pool.shutdown().await;
    Ok(Took { all, first: first.unwrap_or_default(), tenth: last })
}

/// The same with what `rmcp` gives: a process, its pipes, the handshake, the list and the call.
async fn over_rmcp(own: &str) -> Result<Took, Failure> {
    let start = Instant::now();
    let mut child = tokio::process::Command::new(own)
        .arg("--serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (Some(stdout), Some(stdin)) = (child.stdout.take(), child.stdin.take()) else {
        return Err("a pipe is missing".into());
    };
    let client = ClientConfig::new(ClientCapabilities::default(), Implementation::new("bench", "1"));
    let mode = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::LATEST_WITH_INITIALIZE),
    };
    let mut service = client.serve_with_lifecycle((stdout, stdin), mode).await?;
    service.peer().list_tools(None).await?;
    let arguments = json!({"text": "hello"}).as_object().cloned().unwrap_or_default();
    let (mut first, mut last, mut all) = (None, Duration::ZERO, Duration::ZERO);
    for _ in 0..10 {
        let before = Instant::now();
        let params = CallToolRequestParams::new("echo").with_arguments(arguments.clone());
        service.peer().call_tool(params).await?;
        last = before.elapsed();
        if first.is_none() {
            all = start.elapsed();
        }
        first = first.or(Some(last));
    }
    service.close().await?;
    child.wait().await?;
    Ok(Took { all, first: first.unwrap_or_default(), tenth: last })
}

struct Echo;

async fn serve() -> Result<(), Failure> {
    Echo.serve((tokio::io::stdin(), tokio::io::stdout())).await?.waiting().await?;
    Ok(())
}

impl ServerHandler for Echo {
    fn get_info(&self) -> RmcpServerConfig {
        RmcpServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        ProtocolVersion::KNOWN_VERSIONS.into()
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), "object".into());
        Ok(ListToolsResult::with_all_items(vec![Tool::new("echo", "Gives back a text.", schema)]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let text = arguments.get("text").and_then(|text| text.as_str()).unwrap_or_default();
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}
