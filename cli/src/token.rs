//! Tokens of providers: out of a variable, a file or what a program prints, anew each time one is needed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_agent::provider::{Credential, CredentialError, CredentialSource};
use tau_core::config::TokenConfig;

use crate::environment;

/// How long a program may take: some ask a server.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a token comes from.
#[derive(Debug, Clone)]
enum Source {
    Variable(String),
    File(PathBuf),
    Program(Vec<String>),
}

/// The source that is configured; `None` when there is none.
pub(crate) fn source(config: &TokenConfig) -> Option<Arc<dyn CredentialSource>> {
    let variable = config.env.clone().map(Source::Variable);
    let file = config.file.clone().map(Source::File);
    let program = config.command.clone().map(Source::Program);
    variable.or(file).or(program).map(|source| Arc::new(source) as Arc<dyn CredentialSource>)
}

impl CredentialSource for Source {
    fn token(&self) -> BoxFuture<'static, Result<Credential, CredentialError>> {
        let source = self.clone();
        async move {
            let text = source.read().await.map_err(CredentialError::Source)?;
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            Credential::parse(&text, now.as_secs())
        }
        .boxed()
    }
}

impl Source {
    /// What the source says now, or why it cannot be asked. Nothing it says is shown: it may be a token.
    async fn read(&self) -> Result<String, String> {
        match self {
            Self::Variable(name) => {
                environment::variable(name).ok_or_else(|| format!("the variable {name} is not set"))
            }
            Self::File(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("{} cannot be read: {error}", file.display())),
            Self::Program(words) => run(words).await,
        }
    }
}

async fn run(words: &[String]) -> Result<String, String> {
    let Some((program, arguments)) = words.split_first() else {
        return Err("`token.command` names no program".to_owned());
    };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .map_err(|_| format!("`{program}` took more than {} s", PATIENCE.as_secs()))?
        .map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{program}` failed ({}); run it by hand to see why", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
