//! What a measured process does.

mod bare;
mod durable;
mod fold;
mod interface;
mod resume;
mod sessions;
mod syncs;
mod tau;
mod turns;

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::process::Command;

pub(crate) use fold::Folded;
pub(crate) use resume::{Resumed, Rows};
pub(crate) use sessions::Crowd;
pub(crate) use turns::{Measured, Moment};

/// One measured process.
#[derive(Debug, Args)]
pub(crate) struct Role {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// One session
    Turns {
        #[arg(value_enum)]
        who: Who,
        base_url: String,
        turns: u32,
    },
    /// What a disk takes for the turns of a session that is durable
    Syncs { turns: u32 },
    /// Many sessions at the same time
    Sessions {
        #[arg(value_enum)]
        who: Who,
        base_url: String,
        turns: u32,
        sessions: usize,
    },
    /// Events into a state
    Fold { events: usize },
    /// A stored session, up again
    Resume { database: PathBuf, session: String },
    /// The rows of a stored session
    Rows { database: PathBuf, session: String },
    /// A server of the interface, or of the same messages from `connectrpc` alone
    Serve {
        #[arg(long)]
        bare: bool,
    },
    /// Unary calls in the same process
    Calls { calls: usize },
    /// A session that streams to a subscriber in the same process
    Deltas { words: u64 },
}

/// Who takes the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// A bare reqwest loop
    Bare,
    /// The bytes of its requests, without encoding or reading anything
    Bytes,
    /// A session of tau, in memory
    Tau,
    /// A session of tau that waits until a database holds its events
    Durable,
}

impl Who {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Bytes => "bytes",
            Self::Tau => "tau",
            Self::Durable => "durable",
        }
    }
}

impl Role {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        // One thread, so that the server has the other core of a small machine.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match &self.work {
                Work::Turns { who, base_url, turns } => print(&turns::run(*who, base_url, *turns).await?),
                Work::Syncs { turns } => print(&syncs::run(*turns)?),
                Work::Sessions { who, base_url, turns, sessions } => {
                    print(&sessions::run(*who, base_url, *turns, *sessions).await?)
                }
                Work::Fold { events } => print(&fold::run(*events)?),
                Work::Resume { database, session } => print(&resume::run(database, session).await?),
                Work::Rows { database, session } => print(&resume::rows(database, session)?),
                Work::Serve { bare } => interface::serve(*bare).await,
                Work::Calls { calls } => print(&interface::calls(*calls).await?),
                Work::Deltas { words } => print(&interface::deltas(*words).await?),
            }
        })
    }
}

fn print(measured: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}

/// Runs a measured process and gives what it measured.
pub(crate) async fn measure<T: DeserializeOwned>(
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> anyhow::Result<T> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("role").args(arguments).kill_on_drop(true).output().await?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the measured process printed no result")
}
