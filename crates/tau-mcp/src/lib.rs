//! Client of the Model Context Protocol: the tools of a server, which is another program, as tools of an agent.
//!
//! # Why it exists
//!
//! An MCP server is somebody else's program, and everything about it can go wrong: it is not installed, prints
//! its log where its messages belong, never answers, changes its mind about its tools, dies in the middle of a
//! call, leaves processes behind. This crate stands between that and a session, in which a tool call has exactly
//! one result and a cancelled one leaves nothing running.
//!
//! - [`ServerPool`] runs the servers of a process: it starts each when somebody needs it and again when it has ended,
//!   and holds back tools that say something else of themselves than what was agreed to.
//! - [`McpConfig`](config::McpConfig) reads `.mcp.json`, which says which servers there are.
//! - [`Server::connect`] starts one, greets it in the newest version of the protocol that it knows
//!   (2026-07-28, or 2025-11-25 and before), and lists its tools.
//! - [`Server::tools`] gives them as [`ToolExecutor`](tau_tools::ToolExecutor)s named `mcp__server__tool`.
//! - What a server sends is bounded before it can reach a model: number of tools, length of descriptions,
//!   schemas and lines, size and number of pictures.
//!
//! # What it does not do
//!
//! It is no server. It does not decide which servers may run: a repository's file is code, and whoever calls
//! [`Server::connect`] has asked before. It reads no environment variable; variables come from a function
//! or a map that the caller gives. It keeps nothing on the disk: tokens and pins go to ports. It asks no model on behalf
//! of a server (sampling), has no WebSockets, which no specification has, and not the tasks of 2025-11-25, which
//! were an experiment; those of the extension that took their place are there.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | `.mcp.json`: servers, what is wrong with the file, references to variables |
//! | [`client`] | a connection: handshake, requests and their rounds, tasks, what servers ask, shutdown |
//! | [`pool`] | the servers of a process: start, backoff, lists that change |
//! | [`pin`] | what tools said of themselves when somebody agreed |
//! | [`tool`] | one tool: its name, its definition, its call, its result |
//! | [`content`] | prompts and resources |
//! | [`search`] | tools that a model finds instead of being told of all |
//! | [`auth`] | logins, and where tokens are kept |
//! | [`guard`] | the process beside a server that ends it when its client was killed |
//!
//! # Example
//!
//! ```
//! use tau_mcp::config::{McpConfig, ServerConfig};
//!
//! let text = r#"{"mcpServers": {
//!     "files": {"command": "file-server", "args": ["--root", "${ROOT:-.}"], "env": {"TOKEN": "${TOKEN}"}},
//!     "web": {"url": "https://example.com/mcp"}
//! }}"#;
//! let config = McpConfig::parse(text, |name| (name == "TOKEN").then(|| "s3cret".to_owned()))?;
//!
//! let ServerConfig::Stdio(files) = &config.servers["files"] else { unreachable!() };
//! assert_eq!(files.args[1].expose(), ".");
//! assert_eq!(format!("{:?}", files.env["TOKEN"]), "[redacted]");
//! assert_eq!(config.errors[0].hint(), Some(r#"add `"type": "http"`"#));
//!
//! # async fn connect(server: &ServerConfig) -> Result<(), tau_mcp::McpError> {
//! use tau_mcp::{ConnectOptions, Server};
//!
//! let server = Server::connect("files", server, &ConnectOptions::default()).await?;
//! for tool in server.tools() {
//!     println!("{}", tool.definition().name); // mcp__files__read
//! }
//! server.shutdown().await;
//! # Ok(())
//! # }
//! # Ok::<(), tau_mcp::config::ConfigError>(())
//! ```

pub mod auth;
pub mod client;
pub mod config;
pub mod content;
pub mod guard;
pub mod pin;
pub mod pool;
pub mod search;
pub mod tool;

mod error;
mod text;
mod transport;

pub use client::{AnnotationTrust, ConnectOptions, Lifecycle, Server, ServerInfo};
pub use error::{McpError, McpErrorKind};
pub use pool::{PoolOptions, ServerPool};
pub use tool::McpTool;
