//! What the model must have been told, from the events alone.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::event::{EventBody, HookChange, HookDecision, HookSubject};
use tau_core::{ContentBlock, Message, Role, RunId, ToolCallId, ToolResult};

use crate::invariant::{Checked, ensure};

/// The messages there must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transcript {
    said: Vec<Message>,
    /// The event each message comes from.
    origins: Vec<u64>,
    prompts: BTreeMap<RunId, Vec<ContentBlock>>,
    notes: Vec<ContentBlock>,
    open: Vec<(ToolCallId, Option<ToolResult>)>,
    /// What people asked for and the model was told, word for word.
    requests: Vec<String>,
    /// What the model is never told: prompts that were cancelled before they started, and what the session is found
    /// by.
    untold: Vec<String>,
    /// How many messages were compared already; messages do not change.
    compared: usize,
}

impl Transcript {
    pub(super) fn event(&mut self, seq: u64, event: &EventBody, plan: Option<&str>) -> Checked {
        match event {
            EventBody::PromptSubmitted { run, content, .. } => {
                self.prompts.insert(*run, content.clone());
            }
            EventBody::HistoryImported { messages } => {
                for message in messages {
                    self.say(seq, message.clone());
                }
                let asked = messages.iter().filter(|message| message.role == Role::User);
                self.requests.extend(asked.map(Message::text));
            }
            EventBody::SessionUpdated { metadata } => self.untold.extend(metadata.values().cloned()),
            EventBody::RunFinished { run, .. } => {
                let content = self.prompts.remove(run).unwrap_or_default();
                self.untold.extend(content.iter().filter_map(ContentBlock::as_text).map(str::to_owned));
            }
            EventBody::ContextInjected { content } => self.notes.extend(content.iter().cloned()),
            EventBody::RunStarted { run } => {
                self.land(seq);
                let content = self.prompts.remove(run).unwrap_or_default();
                self.requests.extend(content.iter().filter_map(ContentBlock::as_text).map(str::to_owned));
                self.say(seq, Message::user(content));
            }
            EventBody::ModelRequested { .. } => self.land(seq),
            EventBody::ModelReplied { response, .. } if !response.content.is_empty() => {
                let message = Message::assistant(response.content.clone());
                self.open = message.tool_calls().map(|call| (call.id.clone(), None)).collect();
                self.say(seq, message);
            }
            EventBody::ToolFinished { result, .. } => {
                if let Some(open) = self.open.iter_mut().find(|open| open.0 == result.call_id) {
                    open.1 = Some(result.clone());
                }
                if !self.open.is_empty() && self.open.iter().all(|open| open.1.is_some()) {
                    let results = std::mem::take(&mut self.open);
                    self.say(seq, Message::tool(results.into_iter().filter_map(|open| open.1)));
                }
            }
            EventBody::HooksDecided { about, decision, .. } => self.decided(about, decision),
            EventBody::Compacted { through, replacement, .. } => {
                self.check_pinned(replacement, plan)?;
                self.compact(through.0, replacement)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// What hooks add, and put in the place of what was said.
    fn decided(&mut self, about: &HookSubject, decision: &HookDecision) {
        self.notes.extend(decision.context.iter().cloned());
        match (about, &decision.change) {
            (HookSubject::Run { run }, Some(HookChange::Prompt { content, .. })) => {
                let replaced = self.prompts.insert(*run, content.clone()).unwrap_or_default();
                self.untold.extend(replaced.iter().filter_map(ContentBlock::as_text).map(str::to_owned));
            }
            (HookSubject::Call { call_id }, Some(HookChange::Result { content, is_error })) => {
                let mut result = ToolResult::success(call_id.clone(), content.iter().cloned());
                result.is_error = *is_error;
                let open = self.open.iter_mut().find(|open| open.0 == *call_id);
                if let Some(open) = open {
                    open.1 = Some(result);
                } else if let Some(last) = self.said.last_mut() {
                    let results = last.tool_results().cloned();
                    let results: Vec<ToolResult> = results
                        .map(|old| if old.call_id == *call_id { result.clone() } else { old })
                        .collect();
                    *last = Message::tool(results);
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, seq: u64, message: Message) {
        self.said.push(message);
        self.origins.push(seq);
    }

    fn land(&mut self, seq: u64) {
        if !self.notes.is_empty() {
            let notes = std::mem::take(&mut self.notes);
            self.say(seq, Message::user(notes));
        }
    }

    /// What people asked for and the plan in force outlive a compaction.
    fn check_pinned(&self, replacement: &[Message], plan: Option<&str>) -> Checked {
        let text: String = replacement.iter().map(Message::text).collect();
        let lost = self.requests.iter().map(String::as_str).chain(plan).find(|words| !text.contains(words));
        ensure!(lost.is_none(), Survival, "a compaction loses `{}`", lost.unwrap_or_default());
        Ok(())
    }

    /// Everything up to an event is replaced.
    fn compact(&mut self, through: u64, replacement: &[Message]) -> Checked {
        let gone = self.origins.partition_point(|origin| *origin <= through);
        let is_torn = match self.said.get(gone) {
            Some(next) => next.role == Role::Tool,
            None => !self.open.is_empty(),
        };
        ensure!(!is_torn, Pairing, "a compaction tears results from their calls");
        self.said.splice(..gone, replacement.iter().cloned());
        self.origins.splice(..gone, replacement.iter().map(|_| through));
        self.compared = 0;
        Ok(())
    }

    /// Compares the history with what was said.
    pub(crate) fn compare(&mut self, messages: &[Arc<Message>]) -> Checked {
        ensure!(
            messages.len() == self.said.len(),
            Context,
            "{} messages are read, and {} were said",
            messages.len(),
            self.said.len()
        );
        for (message, said) in messages.iter().zip(&self.said).skip(self.compared) {
            ensure!(**message == *said, Context, "{message:?} is read, and {said:?} was said");
            let text = message.text();
            let told = self.untold.iter().find(|words| text.contains(*words));
            ensure!(told.is_none(), Context, "the model is told `{}`", told.map_or("", String::as_str));
        }
        self.compared = messages.len();
        Ok(())
    }

    /// Whether nothing was said yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// How much context waits for the next request.
    pub(crate) const fn notes(&self) -> usize {
        self.notes.len()
    }

    pub(crate) const fn requests(&self) -> usize {
        self.requests.len()
    }
}

/// Every call has one result, in order, in the very next message.
pub(crate) fn check_paired(messages: &[impl Borrow<Message>]) -> Checked {
    let said = || messages.iter().map(Borrow::borrow);
    for (position, message) in said().enumerate() {
        ensure!(!message.content.is_empty(), Pairing, "message {position} is empty");
        let next = said().nth(position + 1);
        let calls = message.tool_calls().map(|call| &call.id);
        let results = next.into_iter().flat_map(|next| next.tool_results()).map(|result| &result.call_id);
        ensure!(calls.eq(results), Pairing, "message {position} and its results do not pair");
    }
    let stray = said().next().is_some_and(|first| first.role == Role::Tool);
    ensure!(!stray, Pairing, "the first message holds results");
    Ok(())
}
