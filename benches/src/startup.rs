//! From the start of `tau run` to its first request.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use tau_testkit::{ModelServer, Reply};
use tokio::process::Command;

use crate::cpu;
use crate::role::Who;
use crate::stats::{median, ms, verdict};

/// What a process had used when its first request came.
#[derive(Debug, Clone, Copy)]
struct Used {
    cpu: Duration,
    memory: u64,
}

/// The process to look at when a request comes, and what it had used then.
#[derive(Debug, Default)]
struct Watch {
    pid: Option<u32>,
    used: Option<Used>,
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let watch = Arc::new(Mutex::new(Watch::default()));
        let seen = Arc::clone(&watch);
        let server = ModelServer::start_unrecorded(move |_, _| {
            let mut watch = seen.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(pid) = watch.pid.take() {
                watch.used = used(pid).ok();
            }
            Reply::tool_calls([("call_1", "look", "{\"at\":\"x\"}")])
        })
        .await?;
        let (mut bare, mut tau) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            bare.push(measure(bare_process(&server.base_url())?, &watch).await?);
            tau.push(measure(tau_process(&server.base_url())?, &watch).await?);
        }
        print(&bare, &tau);
        Ok(())
    })
}

fn used(pid: u32) -> anyhow::Result<Used> {
    Ok(Used { cpu: cpu::time_of(pid)?, memory: cpu::peak_memory_of(pid)? })
}

async fn measure(mut command: Command, watch: &Mutex<Watch>) -> anyhow::Result<Used> {
    let mut child = {
        // Held until the process is known, so that its request cannot come before.
        let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        *watch = Watch { pid: child.id(), used: None };
        child
    };
    child.wait().await?;
    let used = watch.lock().unwrap_or_else(PoisonError::into_inner).used;
    used.with_context(|| format!("{command:?} sent no request"))
}

fn bare_process(base_url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["role", "turns", Who::Bare.as_str(), base_url, "1"]);
    Ok(command)
}

fn tau_process(base_url: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(tau_binary()?);
    command.args(["run", "--model", "bench/bench", "--max-turns", "1", "hello"]);
    command.env("TAU_PROVIDERS__BENCH__BASE_URL", base_url);
    Ok(command)
}

/// The release binary of `tau`, beside this program.
pub(crate) fn tau_binary() -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("tau");
    anyhow::ensure!(path.exists(), "{} is not built; use `cargo xtask bench`", path.display());
    Ok(path)
}

fn print(bare: &[Used], tau: &[Used]) {
    let cpu = |used: &[Used]| median(used.iter().map(|used| ms(used.cpu)));
    #[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
    let memory = |used: &[Used]| median(used.iter().map(|used| used.memory as f64 / 1e6));
    println!("From exec to the first request, {} pairs, medians", bare.len());
    println!("  {:22} {:>10} {:>14}", "", "CPU (ms)", "memory (MB)");
    println!("  {:22} {:>10.2} {:>14.1}", "bare reqwest process", cpu(bare), memory(bare));
    println!("  {:22} {:>10.2} {:>14.1}", "tau run", cpu(tau), memory(tau));
    println!("  tau / bare             {:>10.2} {:>14.2}", cpu(tau) / cpu(bare), memory(tau) / memory(bare));
    println!(
        "  goal: CPU <= 20 ms: {}, memory <= 25 MB: {}\n",
        verdict(cpu(tau) <= 20.0),
        verdict(memory(tau) <= 25.0)
    );
}
