//! The servers, how they are started, and what is called of them.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tau_core::Secret;
use tau_mcp::config::{RemoteConfig, ServerConfig, StdioConfig};

use crate::Failure;

/// A server, and calls of its tools with a part of what they give.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) config: ServerConfig,
    pub(crate) calls: Vec<(&'static str, Value, &'static str)>,
}

/// The variables of this process: what is found on its `PATH` runs the servers.
#[expect(clippy::disallowed_methods, reason = "servers run where this program does")]
pub(crate) fn environment() -> BTreeMap<String, Secret> {
    std::env::vars().map(|(name, value)| (name, Secret::new(value))).collect()
}

/// Those that are processes.
pub(crate) fn local(node: &Path, python: &Path, scratch: &Path) -> Result<Vec<Case>, Failure> {
    std::fs::write(scratch.join("note.txt"), "written before")?;
    let folder = scratch.display().to_string();
    git(scratch)?;
    let case = |name, program: PathBuf, args: &[&str], calls| {
        let config = StdioConfig::new(program.display().to_string()).with_args(args.iter().copied());
        Case { name, config: ServerConfig::Stdio(config), calls }
    };
    let thought =
        json!({"thought": "one", "thoughtNumber": 1, "totalThoughts": 1, "nextThoughtNeeded": false});
    let entity = json!({"entities": [{"name": "tau", "entityType": "program", "observations": ["runs"]}]});
    let note = format!("{folder}/note.txt");
    let mut memory = StdioConfig::new(node.join("mcp-server-memory").display().to_string());
    memory = memory.with_env("MEMORY_FILE_PATH", Secret::new(format!("{folder}/memory.jsonl")));
    Ok(vec![
        case("everything", node.join("mcp-server-everything"), &[], everything()),
        case(
            "filesystem",
            node.join("mcp-server-filesystem"),
            &[&folder],
            vec![
                ("read_text_file", json!({"path": note}), "written before"),
                ("list_allowed_directories", json!({}), ""),
            ],
        ),
        Case {
            name: "memory",
            config: ServerConfig::Stdio(memory),
            calls: vec![("create_entities", entity, "tau"), ("read_graph", json!({}), "program")],
        },
        case(
            "sequential-thinking",
            node.join("mcp-server-sequential-thinking"),
            &[],
            vec![("sequentialthinking", thought, "thoughtNumber")],
        ),
        case(
            "git",
            python.join("mcp-server-git"),
            &["--repository", &folder],
            vec![
                ("git_log", json!({"repo_path": folder}), "first"),
                ("git_status", json!({"repo_path": folder}), ""),
            ],
        ),
        case(
            "time",
            python.join("mcp-server-time"),
            &["--local-timezone", "Europe/Paris"],
            vec![("get_current_time", json!({"timezone": "Asia/Tokyo"}), "Asia/Tokyo")],
        ),
        case(
            "sqlite",
            python.join("mcp-server-sqlite"),
            &["--db-path", &format!("{folder}/data.db")],
            vec![
                (
                    "create_table",
                    json!({"query": "CREATE TABLE IF NOT EXISTS numbers (n INTEGER)"}),
                    "success",
                ),
                ("list_tables", json!({}), "numbers"),
            ],
        ),
    ])
}

fn everything() -> Vec<(&'static str, Value, &'static str)> {
    vec![("echo", json!({"message": "hello"}), "Echo: hello"), ("get-sum", json!({"a": 2, "b": 40}), "42")]
}

fn git(folder: &Path) -> Result<(), Failure> {
    let identity = ["-c", "user.name=tau", "-c", "user.email=tau@localhost"];
    let commands: [&[&str]; 3] = [&["init", "-q"], &["add", "note.txt"], &["commit", "-q", "-m", "first"]];
    for command in commands {
        let status = Command::new("git").args(identity).args(command).current_dir(folder).status()?;
        if !status.success() {
            return Err("git could not make a repository".into());
        }
    }
    Ok(())
}

/// A server that is reached over HTTP, and started here.
pub(crate) struct Remote {
    program: PathBuf,
    kind: &'static str,
    port: u16,
    child: Child,
}

impl Remote {
    pub(crate) fn start(node: &Path, kind: &'static str) -> Result<Self, Failure> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let program = node.join("mcp-server-everything");
        let child = spawn(&program, kind, port)?;
        Ok(Self { program, kind, port, child })
    }

    pub(crate) async fn case(&mut self, kind: &str, path: &str) -> Result<Case, Failure> {
        self.ready().await?;
        let url = RemoteConfig::new(format!("http://127.0.0.1:{}{path}", self.port).parse()?);
        let (name, config) = match kind {
            "sse" => ("everything (SSE)", ServerConfig::Sse(url)),
            _ => ("everything (HTTP)", ServerConfig::Http(url)),
        };
        Ok(Case { name, config, calls: everything() })
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or_default()
    }

    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.child.wait()?;
        self.child = spawn(&self.program, self.kind, self.port)?;
        self.ready().await
    }

    async fn ready(&self) -> Result<(), Failure> {
        for _ in 0..300 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err("the server does not listen".into())
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &Path, kind: &str, port: u16) -> Result<Child, Failure> {
    let mut command = Command::new(program);
    command.arg(kind).env("PORT", port.to_string());
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}
