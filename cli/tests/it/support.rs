//! A home folder, a project and the program, all apart from those of whoever runs the tests.

#![expect(clippy::disallowed_methods, reason = "the program under test needs a search path")]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tau_testkit::ModelServer;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};

/// A home folder and a project, which go when it is dropped.
pub(crate) struct Place {
    root: TempDir,
}

/// What a run of the program came to, with what differs from run to run replaced.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { root: TempDir::new().unwrap() };
        for folder in [place.home().join(".config/tau"), place.project().join(".git")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        place
    }

    /// A place whose user uses the model of a server, and does not try again.
    pub(crate) fn with_server(server: &ModelServer) -> Self {
        Self::with_server_and(server, "client.max_retries = 0")
    }

    pub(crate) fn with_server_and(server: &ModelServer, more: &str) -> Self {
        let place = Self::new();
        place.user_config(&format!(
            "model = \"test/scripted\"\nproviders.test.base_url = \"{}\"\n{more}\n",
            server.base_url()
        ));
        place
    }

    /// The temporary folder as the program shows it.
    fn root(&self) -> PathBuf {
        self.root.path().canonicalize().unwrap()
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    pub(crate) fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    pub(crate) fn user_config(&self, text: &str) {
        self.write_home(".config/tau/config.toml", text);
    }

    pub(crate) fn write_home(&self, path: &str, text: &str) {
        write(&self.home().join(path), text);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.project().join(path), text);
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.project().join(path)).unwrap()
    }

    /// The program in the project, with an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tau"));
        command
            .args(arguments)
            .current_dir(self.project())
            .env_clear()
            .env("HOME", self.home())
            .env("XDG_CONFIG_HOME", self.home().join(".config"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn tau(&self, arguments: &[&str]) -> Ran {
        self.finish(self.command(arguments).spawn().unwrap()).await
    }

    pub(crate) async fn tau_with_env(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        self.finish(self.command(arguments).envs(variables.iter().copied()).spawn().unwrap()).await
    }

    pub(crate) async fn tau_with_input(&self, input: &[u8], arguments: &[&str]) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).await.unwrap();
        drop(stdin);
        self.finish(child).await
    }

    pub(crate) async fn finish(&self, child: Child) -> Ran {
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes: Vec<u8>| self.stable(&String::from_utf8(bytes).expect("output is UTF-8"));
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Without what differs from run to run: folders, ports and times.
    fn stable(&self, text: &str) -> String {
        let text = text.replace(&self.root().display().to_string(), "[TEMP]");
        without_times(&without_ports(&text))
    }
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The lines of standard output, each a JSON object.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The port of `tau serve` unless said otherwise is the same every time.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        match part.len() - rest.len() {
            4 if part.starts_with("8321") => stable.push_str("127.0.0.1:8321"),
            _ => stable.push_str("[SERVER]"),
        }
        stable.push_str(rest);
    }
    stable
}

/// Takes out a blank and a time such as `12ms` or `1.2s` after it, where tau shows how long something took.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        let number = word.strip_suffix("ms").or_else(|| word.strip_suffix('s'));
        number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()) && n.parse::<f64>().is_ok())
    };
    let line = |line: &str| {
        let is_ours =
            ["  ✓ ", "  ✗ "].iter().any(|mark| line.starts_with(mark)) || line.contains(" tokens in");
        if !is_ours {
            return line.to_owned();
        }
        let words: Vec<&str> = line.split(' ').filter(|word| !is_time(word)).collect();
        words.join(" ").trim_end_matches(" ·").to_owned()
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// The messages of the `number`th request to the model.
pub(crate) fn messages(server: &ModelServer, number: usize) -> Vec<Value> {
    let requests = server.requests();
    requests[number].json()["messages"].as_array().unwrap().clone()
}

/// What the model was told about a tool call, in the `number`th request.
pub(crate) fn tool_result(server: &ModelServer, number: usize, call_id: &str) -> String {
    let messages = messages(server, number);
    let result = messages.iter().find(|message| message["tool_call_id"] == call_id);
    result.unwrap_or_else(|| panic!("no result of {call_id} in {messages:#?}"))["content"]
        .as_str()
        .unwrap()
        .to_owned()
}
