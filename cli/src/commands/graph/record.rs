//! What came of a node's session, as its events tell it: while it works, and when it is read again.

use std::collections::BTreeMap;

use tau_core::event::{DenialReason, EventBody, RunOutcome, ToolOutcome};
use tau_core::{Message, ToolResult};

use super::error::NodeError;
use crate::exit::Exit;

/// What came of a session so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    /// Whether it has its prompt.
    pub(super) is_prompted: bool,
    /// The words of the last reply.
    pub(super) text: String,
    /// How its run ended, if it has.
    ended: Option<RunOutcome>,
    /// What its last call came to.
    pub(super) call: Option<Finished>,
    outcome: Option<ToolOutcome>,
    tools: BTreeMap<String, String>,
    /// Why calls needed permission, by their ids.
    reasons: BTreeMap<String, String>,
    /// Tools that needed permission when nobody was there to give it, and why.
    denied: Vec<(String, String)>,
}

/// What a call came to.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub(super) text: String,
    pub(super) is_error: bool,
}

impl Record {
    /// Takes an event in.
    pub(super) fn take(&mut self, event: &EventBody) {
        match event {
            EventBody::PromptSubmitted { .. } => self.is_prompted = true,
            EventBody::RunStarted { .. } => self.ended = None,
            EventBody::RunFinished { outcome, .. } => self.ended = Some(outcome.clone()),
            EventBody::ModelReplied { response, .. } => {
                self.text = Message::assistant(response.content.clone()).text();
            }
            EventBody::ToolRequested { call, .. } => {
                self.tools.insert(call.id.as_str().to_owned(), call.name.clone());
            }
            EventBody::PermissionRequested { call_id, reason } => {
                self.reasons.insert(call_id.as_str().to_owned(), reason.clone());
            }
            EventBody::ToolFinished { outcome, result, .. } => self.finish(outcome, result),
            _ => {}
        }
    }

    fn finish(&mut self, outcome: &ToolOutcome, result: &ToolResult) {
        let nobody = ToolOutcome::Denied { reason: DenialReason::NobodyToAsk };
        if *outcome == nobody {
            let id = result.call_id.as_str();
            let reason = self.reasons.get(id).cloned().unwrap_or_default();
            self.denied.push((self.tool(id).to_owned(), reason));
        }
        self.outcome = Some(*outcome);
        self.call = Some(Finished { text: result.text(), is_error: result.is_error });
    }

    /// Whether its work is over.
    pub(super) const fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Whether an only call may have run and nobody knows.
    pub(super) fn is_unknown(&self) -> bool {
        self.outcome == Some(ToolOutcome::Unknown)
    }

    /// The tool that a call wants to use, by its id.
    pub(super) fn tool(&self, call_id: &str) -> &str {
        self.tools.get(call_id).map_or("", String::as_str)
    }

    /// Whether its work came to its end as it should.
    pub(super) fn check(&self) -> Result<(), NodeError> {
        if let Some((tool, reason)) = self.denied.first() {
            let why = format!(
                "`{tool}` needed permission, and nobody was there to give it ({reason}); --allow RULE gives it"
            );
            return Err(NodeError::new(why, Exit::Denied));
        }
        match &self.ended {
            Some(RunOutcome::Completed) => Ok(()),
            Some(RunOutcome::TurnLimit { .. }) => {
                Err(NodeError::new("the limit of turns was met (raise it with --max-turns)", Exit::TurnLimit))
            }
            Some(RunOutcome::BudgetExceeded { .. }) => {
                Err(NodeError::new("the budget of its session is used up", Exit::Budget))
            }
            Some(RunOutcome::Failed { failure }) => Err(NodeError::failed(failure.message.clone())),
            Some(RunOutcome::Denied { message }) => {
                Err(NodeError::failed(format!("a hook did not let it go on: {message}")))
            }
            _ => Err(NodeError::new("its session was cancelled", Exit::Interrupted)),
        }
    }

    /// The same of one call, which may fail and is then for its node to judge, but has to have been run.
    pub(super) fn check_call(&self) -> Result<(), NodeError> {
        self.check()?;
        let text = || self.call.as_ref().map(|call| call.text.clone()).unwrap_or_default();
        match &self.outcome {
            Some(ToolOutcome::Succeeded | ToolOutcome::Failed) => Ok(()),
            Some(ToolOutcome::Denied { .. }) => {
                Err(NodeError::new(format!("it was not let run: {}", text()), Exit::Denied))
            }
            Some(ToolOutcome::TimedOut) => Err(NodeError::failed(format!("it took too long: {}", text()))),
            Some(ToolOutcome::Unknown) => Err(NodeError::failed(
                "it may have run before the program ended, and nobody knows; look what it did, and resume the run to run it \
                 again (`repeatable: true` says that it always may)",
            )),
            _ => Err(NodeError::failed("it was not run")),
        }
    }
}
