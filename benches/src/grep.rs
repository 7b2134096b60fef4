//! The grep tool over a tree of 500 MB, against ripgrep on the same tree.
//!
//! Both are processes that start, search and end, with the same rules: what `.gitignore` hides is left out, dotted files
//! are searched, lines have numbers. ripgrep prints every line that matches into a pipe; the tool counts them all and
//! gives the first hundred by path and line, which is what a model sees.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tau_core::{ToolArguments, ToolCall, ToolCallId};
use tau_tools::environment::LocalEnvironment;
use tau_tools::{OutputBounds, ToolContext, builtin};

use crate::scratch;
use crate::stats::{median, ms, ratio, spread, verdict};

const GOAL: f64 = 1.15;
/// The tree: files of some 16 KB, as source code has them, and some long ones.
const FOLDERS: usize = 600;
const FILES: usize = 45;
const LONG_FILES: usize = 6;
const LONG_BYTES: usize = 8 << 20;
/// What is looked for, and what for.
const PATTERNS: [(&str, &str); 4] = [
    ("rare_needle_12345", "a rare word"),
    ("fn \\w+_config\\(", "a prefix, then words"),
    ("(?i)timeout", "any case"),
    ("[0-9]{7,}", "no literal"),
];

/// One measured process
#[derive(Debug, Args)]
pub(crate) struct Grepper {
    /// The tree
    root: PathBuf,
    /// What is looked for
    pattern: String,
}

impl Grepper {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let context = ToolContext::new(Arc::new(LocalEnvironment::new(&self.root)?));
        let arguments = ToolArguments::from(json!({ "pattern": self.pattern }));
        let call = ToolCall::new(ToolCallId::new("call"), "grep", arguments);
        let done = runtime.block_on(builtin::all().run(&call, &context, OutputBounds::default()));
        anyhow::ensure!(!done.result.is_error, "{}", done.result.text());
        println!("{}", done.result.text());
        Ok(())
    }
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let version = Command::new("rg").arg("--version").output();
    let Ok(version) = version else {
        println!("grep: SKIPPED, there is no rg on this machine to compare with (apt-get install ripgrep)");
        return Ok(());
    };
    let version = String::from_utf8_lossy(&version.stdout);
    let scratch = scratch::folder()?;
    let bytes = plant(scratch.path())?;
    println!(
        "grep over {:.0} MB in {} files, against {}; goal: wall time <= {GOAL} of it",
        bytes as f64 / 1e6,
        FOLDERS * FILES + LONG_FILES,
        version.lines().next().unwrap_or("rg")
    );
    for (pattern, about) in PATTERNS {
        let (mut floor, mut ours) = (Vec::new(), Vec::new());
        // The first pair warms the cache of files.
        for pair in 0..=pairs {
            let rg = timed(&mut ripgrep(scratch.path(), pattern))?;
            let tool = timed(&mut own(scratch.path(), pattern)?)?;
            if pair > 0 {
                floor.push(rg);
                ours.push(tool);
            }
        }
        let ratio = ratio(&floor, &ours, |took| took.as_secs_f64());
        let middle = |all: &[Duration]| median(all.iter().map(|took| ms(*took)));
        println!(
            "  {about:<22} rg {:>7.1} ms, tool {:>7.1} ms, ratio {ratio:.2}, noise {:.2}: {}",
            middle(&floor),
            middle(&ours),
            spread(floor.iter().map(|took| ms(*took))),
            verdict(ratio <= GOAL)
        );
    }
    Ok(())
}

fn ripgrep(root: &Path, pattern: &str) -> Command {
    let mut rg = Command::new("rg");
    rg.args(["--no-config", "--hidden", "--glob", "!.git", "--line-number", "--no-heading", "-e", pattern]);
    // The rules of the tree alone, as the tool has them.
    rg.args(["--no-require-git", "--no-ignore-global", "--no-ignore-parent", "--"]).arg(root);
    rg
}

fn own(root: &Path, pattern: &str) -> anyhow::Result<Command> {
    let mut own = Command::new(std::env::current_exe()?);
    own.arg("grepper").arg("--").arg(root).arg(pattern);
    Ok(own)
}

/// From the start of a process to its end, what it prints read.
fn timed(command: &mut Command) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let done =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("a search did not start")?;
    let took = started.elapsed();
    anyhow::ensure!(done.status.success(), "a search failed: {}", done.status);
    anyhow::ensure!(!done.stdout.is_empty(), "a search found nothing");
    Ok(took)
}

/// Plants the tree; gives its bytes.
fn plant(root: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    let mut put = |path: PathBuf, text: &str| -> anyhow::Result<()> {
        bytes += text.len() as u64;
        Ok(fs::write(path, text)?)
    };
    put(root.join(".gitignore"), "*.o\n/build/\n")?;
    let mut state = 7;
    for folder in 0..FOLDERS {
        let path = root.join(format!("part{:02}", folder % 25)).join(format!("module{folder:03}"));
        fs::create_dir_all(&path)?;
        for file in 0..FILES {
            put(path.join(format!("file{file:02}.rs")), &source(&mut state, 16_000))?;
        }
    }
    for file in 0..LONG_FILES {
        put(root.join(format!("long{file}.log")), &source(&mut state, LONG_BYTES))?;
    }
    Ok(bytes)
}

/// Text like source code; one line in some thousands has what is looked for.
fn source(state: &mut u64, len: usize) -> String {
    const WORDS: [&str; 16] = [
        "let",
        "value",
        "return",
        "match",
        "result",
        "session",
        "the",
        "index",
        "self.state",
        "=>",
        "Some(item)",
        "if",
        "buffer",
        "// what",
        "&mut",
        "length",
    ];
    let mut draw = |below: u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) % below
    };
    let mut text = String::with_capacity(len + 120);
    while text.len() < len {
        match draw(20_000) {
            0 => text.push_str("    fn read_config(path: &Path) -> Config {"),
            1 => text.push_str("    let Timeout = 12345678;"),
            2 if draw(20) == 0 => text.push_str("    // rare_needle_12345"),
            _ => {
                let _ = write!(text, "{:width$}", "", width = draw(4) as usize * 4);
                for _ in 0..2 + draw(8) {
                    text.push_str(WORDS[draw(16) as usize]);
                    text.push(' ');
                }
            }
        }
        text.push('\n');
    }
    text
}
