//! Runs shell commands.

mod args;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use args::BashArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{HumanDuration, ToolDefinition};
use tokio::time::MissedTickBehavior;

use super::jobs::BackgroundJobs;
use super::support::{self, Capture, failure};
use crate::environment::{CommandExit, CommandSide, CommandSpec, EnvironmentError};
use crate::executor::{Progress, ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "bash";
const MOST_SECONDS: u64 = 600;
/// What the tool has beyond the command's own time to end it and give what it printed.
const GRACE: Duration = Duration::from_secs(5);
/// How often what is printed is passed on.
const REPORT: Duration = Duration::from_millis(100);

/// Runs shell commands.
#[derive(Debug)]
pub struct BashTool {
    definition: ToolDefinition,
    jobs: BackgroundJobs,
}

impl BashTool {
    /// The tool, starting what is to stay in the background among these jobs.
    #[must_use]
    pub fn new(jobs: &BackgroundJobs) -> Self {
        let definition = support::definition::<BashArgs>(NAME, include_str!("description.md"));
        Self { definition, jobs: jobs.clone() }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: BashArgs = ToolOutput::arguments(&self.definition, arguments)?;
        if args.command.contains('\0') {
            return Err(ToolOutput::error("The command holds a NUL byte; nothing was run."));
        }
        let limit = args.timeout_seconds.map(Duration::from_secs);
        let side = match args.outside_sandbox.as_deref().map(str::trim) {
            None => CommandSide::Inside,
            Some("") => {
                return Err(ToolOutput::error(
                    "`outside_sandbox` says why, and it is empty; nothing was run.",
                ));
            }
            Some(_) if args.background == Some(true) => {
                return Err(ToolOutput::error(
                    "Outside the sandbox nothing runs in the background; nothing was run.",
                ));
            }
            Some(_) => CommandSide::Outside,
        };
        if args.background == Some(true) {
            return self
                .jobs
                .start(context, args.command, limit)
                .map(ToolOutput::text)
                .map_err(ToolOutput::error);
        }
        let command = CommandSpec::new(args.command).on(side);
        Ok(in_foreground(context, &command, limit.unwrap_or(context.timeout)).await)
    }
}

impl ToolExecutor for BashTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        let asked = arguments.get("timeout_seconds").and_then(Value::as_u64);
        // The tool ends the command itself, to give what it printed until then; this is for when that hangs.
        asked.map_or(default, |seconds| Duration::from_secs(seconds.min(MOST_SECONDS))) + GRACE
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

/// Why a command is over.
enum End {
    Exit(Result<CommandExit, EnvironmentError>),
    Timeout,
}

async fn in_foreground(context: &ToolContext, command: &CommandSpec, limit: Duration) -> ToolOutput {
    let kept = context.environment.results().map(|store| Capture::new(store.limits().each));
    let capture = Mutex::new(kept.unwrap_or_default());
    let end = watch(context, command, limit, &capture).await;
    report(&context.progress, &capture);
    let (output, gap) = capture.lock().unwrap_or_else(PoisonError::into_inner).text();
    let output = match end {
        End::Exit(Ok(CommandExit::Code(0))) if output.is_empty() => ToolOutput::text("(no output)"),
        End::Exit(Ok(CommandExit::Code(0))) => ToolOutput::text(output),
        End::Exit(Ok(CommandExit::Code(code))) => ended(output, &format!("[exit code {code}]")),
        End::Exit(Ok(CommandExit::Signal(signal))) => ended(output, &format!("[killed by signal {signal}]")),
        End::Exit(Err(error)) if output.is_empty() => failure(&error),
        End::Exit(Err(error)) => ended(output, &format!("[{error}]")),
        End::Timeout => ended(output, &format!("[stopped after {}]", HumanDuration::from(limit))),
    };
    output.with_gap(gap)
}

/// Runs the command until it ends or its time is over, when everything it started is ended.
async fn watch(
    context: &ToolContext,
    command: &CommandSpec,
    limit: Duration,
    capture: &Mutex<Capture>,
) -> End {
    let keep = |chunk: &[u8]| capture.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
    let mut running = context.environment.run(command, &keep);
    let mut timeout = std::pin::pin!(tokio::time::sleep(limit));
    let mut ticks = tokio::time::interval(REPORT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            exit = &mut running => return End::Exit(exit),
            () = &mut timeout => return End::Timeout,
            _ = ticks.tick() => report(&context.progress, capture),
        }
    }
}

fn report(progress: &Progress, capture: &Mutex<Capture>) {
    let text = capture.lock().unwrap_or_else(PoisonError::into_inner).take_pending();
    if !text.is_empty() {
        progress.report(&text);
    }
}

/// A failure: what was printed, then on a line of its own how it ended.
fn ended(mut output: String, how: &str) -> ToolOutput {
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    output.push_str(how);
    ToolOutput::error(output)
}
