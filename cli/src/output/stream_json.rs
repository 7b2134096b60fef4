//! One JSON object a line, as it happens.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use tau_core::Prices;
use tau_core::event::{EventBody, ToolOutcome};
use tau_runtime::{Delta, Update};

use super::summary::{Usage, dollars, milliseconds};
use super::{Renderer, Started, Summary};

/// One line of `--output stream-json`. New types and fields may be added; none is taken away or changed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    /// The first line.
    Started {
        /// The session.
        session_id: &'a str,
        /// The model, as it was asked for.
        model: &'a str,
        /// The folder the agent works in.
        cwd: &'a str,
        /// The tools it may call.
        tools: &'a [String],
    },
    /// The model is asked; it begins a turn.
    TurnStarted {
        /// The turn, from 1.
        turn: u32,
    },
    /// More words of the model.
    Text {
        /// The words; the texts since the turn was last started, joined, are its whole text.
        text: &'a str,
    },
    /// More thoughts of the model.
    Reasoning {
        /// The thoughts.
        text: &'a str,
    },
    /// The model is not asked yet: the request waits its turn.
    Waiting {
        /// For what.
        reason: &'a str,
        /// Milliseconds until then; not set where nobody knows.
        #[serde(skip_serializing_if = "Option::is_none")]
        wait_ms: Option<u64>,
    },
    /// The model could not be asked and will be again.
    Retrying {
        /// Which try comes next, from 2.
        attempt: u32,
        /// Milliseconds until then.
        delay_ms: u64,
        /// What went wrong.
        reason: &'a str,
    },
    /// The model answered; its turn is complete.
    TurnFinished {
        /// The turn.
        turn: u32,
        /// Why the model stopped: `stop`, `length`, `tool_calls`, `content_filter`, or the provider's word.
        finish: &'a str,
        /// Tokens of the turn, when the provider told them.
        usage: Option<Usage>,
        /// US dollars, as a decimal number; absent when tokens or prices are not known.
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<String>,
    },
    /// The answer broke off or did not come. Another `turn_started` of the same turn follows, and the words since
    /// the last one no longer count; or the run is over.
    TurnFailed {
        /// The turn.
        turn: u32,
        /// What went wrong.
        error: &'a str,
    },
    /// The conversation filled the model's window, and its older part was replaced by something shorter.
    Compacted,
    /// A tool call; it may wait for permission before it runs.
    ToolCall {
        /// Pairs it with its output and result.
        id: &'a str,
        /// The tool.
        name: &'a str,
        /// The arguments as the model wrote them, JSON as text.
        arguments: &'a str,
    },
    /// A tool call waits for permission.
    PermissionRequested {
        /// The call.
        id: &'a str,
        /// Why it is asked about.
        reason: &'a str,
    },
    /// More output of a tool that runs.
    ToolOutput {
        /// The call.
        id: &'a str,
        /// The output.
        text: &'a str,
    },
    /// A tool call ended.
    ToolResult {
        /// The call.
        id: &'a str,
        /// `succeeded`, `failed`, `denied`, `timed_out`, `cancelled` or `unknown`.
        outcome: &'a str,
        /// What the model gets to see.
        text: &'a str,
        /// Milliseconds it ran.
        duration_ms: u64,
    },
    /// The reader was too slow: this many lines were left out. Only streaming lines can be.
    Lagged {
        /// How many.
        missed: u64,
    },
    /// The last line.
    Finished(&'a Summary),
}

/// Writes a line for every update that has one.
#[derive(Default)]
pub(super) struct StreamJson {
    /// Of the session's model, when they are known.
    prices: Option<Prices>,
}

impl StreamJson {
    fn write(line: &Line<'_>) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl Renderer for StreamJson {
    fn start(&mut self, started: &Started) -> io::Result<()> {
        self.prices.clone_from(&started.prices);
        Self::write(&Line::Started {
            session_id: &started.session_id,
            model: &started.model,
            cwd: &started.working_dir,
            tools: &started.tools,
        })
    }

    fn update(&mut self, update: &Update) -> io::Result<()> {
        match update {
            Update::Delta(delta) => delta_line(delta).map_or(Ok(()), |line| Self::write(&line)),
            Update::Lagged(missed) => Self::write(&Line::Lagged { missed: *missed }),
            Update::Event(event) => write_event(&event.body, self.prices.as_ref()),
            _ => Ok(()),
        }
    }

    fn note(&mut self, text: &str) {
        anstream::eprintln!("{text}");
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        Self::write(&Line::Finished(summary))
    }
}

fn delta_line(delta: &Delta) -> Option<Line<'_>> {
    Some(match delta {
        Delta::Text(text) => Line::Text { text },
        Delta::Reasoning(text) => Line::Reasoning { text },
        Delta::ToolOutput { call_id, text } => Line::ToolOutput { id: call_id.as_str(), text },
        Delta::Waiting { reason, wait } => Line::Waiting { reason, wait_ms: wait.map(milliseconds) },
        Delta::Retrying { attempt, delay, reason } => {
            Line::Retrying { attempt: *attempt, delay_ms: milliseconds(*delay), reason }
        }
        _ => return None,
    })
}

fn write_event(event: &EventBody, prices: Option<&Prices>) -> io::Result<()> {
    let line = match event {
        EventBody::ModelRequested { turn, .. } => Line::TurnStarted { turn: *turn },
        EventBody::ModelReplied { turn, response } => Line::TurnFinished {
            turn: *turn,
            finish: response.finish.as_str(),
            usage: response.usage.map(Usage::from),
            cost: response.cost_at(prices).map(dollars),
        },
        EventBody::ModelFailed { turn, failure } => Line::TurnFailed { turn: *turn, error: &failure.message },
        EventBody::Compacted { .. } => Line::Compacted,
        EventBody::ToolRequested { call, .. } => {
            Line::ToolCall { id: call.id.as_str(), name: &call.name, arguments: call.arguments.raw() }
        }
        EventBody::PermissionRequested { call_id, reason } => {
            Line::PermissionRequested { id: call_id.as_str(), reason }
        }
        EventBody::ToolFinished { outcome, result, elapsed } => {
            let text = result.text();
            return StreamJson::write(&Line::ToolResult {
                id: result.call_id.as_str(),
                outcome: outcome_word(*outcome),
                text: &text,
                duration_ms: milliseconds(elapsed.get()),
            });
        }
        _ => return Ok(()),
    };
    StreamJson::write(&line)
}

/// The word for how a call ended.
pub(crate) const fn outcome_word(outcome: ToolOutcome) -> &'static str {
    match outcome {
        ToolOutcome::Succeeded => "succeeded",
        ToolOutcome::Failed => "failed",
        ToolOutcome::Denied { .. } => "denied",
        ToolOutcome::TimedOut => "timed_out",
        ToolOutcome::Cancelled => "cancelled",
        _ => "unknown",
    }
}
