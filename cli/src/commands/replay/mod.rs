//! `tau replay verify`: a recording beside what would be asked today.

mod answer;

use std::collections::BTreeMap;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_agent::Agent;
use tau_agent::transport::{Matching, ReplayTransport};
use tau_core::config::PermissionMode;
use tau_core::event::{EventBody, RunOutcome, Seq};
use tau_core::{ContentBlock, EffectClass, ToolCallId, ToolDefinition, ToolResult};
use tau_runtime::{Session, Update};
use tau_tools::{ToolContext, ToolExecutor, ToolOutput, ToolRegistry};
use tokio_util::sync::CancellationToken;

use crate::args::VerifyReplayArgs;
use crate::config;
use crate::equip;
use crate::exit::{Exit, UsageError};
use crate::knowledge::Known;
use crate::output::printable;
use crate::session::{self, ChosenModel, Files};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// Plays a recording with today's configuration, without a model and without tools.
pub(crate) async fn verify(args: VerifyReplayArgs) -> miette::Result<Exit> {
    let mut loaded = config::load(&args.common, None)?;
    let recording = session::recording(&args.file)?;
    let prompt = args.prompt.as_deref().or(recording.prompt()).map(str::to_owned).ok_or_else(|| {
        let message = format!("{} does not say what the prompt was", args.file.display());
        UsageError::new(message, "give it with --prompt")
    })?;
    // Every call is answered out of the recording, and so are the denials of those that were denied.
    loaded.config.permissions = Default::default();
    loaded.config.permissions.mode = Some(PermissionMode::Bypass);
    let results = Arc::new(recording.results().clone());
    let transport = Arc::new(ReplayTransport::matching(recording, Matching::Tolerant));
    let agent = Agent::replay(Arc::clone(&transport))
        .map_err(|error| UsageError::new(error.to_string(), "it was made by another version of tau"))?;
    let chosen =
        ChosenModel { agent, name: format!("{}{}", config::REPLAY, args.file.display()), note: None };
    let known = Known::of(&loaded);
    let (mut options, _) = session::options_of(&loaded, chosen, None, Files::Here, &known)?;
    // As the session was that was recorded, whose notes were told then.
    drop(equip::equip(&loaded, &mut options, &known));
    (options.hooks, options.observer) = (None, None);
    options.tools = options
        .tools
        .names()
        .filter_map(|name| options.tools.get(name))
        .map(|tool| {
            Arc::new(RecordedTool { tool: Arc::clone(tool), results: Arc::clone(&results) })
                as Arc<dyn ToolExecutor>
        })
        .collect::<ToolRegistry>();
    equip::follow(&loaded, &mut options, &known);

    let (session, handle) = Session::new(options);
    let mut updates = handle.subscribe(Seq::default());
    let task = tokio::spawn(session.run(CancellationToken::new()));
    handle
        .prompt([ContentBlock::text(prompt)])
        .await
        .map_err(|error| miette::miette!("the recording cannot be played: {error}"))?;
    let mut outcome = None;
    while let Some(update) = updates.next().await {
        let Update::Event(event) = &update else { continue };
        let answered = match &event.body {
            EventBody::RunFinished { outcome: ended, .. } => {
                outcome = Some(ended.clone());
                break;
            }
            EventBody::QuestionAsked { call_id, .. } => {
                handle.answer_question(call_id.clone(), answer::question(results.get(call_id))).await
            }
            EventBody::PlanProposed { call_id, .. } => {
                handle.answer_plan(call_id.clone(), answer::plan(results.get(call_id))).await
            }
            _ => continue,
        };
        answered.map_err(|error| miette::miette!("the recording cannot be played: {error}"))?;
    }
    drop(handle);
    // It has ended, or ends because nobody holds it any more.
    let _ = task.await;
    Ok(report(&transport, outcome.as_ref()))
}

fn report(transport: &ReplayTransport, outcome: Option<&RunOutcome>) -> Exit {
    let (total, differences) = (transport.recording().exchange_count(), transport.differences());
    for difference in &differences {
        let number = difference.request;
        anstream::println!("{BAD}✗{BAD:#} request {number} of {total} differs (- recorded, + sent):");
        anstream::println!("{}", printable(difference.diff.trim_end()));
    }
    let remaining = transport.remaining();
    if remaining > 0 {
        anstream::println!("{BAD}✗{BAD:#} {remaining} of {total} requests were not made");
    }
    if let Some(RunOutcome::Failed { failure }) = outcome {
        anstream::println!("! the run ended with: {}", printable(&failure.message));
    }
    if differences.is_empty() && remaining == 0 {
        anstream::println!("{GOOD}✓{GOOD:#} all {total} requests are as recorded");
        return Exit::Done;
    }
    Exit::Failed
}

/// A tool that gives what it gave when the recording was made, and does nothing.
#[derive(Debug)]
struct RecordedTool {
    tool: Arc<dyn ToolExecutor>,
    results: Arc<BTreeMap<ToolCallId, ToolResult>>,
}

impl ToolExecutor for RecordedTool {
    fn definition(&self) -> &ToolDefinition {
        self.tool.definition()
    }

    fn effect(&self) -> EffectClass {
        self.tool.effect()
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, ToolOutput> {
        let result = context.scope.as_ref().and_then(|scope| self.results.get(&scope.call_id));
        let output = result.map_or_else(
            || ToolOutput::error("The recording holds no result of this call."),
            |result| {
                let mut output = ToolOutput::text("");
                output.content = result.content.to_vec();
                output.is_error = result.is_error;
                output
            },
        );
        std::future::ready(output).boxed()
    }
}
