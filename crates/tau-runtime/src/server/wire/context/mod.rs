//! What goes into a session beside what the model and the tools say.

mod entry;
mod media;
mod quote;

use tau_core::Message;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::bootstrap;
use tau_session::ContextReport;

use super::error::{WireError, Within};
use super::event::read_journal;
use super::message::read_messages;
use crate::OpenedSession;

pub(crate) use entry::{Entry, Reference, file, read_entries};
pub(crate) use quote::quotation;

/// What a new session begins with.
#[derive(Debug, Default)]
pub(crate) struct Start {
    /// The history to go on from.
    pub(crate) history: History,
    /// What it shall know from the start.
    pub(crate) context: Vec<Entry>,
}

/// The history that a session goes on from.
#[derive(Debug, Default)]
pub(crate) enum History {
    /// None.
    #[default]
    Nothing,
    /// A conversation; whether it can go on is the runtime's to say.
    Messages(Vec<Message>),
    /// The session's own journal, whose chain holds.
    Events(Box<OpenedSession>),
}

/// What a new session begins with.
pub(crate) fn read_bootstrap(wire: pb::Bootstrap) -> Result<Start, WireError> {
    let history = match wire.history {
        Some(bootstrap::History::Messages(messages)) => {
            History::Messages(read_messages(messages).within("messages")?)
        }
        Some(bootstrap::History::Events(events)) => {
            History::Events(Box::new(read_journal(&events).within("events")?))
        }
        None => History::Nothing,
    };
    Ok(Start { history, context: read_entries("context", wire.context)? })
}

/// What fills the model's window.
pub(crate) fn context_report(report: &ContextReport) -> pb::ContextReport {
    pb::ContextReport {
        instructions: report.instructions,
        tools: report.tools,
        user: report.user,
        assistant: report.assistant,
        reasoning: report.reasoning,
        tool_calls: report.tool_calls,
        tool_results: report.tool_results,
        images: report.images,
        ..Default::default()
    }
}
