//! The client that the official conformance suite tests (`cargo xtask conformance mcp`).
//!
//! The suite starts a server for each scenario and this program with the server's address as last argument. What
//! it is told besides is in variables: `MCP_CONFORMANCE_SCENARIO`, `MCP_CONFORMANCE_PROTOCOL_VERSION` and, for some,
//! `MCP_CONFORMANCE_CONTEXT` with keys. It does what a session would: connects, logs in when it is asked to, and
//! calls every tool that it is offered.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tau_core::Secret;
use tau_mcp::auth::{Login, LoginOptions, MemoryTokenStore, TokenStore};
use tau_mcp::client::{Elicitation, ElicitationAnswer, Elicitor};
use tau_mcp::config::{RemoteConfig, ServerConfig};
use tau_mcp::{ConnectOptions, Lifecycle, McpError, McpErrorKind, Server};
use tau_tools::ToolExecutor;
use url::Url;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// So often this client logs in again before it gives up.
const LOGINS: usize = 3;
/// Where browsers are sent back to. Nobody listens: the suite's authorization servers answer at once.
const REDIRECT: &str = "http://localhost:3000/callback";
/// The document that describes this client to authorization servers, as the suite has it.
const METADATA_DOCUMENT: &str = "https://conformance-test.local/client-metadata.json";

#[expect(clippy::disallowed_methods, reason = "how the suite says what it wants")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the suite keeps it for whoever looks into a failure")]
fn report(text: &str) {
    eprintln!("{text}");
}

async fn run() -> Result<(), Failure> {
    let url: Url = std::env::args().next_back().ok_or("no address")?.parse()?;
    let mut client = Client::new(url)?;
    let server = client.connect().await?;
    let mut logins = 0;
    let mut server = Some(server);
    while let Some(connected) = server.take() {
        match call_all(&connected).await {
            Ok(()) => {
                report(&connected.shutdown().await);
                return Ok(());
            }
            Err(error) if error.kind() == McpErrorKind::Unauthorized && logins < LOGINS => {
                report(&error.to_string());
                logins += 1;
                connected.shutdown().await;
                client.log_in(error.challenge()).await?;
                server = Some(client.connect().await?);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

struct Client {
    config: RemoteConfig,
    options: ConnectOptions,
    tokens: Arc<dyn TokenStore>,
    context: Value,
}

impl Client {
    fn new(url: Url) -> Result<Self, Failure> {
        let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::default());
        let lifecycle = match variable("MCP_CONFORMANCE_PROTOCOL_VERSION").as_deref() {
            Some(version) if version < "2026-07-28" => Lifecycle::Initialize,
            _ => Lifecycle::Auto,
        };
        let options = ConnectOptions::default()
            .with_lifecycle(lifecycle)
            .with_tokens(Arc::clone(&tokens))
            .with_elicitor(Arc::new(AcceptDefaults))
            .with_connect_timeout(Duration::from_secs(20));
        let context = variable("MCP_CONFORMANCE_CONTEXT");
        let context = context.map_or(Ok(Value::Null), |context| serde_json::from_str(&context))?;
        Ok(Self { config: RemoteConfig::new(url), options, tokens, context })
    }

    /// Connects, and logs in first where the server wants that.
    async fn connect(&mut self) -> Result<Server, Failure> {
        let config = ServerConfig::Http(self.config.clone());
        for _ in 0..LOGINS {
            match Server::connect("conformance", &config, &self.options).await {
                Err(error) if error.kind() == McpErrorKind::Unauthorized => {
                    report(&error.to_string());
                    self.log_in(error.challenge()).await?;
                }
                connected => return Ok(connected?),
            }
        }
        Err("the server is never content with the tokens it gave".into())
    }

    async fn log_in(&self, challenge: Option<&str>) -> Result<(), Failure> {
        let mut options =
            LoginOptions::new(REDIRECT.parse()?).with_metadata_document(METADATA_DOCUMENT.parse()?);
        if let Some(challenge) = challenge {
            options = options.with_challenge(challenge);
        }
        if let Some(id) = self.context["client_id"].as_str() {
            options = options.with_registered(id, self.context["client_secret"].as_str().map(Secret::new));
        }
        let login = Login::begin("conformance", &self.config, Arc::clone(&self.tokens), &options).await?;
        // In the place of a browser: the authorization server sends it back without asking anybody.
        let browser = reqwest_without_redirects()?;
        let answer = browser.get(login.url()).send().await?;
        let location = answer.headers().get("location").ok_or("the browser is not sent back")?.to_str()?;
        login.finish(&answer.url().join(location)?).await?;
        Ok(())
    }
}

fn reqwest_without_redirects() -> Result<reqwest::Client, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let none = reqwest::redirect::Policy::none();
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).redirect(none).build()?)
}

/// Calls every tool with arguments that fit its schema, the calls the suite prescribes first.
async fn call_all(server: &Server) -> Result<(), McpError> {
    for warning in server.warnings() {
        report(&format!("the server {warning}"));
    }
    let prescribed = prescribed();
    for (name, arguments) in &prescribed {
        if let Some(tool) = server.mcp_tools().iter().find(|tool| tool.remote_name() == name) {
            report(&format!("{name}: {:?}", tool.call(arguments).await?));
        }
    }
    for tool in server.mcp_tools() {
        if prescribed.iter().any(|(name, _)| name == tool.remote_name()) {
            continue;
        }
        let arguments = match tool.remote_name() {
            // Gives back what we made of the schema of another tool.
            "json_schema_echo" => json!({"schema": schema_of(server, "json_schema_2020_12_tool")}),
            _ => sample(&tool.definition().parameters),
        };
        match tool.call(&arguments).await {
            Ok(output) => report(&format!("{}: {output:?}", tool.remote_name())),
            Err(error) if error.kind() == McpErrorKind::Unauthorized => return Err(error),
            Err(error) => report(&error.to_string()),
        }
    }
    Ok(())
}

/// The calls that a scenario's context lists.
fn prescribed() -> Vec<(String, Value)> {
    let context =
        variable("MCP_CONFORMANCE_CONTEXT").and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let calls = context.as_ref().and_then(|context| context["toolCalls"].as_array());
    let call = |call: &Value| Some((call["name"].as_str()?.to_owned(), call["arguments"].clone()));
    calls.into_iter().flatten().filter_map(call).collect()
}

fn schema_of(server: &Server, name: &str) -> Value {
    let tool = server.mcp_tools().iter().find(|tool| tool.remote_name() == name);
    tool.map_or(Value::Null, |tool| tool.definition().parameters.as_ref().clone())
}

/// Arguments of which each has a value of its type.
fn sample(schema: &Value) -> Value {
    let mut arguments = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let value = match property["type"].as_str() {
            Some("integer" | "number") => json!(5),
            Some("boolean") => json!(true),
            Some("array") => json!([]),
            Some("object") => sample(property),
            _ => json!("sample"),
        };
        arguments.insert(name.clone(), value);
    }
    Value::Object(arguments)
}

/// A person who accepts every form as it is.
#[derive(Debug)]
struct AcceptDefaults;

impl Elicitor for AcceptDefaults {
    fn elicit<'a>(&'a self, _server: &'a str, question: Elicitation) -> BoxFuture<'a, ElicitationAnswer> {
        let mut values = Map::new();
        if let Elicitation::Form { schema, .. } = &question
            && let Value::Object(required) = sample(schema)
        {
            // What has a default is left to it.
            let has_default = |name: &str| !schema["properties"][name]["default"].is_null();
            let is_required =
                |name: &str| schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            values.extend(required.into_iter().filter(|(name, _)| is_required(name) && !has_default(name)));
        }
        async move { ElicitationAnswer::Accepted(values) }.boxed()
    }
}
