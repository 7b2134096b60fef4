//! What a list says of a session.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use tau_core::event::{Event, EventBody, HookChange, HookSubject, Seq, SessionConfig, Spending, Timestamp};
use tau_core::{ContentBlock, Prices, RunId, SessionId, TokenUsage, ToolCall, ToolCallId};

/// Characters of the first prompt that are kept.
const PROMPT: usize = 200;

/// What a list says of a session: a small fold of its events, cheap enough to be kept beside them.
///
/// It counts what was spent, whatever was taken back since: a rewind brings no money back.
// tidy: struct-fields: each is a column of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionOverview {
    /// The newest event; 0 before the first.
    pub seq: Seq,
    /// The epoch of the newest event.
    pub epoch: u64,
    /// When the first event was decided.
    pub created: Timestamp,
    /// When the newest event was decided.
    pub updated: Timestamp,
    /// The model, as people name it.
    pub model: String,
    /// What people find the session by.
    pub metadata: BTreeMap<String, String>,
    /// The session that started this one as a subagent.
    pub parent: Option<SessionId>,
    /// The beginning of the first prompt, at most 200 characters on one line.
    pub prompt: String,
    /// What it has spent, its subagents included. Money as far as prices are known.
    pub spent: Spending,
    /// The run that is on.
    pub run: Option<RunId>,
    /// Runs that wait for it, in order.
    pub queued: VecDeque<RunId>,
    /// Subagents that have not reported their end.
    pub subagents: BTreeSet<SessionId>,
    /// What waits for people, oldest first.
    pub pending: Vec<Pending>,
    /// Whether it was closed, so that nothing more happens.
    pub is_closed: bool,
    prices: Option<Prices>,
    /// Calls of the newest reply that have no result.
    open: Vec<ToolCall>,
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pending {
    /// The call that waits.
    pub call: ToolCall,
    /// The event that asks.
    pub seq: Seq,
    /// What is asked.
    pub question: PendingQuestion,
}

/// What a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PendingQuestion {
    /// Whether the call may run.
    Permission {
        /// Why it is asked about.
        reason: String,
    },
    /// A question of the model.
    Question {
        /// Its words.
        text: String,
        /// Answers to choose from; empty for a free answer.
        choices: Vec<String>,
    },
    /// Whether a plan is to be carried out.
    Plan {
        /// The plan, in Markdown.
        plan: String,
    },
}

impl SessionOverview {
    /// What it is called where it is kept beside the events. Another form of it needs another name.
    pub const SNAPSHOT: &str = "tau-runtime.overview.1";

    /// The overview of events from the first on.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut overview = Self::default();
        events.into_iter().for_each(|event| overview.apply(event));
        overview
    }

    /// Takes the next event in. Total: an event that cannot have happened changes nothing but the count.
    pub fn apply(&mut self, event: &Event) {
        if self.seq == Seq::default() {
            self.created = event.header.time;
        }
        (self.seq, self.epoch, self.updated) = (event.header.seq, event.header.epoch, event.header.time);
        match &event.body {
            EventBody::SessionCreated(config) => self.create(config),
            // A copy goes on where the original may have been closed.
            EventBody::SessionForked { .. } => self.is_closed = false,
            EventBody::SessionUpdated { metadata } => self.metadata.clone_from(metadata),
            EventBody::SessionClosed => self.is_closed = true,
            EventBody::PromptSubmitted { run, content, .. } => {
                self.queued.push_back(*run);
                if self.prompt.is_empty() {
                    self.prompt = beginning(content);
                }
            }
            EventBody::RunStarted { run } => {
                self.queued.retain(|queued| queued != run);
                self.run = Some(*run);
            }
            EventBody::RunFinished { run, .. } if self.queued.contains(run) => {
                self.queued.retain(|queued| queued != run);
            }
            EventBody::RunFinished { .. } => self.run = None,
            EventBody::Rewound { .. } => self.settle(),
            EventBody::ModelReplied { response, .. } => {
                self.spent.turns = self.spent.turns.saturating_add(1);
                self.spend_tokens(response.usage, response.cost);
            }
            EventBody::Compacted { usage, .. } => self.spend_tokens(*usage, None),
            EventBody::SubagentStarted { child, .. } => drop(self.subagents.insert(*child)),
            EventBody::SubagentFinished { child, spent, .. } => {
                self.subagents.remove(child);
                self.spent += *spent;
            }
            other => self.apply_to_calls(other),
        }
    }

    fn apply_to_calls(&mut self, event: &EventBody) {
        match event {
            EventBody::ToolRequested { call, .. } => {
                self.spent.tool_calls = self.spent.tool_calls.saturating_add(1);
                self.open.push(call.clone());
            }
            EventBody::HooksDecided { about: HookSubject::Call { call_id }, decision, .. } => {
                if let Some(HookChange::Arguments { arguments }) = &decision.change {
                    let call = self.open.iter_mut().find(|call| call.id == *call_id);
                    call.into_iter().for_each(|call| call.arguments = arguments.clone());
                }
            }
            EventBody::ToolFinished { result, .. } => {
                self.answered(&result.call_id);
                self.open.retain(|call| call.id != result.call_id);
            }
            EventBody::PermissionRequested { call_id, reason } => {
                self.asked(call_id, PendingQuestion::Permission { reason: reason.clone() });
            }
            EventBody::QuestionAsked { call_id, text, choices } => {
                let (text, choices) = (text.clone(), choices.clone());
                self.asked(call_id, PendingQuestion::Question { text, choices });
            }
            EventBody::PlanProposed { call_id, plan } => {
                self.asked(call_id, PendingQuestion::Plan { plan: plan.clone() });
            }
            EventBody::PermissionAnswered { call_id, .. }
            | EventBody::QuestionAnswered { call_id, .. }
            | EventBody::PlanAnswered { call_id, .. } => self.answered(call_id),
            _ => {}
        }
    }

    fn create(&mut self, config: &SessionConfig) {
        self.model.clone_from(&config.model);
        self.prices.clone_from(&config.prices);
        self.metadata.clone_from(&config.metadata);
        self.parent = config.parent;
    }

    /// What was on is not on any more: a rewind leaves nothing under way.
    fn settle(&mut self) {
        self.run = None;
        self.queued.clear();
        self.subagents.clear();
        self.pending.clear();
        self.open.clear();
    }

    /// Counts tokens, at the prices of the session's model where it is not told what they cost.
    fn spend_tokens(&mut self, usage: Option<TokenUsage>, cost: Option<tau_core::Money>) {
        let Some(usage) = usage else { return };
        self.spent.usage += usage;
        let priced = || self.prices.as_ref().map(|prices| prices.cost(&usage));
        self.spent.cost += cost.or_else(priced).unwrap_or_default();
    }

    fn asked(&mut self, call_id: &ToolCallId, question: PendingQuestion) {
        if let Some(call) = self.open.iter().find(|call| call.id == *call_id) {
            self.pending.push(Pending { call: call.clone(), seq: self.seq, question });
        }
    }

    fn answered(&mut self, call_id: &ToolCallId) {
        self.pending.retain(|pending| pending.call.id != *call_id);
    }

    /// Whether its prices are known, so that its money counts.
    #[must_use]
    pub const fn has_prices(&self) -> bool {
        self.prices.is_some()
    }

    /// Whether work was asked for that has not ended.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.run.is_some() || !self.queued.is_empty()
    }
}

/// The first words of a prompt, on one line.
fn beginning(content: &[ContentBlock]) -> String {
    let words = content.iter().filter_map(ContentBlock::as_text).flat_map(str::split_whitespace);
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
        if let Some((end, _)) = text.char_indices().nth(PROMPT) {
            text.truncate(end);
            break;
        }
    }
    text
}
