//! The MCP server that the tests of this crate talk to, over standard input and output.
//!
//! Its tools do what they are named by, the bad things too. Arguments of the program make all of it misbehave:
//!
//! | argument | effect |
//! |---|---|
//! | `--legacy` | knows no version after 2025-11-25, and says so |
//! | `--noise` | prints lines that are no messages on standard output |
//! | `--flood` | prints 4 MiB on standard error before it begins |
//! | `--silent` | answers nothing |
//! | `--exit` | says why on standard error and exits with code 7 |
//! | `--stubborn` | ignores the end of its input, and SIGTERM |
//! | `--guard COMMAND` | is no server, but the guard of one |
//! | `--client` | is no server, but a client of one that is guarded and stubborn; prints the id of a child of that |

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, CancelledNotificationParam, ContentBlock,
    ErrorData, Implementation, JsonObject, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
    Resource, ServerCapabilities, ServerConfig, Tool, ToolAnnotations,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer};
use rmcp::{ServerHandler, ServiceExt};
use serde_json::{Value, json};

/// So many tools are on one page of the list.
const PAGE: usize = 3;
/// The smallest PNG: one transparent pixel.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

struct Fixture {
    legacy: bool,
    cancelled: AtomicUsize,
}

type Outcome = Result<CallToolResult, ErrorData>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_deref().and_then(|first| first.to_str()) {
        Some("--guard") => {
            let _code = tau_mcp::guard::run(arguments);
            return Ok(());
        }
        Some("--client") => return client(),
        _ => {}
    }
    let has = |name: &str| std::env::args().any(|argument| argument == name);
    if has("--flood") {
        std::io::stderr().write_all(&b"flood of words\n".repeat(4 << 20 >> 4))?;
    }
    if has("--exit") {
        std::io::stderr().write_all(b"no database at db.example\n")?;
        std::process::exit(7);
    }
    if has("--noise") {
        noise();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        if has("--silent") {
            std::future::pending::<()>().await;
        }
        if has("--stubborn") {
            let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            tokio::spawn(async move { while terminate.recv().await.is_some() {} });
        }
        let fixture = Fixture { legacy: has("--legacy"), cancelled: AtomicUsize::new(0) };
        fixture.serve((tokio::io::stdin(), tokio::io::stdout())).await?.waiting().await?;
        if has("--stubborn") {
            std::future::pending::<()>().await;
        }
        Ok(())
    })
}

/// Waits to be killed.
#[expect(clippy::print_stdout, reason = "told to the test that kills it")]
fn client() -> Result<(), Box<dyn std::error::Error>> {
    let own = std::env::current_exe()?;
    let config = tau_mcp::config::StdioConfig::new(own.display().to_string()).with_args(["--stubborn"]);
    let options = tau_mcp::ConnectOptions::default().with_guard(own, ["--guard"]);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let server = tau_mcp::config::ServerConfig::Stdio(config);
        let server = tau_mcp::Server::connect("fix", &server, &options).await?;
        let child = server.mcp_tools().iter().find(|tool| tool.remote_name() == "child").ok_or("no tool")?;
        println!("{:?}", child.call(&json!({})).await?.content);
        std::future::pending::<()>().await;
        Ok(())
    })
}

/// What servers print that were written without thinking of the protocol.
fn noise() {
    let lines = "Server starting on stdio...\n\n{\"level\":\"info\"}\n42\n[1,2]\n{\"jsonrpc\":\"2.0\"}\n{broken\n\u{feff}\n";
    // A test that depends on it fails when it does not come.
    let _ = std::io::stdout().write_all(lines.as_bytes()).and_then(|()| std::io::stdout().flush());
}

impl ServerHandler for Fixture {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.server_info = Implementation::new("fixture", "1.2.3");
        info.instructions = Some("Call echo first.".to_owned());
        info
    }

    fn supported_protocol_versions(&self) -> std::borrow::Cow<'static, [ProtocolVersion]> {
        if self.legacy {
            vec![ProtocolVersion::V_2025_06_18, ProtocolVersion::V_2025_11_25].into()
        } else {
            ProtocolVersion::KNOWN_VERSIONS.into()
        }
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let start =
            request.and_then(|request| request.cursor).and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let tools = tools();
        let mut page =
            ListToolsResult::with_all_items(tools.iter().skip(start).take(PAGE).cloned().collect());
        page.next_cursor = (start + PAGE < tools.len()).then(|| (start + PAGE).to_string());
        Ok(page)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        self.call(&request.name, &arguments).await.map(CallToolResponse::from)
    }

    async fn on_cancelled(
        &self,
        _cancelled: CancelledNotificationParam,
        _context: NotificationContext<RoleServer>,
    ) {
        self.cancelled.fetch_add(1, Ordering::SeqCst);
    }
}

impl Fixture {
    async fn call(&self, name: &str, arguments: &Value) -> Outcome {
        match name {
            "echo" => text(string(arguments, "text")?),
            "add" => {
                let sum = integer(arguments, "a")? + integer(arguments, "b")?;
                Ok(CallToolResult::structured(json!({ "sum": sum })))
            }
            "sleep" => {
                let ms = integer(arguments, "ms")?.unsigned_abs();
                tokio::time::sleep(Duration::from_millis(ms)).await;
                text("awake")
            }
            "fail" => Ok(CallToolResult::error(vec![ContentBlock::text("the disk is full")])),
            "image" => {
                let blocks = vec![ContentBlock::text("a pixel"), ContentBlock::image(PNG, "image/png")];
                Ok(CallToolResult::success(blocks))
            }
            "crash" => {
                // Heard of even by a client that only looks at what was said last.
                let _ = std::io::stderr().write_all(b"fatal: out of cheese\n");
                std::process::exit(3)
            }
            "mixed" => Ok(CallToolResult::success(vec![
                ContentBlock::embedded_text("file:///a.txt", "inside"),
                ContentBlock::resource_link(Resource::new("file:///b.txt", "b")),
                ContentBlock::audio("AAAA", "audio/wav"),
            ])),
            "nothing" => Ok(CallToolResult::success(vec![])),
            "noisy" => {
                noise();
                text("done")
            }
            "cancelled" => text(self.cancelled.load(Ordering::SeqCst).to_string()),
            #[expect(clippy::disallowed_methods, reason = "what this tool is for")]
            "environment" => {
                text(std::env::vars().map(|(name, value)| format!("{name}={value}\n")).collect::<String>())
            }
            "child" => {
                let started = Command::new("/bin/sleep")
                    .arg("1000")
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
                text(started.id().to_string())
            }
            "odd.name" | "odd_name" => text(name),
            _ => Err(ErrorData::invalid_params(format!("no tool `{name}`"), None)),
        }
    }
}

fn tools() -> Vec<Tool> {
    let read_only = ToolAnnotations::new().read_only(true);
    let idempotent = ToolAnnotations::new().idempotent(true);
    let tool = |name: &'static str, description: &'static str, properties: Value| {
        let mut schema = JsonObject::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), properties);
        Tool::new(name, description, schema)
    };
    vec![
        tool("echo", "Gives back a text.", json!({"text": {"type": "string"}})).with_annotations(read_only),
        tool("add", "Adds two integers.", json!({"a": {"type": "integer"}, "b": {"type": "integer"}}))
            .with_annotations(idempotent),
        tool("sleep", "Sleeps.", json!({"ms": {"type": "integer"}})),
        tool("fail", "Fails.", json!({})),
        tool("image", "Gives a picture.", json!({})),
        tool("crash", "Ends the server.", json!({})),
        tool("mixed", "Gives one of each.", json!({})),
        tool("nothing", "Gives nothing.", json!({})),
        tool("noisy", "Prints on standard output.", json!({})),
        tool("cancelled", "Counts the cancellations heard of.", json!({})),
        tool("environment", "Lists the environment variables.", json!({})),
        tool("child", "Starts a process and gives its id.", json!({})),
        tool("odd.name", "Has a name that cannot stay.", json!({})),
        // Without even a type in its schema.
        Tool::new("odd_name", "Looks like another.", JsonObject::new()),
    ]
}

fn text(text: impl Into<String>) -> Outcome {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]))
}

fn string(arguments: &Value, name: &str) -> Result<String, ErrorData> {
    let invalid = || ErrorData::invalid_params(format!("`{name}` must be a string"), None);
    arguments[name].as_str().map(str::to_owned).ok_or_else(invalid)
}

fn integer(arguments: &Value, name: &str) -> Result<i64, ErrorData> {
    let invalid = || ErrorData::invalid_params(format!("`{name}` must be an integer"), None);
    arguments[name].as_i64().ok_or_else(invalid)
}
