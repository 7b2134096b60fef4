//! What there is to say of a session as a whole.

use schemars::JsonSchema;
use serde::Serialize;
use tau_core::event::Timestamp;
use tau_persist::{Holder, Liveness, SessionInfo};
use tau_session::SessionOverview;

use crate::output::{Usage, dollars, plural, rfc3339, short};
use crate::store::State;

/// A session as a whole.
// tidy: struct-fields: the keys of one JSON object, which programs read by name
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct About {
    /// Its id.
    pub(crate) id: String,
    /// Whether it waits for somebody.
    pub(crate) state: State,
    /// Who has it open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) holder: Option<Open>,
    /// The model, as it was asked for; empty where that cannot be read.
    pub(crate) model: String,
    /// The folder the agent works in, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) working_dir: Option<String>,
    /// When its first event was decided, as RFC 3339 in UTC.
    pub(crate) created: String,
    /// When it was last written.
    pub(crate) updated: String,
    /// The beginning of the first prompt.
    pub(crate) prompt: String,
    /// Its events.
    pub(crate) events: u64,
    /// Replies of the model, those of subagents too.
    pub(crate) turns: u32,
    /// Calls of tools, those of subagents too.
    pub(crate) tool_calls: u32,
    /// Tokens, as providers counted them.
    pub(crate) usage: Usage,
    /// US dollars, as a decimal number; absent for models whose prices are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<String>,
}

/// Who has a session open.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Open {
    /// The name of the program.
    name: String,
    /// The id of its process, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    process_id: Option<u32>,
}

impl Open {
    /// Somebody of whom no more than a name is known.
    pub(crate) fn by(name: &str) -> Self {
        Self { name: name.to_owned(), process_id: None }
    }
}

impl About {
    pub(crate) fn new(info: &SessionInfo, overview: &SessionOverview) -> Self {
        // A process that is gone holds nothing, whatever it said.
        let holder = info.holder.as_deref().map(Holder::parse);
        let holder = holder.filter(|holder| holder.liveness() != Liveness::Gone);
        Self {
            id: info.session.to_string(),
            state: State::of(overview, holder.as_ref()),
            holder: holder
                .map(|holder| Open { name: holder.label().to_owned(), process_id: holder.process_id() }),
            model: overview.model.clone(),
            working_dir: overview.metadata.get("working_dir").cloned(),
            created: rfc3339(overview.created),
            updated: rfc3339(Timestamp::from(info.updated)),
            prompt: overview.prompt.clone(),
            events: info.head.seq,
            turns: overview.spent.turns,
            tool_calls: overview.spent.tool_calls,
            usage: overview.spent.usage.into(),
            cost: overview.has_prices().then(|| dollars(overview.spent.cost)),
        }
    }

    /// The state in words for people.
    pub(crate) fn state_words(&self) -> String {
        match self.state {
            State::Idle => "idle".to_owned(),
            State::Interrupted => "interrupted".to_owned(),
            State::Closed => "closed".to_owned(),
            State::InUse => match &self.holder {
                Some(Open { name, process_id: Some(id) }) => format!("in use by {name} (process {id})"),
                Some(Open { name, process_id: None }) => format!("in use by {name}"),
                None => "in use".to_owned(),
            },
        }
    }

    /// Turns, calls, tokens and cost.
    pub(crate) fn counts(&self) -> String {
        let usage = &self.usage;
        let cached = match usage.cached_input {
            0 => String::new(),
            cached => format!(" ({} cached)", short(cached)),
        };
        let cost = self.cost.as_ref().map(|cost| format!(" · ${cost}")).unwrap_or_default();
        format!(
            "{} · {} · {} tokens in{cached}, {} out{cost}",
            plural(self.turns, "turn"),
            plural(self.tool_calls, "tool call"),
            short(usage.input),
            short(usage.output),
        )
    }
}
