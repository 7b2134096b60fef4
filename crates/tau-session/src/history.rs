//! The fold of events into messages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tau_core::event::{EventBody, HookChange, HookDecision, HookSubject, Seq};
use tau_core::{
    ChatResponse, ContentBlock, Message, Role, RunId, TokenUsage, ToolCallId, ToolResult, ToolResultBlock,
};

use crate::estimate::estimate_tokens;

/// A conversation, as the events so far make it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    messages: Vec<Arc<Message>>,
    /// The event each message comes from.
    origins: Vec<Seq>,
    /// Prompts whose run has not started.
    prompts: BTreeMap<RunId, Vec<ContentBlock>>,
    /// Context that waits for the next request.
    injected: Vec<ContentBlock>,
    /// Calls of the newest reply, in order, each with its result once it is in.
    open_calls: Vec<(ToolCallId, Option<ToolResult>)>,
    /// Every call id of the session, so that a repeated one can be told.
    call_ids: BTreeSet<ToolCallId>,
    /// What people asked for, oldest first: it outlives every compaction.
    requests: Vec<Arc<Message>>,
    usage: TokenUsage,
    /// Tokens of the newest request and its reply, as the provider counted.
    counted: u64,
    /// Estimate for the messages since.
    uncounted: u64,
}

impl History {
    /// Takes the next event in. Total: an event that cannot have happened changes nothing.
    ///
    /// A rewind is resolved before the fold, by leaving out the events it takes back.
    pub fn apply(&mut self, seq: Seq, event: &EventBody) {
        match event {
            EventBody::HistoryImported { messages } => self.import(seq, messages),
            EventBody::PromptSubmitted { run, content, .. } => {
                self.prompts.insert(*run, content.clone());
            }
            EventBody::ContextInjected { content } => self.injected.extend(content.iter().cloned()),
            EventBody::RunStarted { run } => {
                if let Some(content) = self.prompts.remove(run) {
                    self.land_injected(seq);
                    self.push(seq, Message::user(content));
                    self.requests.extend(self.messages.last().cloned());
                }
            }
            // One that was cancelled before it started.
            EventBody::RunFinished { run, .. } => drop(self.prompts.remove(run)),
            EventBody::ModelRequested { .. } => self.land_injected(seq),
            EventBody::ModelReplied { response, .. } => self.reply(seq, response),
            EventBody::ToolFinished { result, .. } => self.finish_call(seq, result),
            EventBody::Compacted { through, replacement, usage, .. } => {
                self.usage += usage.unwrap_or_default();
                self.compact(*through, replacement);
            }
            EventBody::SubagentFinished { spent, .. } => self.usage += spent.usage,
            EventBody::HooksDecided { about, decision, .. } => self.take_decision(about, decision),
            _ => {}
        }
    }

    /// The conversation, oldest message first. Messages are only ever added, until a compaction.
    #[must_use]
    pub fn messages(&self) -> &[Arc<Message>] {
        &self.messages
    }

    /// Whether the conversation may be sent: no call waits for its result.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.open_calls.is_empty()
    }

    /// Calls without a result, in order.
    pub fn open_calls(&self) -> impl Iterator<Item = &ToolCallId> {
        self.open_calls.iter().filter(|(_, result)| result.is_none()).map(|(id, _)| id)
    }

    /// Whether the session has, or ever had, a call of this id.
    #[must_use]
    pub fn has_call(&self, id: &ToolCallId) -> bool {
        self.call_ids.contains(id)
    }

    /// Knows the calls of a reply that is not part of the conversation any more.
    pub fn remember_calls(&mut self, reply: &[ContentBlock]) {
        self.call_ids.extend(reply.iter().filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call.id.clone()),
            _ => None,
        }));
    }

    /// Knows the calls of a conversation in whose place this one stands.
    pub fn remember_calls_of(&mut self, other: &Self) {
        self.call_ids.extend(other.call_ids.iter().cloned());
    }

    /// What people asked for, oldest first, whatever was compacted since.
    #[must_use]
    pub fn requests(&self) -> &[Arc<Message>] {
        &self.requests
    }

    /// A prompt whose run has not started.
    #[must_use]
    pub fn prompt(&self, run: RunId) -> Option<&[ContentBlock]> {
        self.prompts.get(&run).map(Vec::as_slice)
    }

    /// What the model reads of a call of the newest reply, once it ended.
    #[must_use]
    pub fn result(&self, id: &ToolCallId) -> Option<&ToolResult> {
        let open = self.open_calls.iter().filter_map(|(_, held)| held.as_ref());
        let told = self.messages.last().into_iter().flat_map(|message| message.tool_results());
        open.chain(told).find(|result| result.call_id == *id)
    }

    /// The event each message comes from.
    pub(crate) fn origins(&self) -> &[Seq] {
        &self.origins
    }

    /// Tokens of the whole session, as providers counted them.
    #[must_use]
    pub const fn usage(&self) -> TokenUsage {
        self.usage
    }

    /// Tokens that the next request will hold, about.
    #[must_use]
    pub const fn context_tokens(&self) -> u64 {
        self.counted + self.uncounted
    }

    fn push(&mut self, seq: Seq, message: Message) {
        self.uncounted += estimate_tokens(&message);
        self.messages.push(Arc::new(message));
        self.origins.push(seq);
    }

    fn import(&mut self, seq: Seq, messages: &[Message]) {
        for message in messages {
            self.remember_calls(&message.content);
            self.push(seq, message.clone());
            if message.role == Role::User {
                self.requests.extend(self.messages.last().cloned());
            }
        }
    }

    fn reply(&mut self, seq: Seq, response: &ChatResponse) {
        // A reply of nothing is nothing to say again: providers refuse empty messages.
        if !response.content.is_empty() {
            let message = Message::assistant(response.content.clone());
            // From here on, not from when they are announced: the journal may end between the two.
            for call in message.tool_calls() {
                if self.call_ids.insert(call.id.clone()) {
                    self.open_calls.push((call.id.clone(), None));
                }
            }
            self.push(seq, message);
        }
        // The provider's count holds the reply too, and replaces its estimate.
        if let Some(usage) = response.usage {
            self.usage += usage;
            self.counted = usage.total();
            self.uncounted = 0;
        }
    }

    fn land_injected(&mut self, seq: Seq) {
        if !self.injected.is_empty() {
            let content = std::mem::take(&mut self.injected);
            self.push(seq, Message::user(content));
        }
    }

    fn finish_call(&mut self, seq: Seq, result: &ToolResult) {
        let waiting = self.open_calls.iter_mut().find(|(id, held)| *id == result.call_id && held.is_none());
        let Some((_, held)) = waiting else { return };
        *held = Some(result.clone());
        if self.open_calls.iter().all(|(_, held)| held.is_some()) {
            let results = std::mem::take(&mut self.open_calls).into_iter().filter_map(|(_, held)| held);
            self.push(seq, Message::tool(results));
        }
    }

    /// What hooks add and change.
    fn take_decision(&mut self, about: &HookSubject, decision: &HookDecision) {
        self.injected.extend(decision.context.iter().cloned());
        match (about, &decision.change) {
            (HookSubject::Run { run }, Some(HookChange::Prompt { content, .. })) => {
                if let Some(prompt) = self.prompts.get_mut(run) {
                    prompt.clone_from(content);
                }
            }
            (HookSubject::Call { call_id }, Some(HookChange::Result { content, is_error })) => {
                self.replace_result(call_id, content, *is_error);
            }
            _ => {}
        }
    }

    /// Puts another result in the place of one that no request has held yet: nothing follows it so far.
    fn replace_result(&mut self, id: &ToolCallId, content: &[ToolResultBlock], is_error: bool) {
        let mut result = ToolResult::success(id.clone(), content.iter().cloned());
        result.is_error = is_error;
        let mut held = self.open_calls.iter_mut().filter_map(|(_, held)| held.as_mut());
        if let Some(held) = held.find(|held| held.call_id == *id) {
            *held = result;
        } else if let Some(last) = self.messages.last_mut().filter(|last| last.role == Role::Tool) {
            let before = estimate_tokens(last);
            let replaced =
                last.tool_results().map(|old| if old.call_id == *id { &result } else { old }).cloned();
            *last = Arc::new(Message::tool(replaced));
            self.uncounted = (self.uncounted + estimate_tokens(last)).saturating_sub(before);
        }
    }

    fn compact(&mut self, through: Seq, replacement: &[Message]) {
        let kept = self.origins.partition_point(|origin| *origin <= through);
        // A cut between calls and their results would leave results without calls, which no provider accepts.
        let tears = match self.messages.get(kept) {
            Some(next) => next.role == Role::Tool,
            None => !self.open_calls.is_empty(),
        };
        if tears {
            return;
        }
        let replaced = replacement.iter().cloned().map(Arc::new);
        self.messages = replaced.chain(self.messages.drain(kept..)).collect();
        self.origins =
            vec![through; replacement.len()].into_iter().chain(self.origins.drain(kept..)).collect();
        self.counted = 0;
        self.uncounted = self.messages.iter().map(|message| estimate_tokens(message)).sum();
    }
}
