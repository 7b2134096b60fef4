//! Follows and ends commands in the background.

mod args;
mod job;
mod table;

use std::time::Duration;

use args::{Action, JobsArgs};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

pub use table::BackgroundJobs;

use super::support;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "jobs";
/// What the tool has beyond the time it is to wait.
const GRACE: Duration = Duration::from_secs(5);
const MOST_SECONDS: u64 = 600;

/// Follows and ends commands in the background.
#[derive(Debug)]
pub struct JobsTool {
    definition: ToolDefinition,
    jobs: BackgroundJobs,
}

impl JobsTool {
    /// The tool, for these jobs.
    #[must_use]
    pub fn new(jobs: &BackgroundJobs) -> Self {
        let definition = support::definition::<JobsArgs>(NAME, include_str!("description.md"));
        Self { definition, jobs: jobs.clone() }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: JobsArgs = ToolOutput::arguments(&self.definition, arguments)?;
        if args.action == Action::List {
            return Ok(ToolOutput::text(self.jobs.list(context)));
        }
        let Some(id) = args.id else {
            return Err(ToolOutput::error("`id` is missing: which job? List shows them."));
        };
        let Some(job) = self.jobs.find(context, id) else {
            let list = self.jobs.list(context);
            return Err(ToolOutput::error(format!("There is no job {id}.\n{list}")));
        };
        if args.action == Action::Kill {
            job.kill().await;
        } else if let Some(seconds) = args.wait_seconds {
            // Time that is over is no failure: the job goes on.
            let _ = tokio::time::timeout(Duration::from_secs(seconds), job.ended()).await;
        }
        Ok(ToolOutput::text(job.news()))
    }
}

impl ToolExecutor for JobsTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// It reaches nothing but what bash was let start in this session, and of that a crash leaves nothing.
    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        let asked = arguments.get("wait_seconds").and_then(Value::as_u64);
        asked.map_or(default, |seconds| Duration::from_secs(seconds.min(MOST_SECONDS)) + GRACE)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}
