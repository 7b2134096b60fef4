//! Events made into a transcript.

use std::collections::BTreeMap;

use tau_core::event::{Event, EventBody, PermissionAnswer, PlanAnswer, QuestionAnswer, Seq, ToolOutcome};
use tau_core::{
    ChatResponse, ContentBlock, HumanDuration, Image, ImageSource, SessionId, ToolCall, ToolCallId,
    ToolResult, ToolResultBlock,
};

use super::item::{Call, Item, Part, Permission, What};
use super::words;
use crate::output::{milliseconds, outcome_word, rfc3339};
use crate::store::Entry;

/// What the events of a session say, for people. Entries that a rewind took back are left out.
pub(crate) fn fold(entries: &[Entry]) -> Vec<Item> {
    let mut fold = Fold::default();
    for entry in entries {
        match &entry.event {
            Ok(event) => fold.apply(event),
            Err(reason) => {
                let what = What::Unreadable { kind: entry.kind().to_owned(), reason: reason.to_string() };
                let time = entry.stored.as_ref().map(|_| rfc3339(entry.time()));
                fold.items.push(Item { seq: entry.seq, time, what });
            }
        }
    }
    fold.items
}

/// The same of events that can all be read.
pub(crate) fn fold_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Item> {
    let mut fold = Fold::default();
    events.into_iter().for_each(|event| fold.apply(event));
    fold.items
}

/// The events that count: those that a rewind took back are left out.
pub(crate) fn live(entries: &[Entry]) -> Vec<&Event> {
    let mut live: Vec<&Event> = Vec::new();
    for event in entries.iter().filter_map(|entry| entry.event.as_ref().ok()) {
        if let EventBody::Rewound { to } = event.body {
            live.retain(|event| event.header.seq <= to);
        }
        live.push(event);
    }
    live
}

#[derive(Default)]
struct Fold {
    items: Vec<Item>,
    /// Where calls, questions and plans stand among the entries.
    calls: BTreeMap<ToolCallId, usize>,
    questions: BTreeMap<ToolCallId, usize>,
    subagents: BTreeMap<SessionId, usize>,
}

impl Fold {
    fn apply(&mut self, event: &Event) {
        match &event.body {
            EventBody::PromptSubmitted { content, .. } => {
                self.push(event, What::Prompt { content: parts(content) });
            }
            EventBody::ContextInjected { content } => {
                self.push(event, What::Context { content: parts(content) });
            }
            EventBody::ModelReplied { turn, response } => self.reply(event, *turn, response),
            EventBody::ModelFailed { turn, failure } => {
                self.push(event, What::ReplyFailed { turn: *turn, error: failure.message.clone() });
            }
            EventBody::ToolRequested { call, .. } => self.announce(event, call),
            EventBody::ToolFinished { outcome, result, elapsed } => self.finish(*outcome, result, *elapsed),
            EventBody::PermissionRequested { call_id, reason } => self.ask(call_id, reason),
            EventBody::PermissionAnswered { call_id, answer } => self.permit(call_id, answer),
            EventBody::SubagentStarted { child, .. } => {
                self.subagents.insert(*child, self.items.len());
                self.push(event, What::Subagent { session: child.to_string(), outcome: None });
            }
            EventBody::SubagentFinished { child, outcome, .. } => {
                if let Some(What::Subagent { outcome: ended, .. }) =
                    self.at(self.subagents.get(child).copied())
                {
                    *ended = Some(words::outcome(outcome).0.to_owned());
                }
            }
            EventBody::Compacted { through, strategy, replacement, .. } => {
                let texts: Vec<String> = replacement.iter().map(tau_core::Message::text).collect();
                let what = What::Compacted {
                    through: through.0,
                    strategy: words::strategy(strategy),
                    replacement: texts.join("\n\n"),
                };
                self.push(event, what);
            }
            EventBody::Rewound { to } => self.rewind(event, *to),
            EventBody::CancelRequested { scope } => {
                self.push(event, What::CancelRequested { scope: words::scope(scope) });
            }
            EventBody::RunFinished { outcome, .. } => {
                let (outcome, detail) = words::outcome(outcome);
                self.push(event, What::RunFinished { outcome: outcome.to_owned(), detail });
            }
            EventBody::HistoryImported { messages } => {
                let messages = messages.iter().map(words::message).collect();
                self.push(event, What::Imported { messages });
            }
            EventBody::SessionForked { from, at } => {
                self.push(event, What::Forked { from: from.to_string(), at: at.0 });
            }
            EventBody::SessionResumed => self.push(event, What::Resumed),
            EventBody::SessionClosed => self.push(event, What::Closed),
            EventBody::HooksDecided { decision, .. } if !decision.context.is_empty() => {
                self.push(event, What::Context { content: parts(&decision.context) });
            }
            // What a session was created with is said above the transcript, and what hooks did stands in what came of it.
            EventBody::SessionCreated(_)
            | EventBody::SessionUpdated { .. }
            | EventBody::RunStarted { .. }
            | EventBody::HooksSet { .. }
            | EventBody::HooksAsked { .. }
            | EventBody::HooksDecided { .. }
            | EventBody::ModelRequested { .. } => {}
            EventBody::QuestionAsked { .. }
            | EventBody::QuestionAnswered { .. }
            | EventBody::PlanProposed { .. }
            | EventBody::PlanAnswered { .. } => self.consult(event),
        }
    }

    fn push(&mut self, event: &Event, what: What) {
        self.items.push(Item { seq: event.header.seq.0, time: Some(rfc3339(event.header.time)), what });
    }

    /// The entry at a place that may not be known.
    fn at(&mut self, index: Option<usize>) -> Option<&mut What> {
        self.items.get_mut(index?).map(|item| &mut item.what)
    }

    fn call(&mut self, id: &ToolCallId) -> Option<&mut Call> {
        let index = *self.calls.get(id)?;
        match self.items.get_mut(index).map(|item| &mut item.what) {
            Some(What::ToolCall(call)) => Some(call),
            _ => None,
        }
    }

    /// A reply and, behind it, its calls: the journal may end before they are announced.
    fn reply(&mut self, event: &Event, turn: u32, response: &ChatResponse) {
        let what = What::Reply {
            turn,
            content: parts(&response.content),
            finish: response.finish.to_string(),
            usage: response.usage.map(Into::into),
        };
        self.push(event, what);
        for block in response.content.iter() {
            if let ContentBlock::ToolCall(call) = block {
                self.new_call(event, call);
            }
        }
    }

    fn new_call(&mut self, event: &Event, call: &ToolCall) {
        if self.calls.contains_key(&call.id) {
            return;
        }
        self.calls.insert(call.id.clone(), self.items.len());
        let call = Call {
            id: call.id.to_string(),
            name: call.name.clone(),
            arguments: call.arguments.raw().to_owned(),
            ..Call::default()
        };
        self.push(event, What::ToolCall(Box::new(call)));
    }

    fn announce(&mut self, event: &Event, call: &ToolCall) {
        self.new_call(event, call);
        let index = self.calls.get(&call.id).copied();
        if let Some(item) = index.and_then(|index| self.items.get_mut(index)) {
            item.seq = event.header.seq.0;
            item.time = Some(rfc3339(event.header.time));
        }
        if let Some(call) = self.call(&call.id) {
            call.announced = true;
        }
    }

    fn ask(&mut self, id: &ToolCallId, reason: &str) {
        if let Some(call) = self.call(id) {
            call.permission = Some(Permission { reason: reason.to_owned(), answer: None, message: None });
        }
    }

    fn permit(&mut self, id: &ToolCallId, answer: &PermissionAnswer) {
        if let Some(permission) = self.call(id).and_then(|call| call.permission.as_mut()) {
            let (answer, message) = words::permission(answer);
            permission.answer = Some(answer);
            permission.message = message;
        }
    }

    fn finish(&mut self, outcome: ToolOutcome, result: &ToolResult, elapsed: HumanDuration) {
        if let Some(call) = self.call(&result.call_id) {
            call.outcome = Some(outcome_word(outcome));
            call.result = result.content.iter().filter_map(result_part).collect();
            call.duration_ms = milliseconds(elapsed.get());
        }
    }

    /// Questions and plans, and what people said to them.
    fn consult(&mut self, event: &Event) {
        let (id, answer) = match &event.body {
            EventBody::QuestionAsked { call_id, text, choices } => {
                self.questions.insert(call_id.clone(), self.items.len());
                let (id, text, choices) = (call_id.to_string(), text.clone(), choices.clone());
                return self.push(event, What::Question { id, text, choices, answer: None });
            }
            EventBody::PlanProposed { call_id, plan } => {
                self.questions.insert(call_id.clone(), self.items.len());
                let (id, plan) = (call_id.to_string(), plan.clone());
                return self.push(event, What::Plan { id, plan, answer: None });
            }
            EventBody::QuestionAnswered { call_id, answer } => {
                let answer = match answer {
                    QuestionAnswer::Answer { text } => text.clone(),
                    _ => "nobody was there to answer".to_owned(),
                };
                (call_id, answer)
            }
            EventBody::PlanAnswered { call_id, answer } => {
                let answer = match answer {
                    PlanAnswer::Approve => "approved".to_owned(),
                    PlanAnswer::Edit { plan } => format!("changed to:\n{plan}"),
                    PlanAnswer::Reject { message } if message.is_empty() => "rejected".to_owned(),
                    PlanAnswer::Reject { message } => format!("rejected: {message}"),
                    _ => "nobody was there to decide".to_owned(),
                };
                (call_id, answer)
            }
            _ => return,
        };
        if let Some(What::Question { answer: given, .. } | What::Plan { answer: given, .. }) =
            self.at(self.questions.get(id).copied())
        {
            *given = Some(answer);
        }
    }

    fn rewind(&mut self, event: &Event, to: Seq) {
        let before = self.items.len();
        self.items.retain(|item| item.seq <= to.0);
        let taken_back = before - self.items.len();
        self.calls = self.places(|what| match what {
            What::ToolCall(call) => Some(ToolCallId::new(call.id.as_str())),
            _ => None,
        });
        self.questions = self.places(|what| match what {
            What::Question { id, .. } | What::Plan { id, .. } => Some(ToolCallId::new(id.as_str())),
            _ => None,
        });
        self.subagents = self.places(|what| match what {
            What::Subagent { session, .. } => session.parse().ok(),
            _ => None,
        });
        self.push(event, What::Rewound { to: to.0, taken_back });
    }
}

impl Fold {
    /// Where the entries with a key stand.
    fn places<K: Ord>(&self, key: impl Fn(&What) -> Option<K>) -> BTreeMap<K, usize> {
        let keyed = self.items.iter().enumerate();
        keyed.filter_map(|(index, item)| Some((key(&item.what)?, index))).collect()
    }
}

/// What was said and shown; calls and results are entries of their own.
fn parts(content: &[ContentBlock]) -> Vec<Part> {
    let part = |block: &ContentBlock| match block {
        ContentBlock::Text { text } => Some(Part::Text { text: text.clone() }),
        ContentBlock::Reasoning(reasoning) if reasoning.text.is_empty() => None,
        ContentBlock::Reasoning(reasoning) => Some(Part::Reasoning { text: reasoning.text.clone() }),
        ContentBlock::Image(image) => image_part(image),
        _ => None,
    };
    content.iter().filter_map(part).collect()
}

fn result_part(block: &ToolResultBlock) -> Option<Part> {
    match block {
        ToolResultBlock::Text { text } => Some(Part::Text { text: text.clone() }),
        ToolResultBlock::Json { value } => Some(Part::Text { text: value.to_string() }),
        ToolResultBlock::Image(image) => image_part(image),
        _ => None,
    }
}

fn image_part(image: &Image) -> Option<Part> {
    match &image.source {
        ImageSource::Base64 { media_type, data } => {
            Some(Part::Image { media_type: media_type.clone(), data: data.clone() })
        }
        ImageSource::Url { url } => Some(Part::ImageUrl { url: url.clone() }),
        _ => None,
    }
}
