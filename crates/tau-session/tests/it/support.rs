//! Events in short, and a history to feed them to.

use std::sync::Arc;
use std::time::Duration;

use tau_core::event::{CompactionStrategy, EventBody, Seq, ToolOutcome};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, FinishReason, HumanDuration, Message, Role, RunId, TokenUsage,
    ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_session::History;

/// A history and how many events it was fed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fold {
    pub(crate) history: History,
    pub(crate) seq: Seq,
}

impl Fold {
    pub(crate) fn of(events: impl IntoIterator<Item = EventBody>) -> Self {
        let mut fold = Self::default();
        fold.feed(events);
        fold
    }

    pub(crate) fn feed(&mut self, events: impl IntoIterator<Item = EventBody>) {
        for event in events {
            self.seq = self.seq.next();
            self.history.apply(self.seq, &event);
        }
    }

    pub(crate) fn shown(&self) -> Vec<String> {
        self.history.messages().iter().map(|message| show(message)).collect()
    }
}

/// A message as a line: the role, and each block in short.
pub(crate) fn show(message: &Message) -> String {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
        _ => "other",
    };
    let blocks = message.content.iter().map(|block| match block {
        ContentBlock::Text { text } => text.clone(),
        ContentBlock::ToolCall(call) => format!("call {}", call.id),
        ContentBlock::ToolResult(result) => format!("{}={}", result.call_id, result.text()),
        other => format!("{other:?}"),
    });
    format!("{role}: {}", blocks.collect::<Vec<_>>().join(" | "))
}

pub(crate) fn run_id(run: u128) -> RunId {
    RunId::from_u128(run)
}

pub(crate) fn prompt(run: u128, text: &str) -> EventBody {
    EventBody::PromptSubmitted { run: run_id(run), content: vec![ContentBlock::text(text)] }
}

pub(crate) fn started(run: u128) -> EventBody {
    EventBody::RunStarted { run: run_id(run) }
}

pub(crate) fn inject(text: &str) -> EventBody {
    EventBody::ContextInjected { content: vec![ContentBlock::text(text)] }
}

pub(crate) fn asked(run: u128, turn: u32) -> EventBody {
    EventBody::ModelRequested { run: run_id(run), turn }
}

/// A reply of words and calls; no words when the text is empty.
pub(crate) fn reply(text: &str, calls: &[&str], usage: Option<(u64, u64)>) -> EventBody {
    let words = (!text.is_empty()).then(|| ContentBlock::text(text));
    let content = words.into_iter().chain(calls.iter().map(|id| ContentBlock::ToolCall(call(id))));
    let mut response = ChatResponse::new(content, FinishReason::Stop);
    response.usage = usage.map(|(input, output)| TokenUsage { input, output, ..TokenUsage::default() });
    EventBody::ModelReplied { turn: 1, response: Arc::new(response) }
}

pub(crate) fn call(id: &str) -> ToolCall {
    ToolCall::new(ToolCallId::new(id), "look", ToolArguments::parse("{}"))
}

pub(crate) fn announced(id: &str) -> EventBody {
    EventBody::ToolRequested {
        call: call(id),
        arguments_hash: String::new(),
        idempotency_key: String::new(),
        effect: EffectClass::Pure,
    }
}

pub(crate) fn finished(id: &str, text: &str) -> EventBody {
    EventBody::ToolFinished {
        outcome: ToolOutcome::Succeeded,
        result: ToolResult::success(ToolCallId::new(id), [ToolResultBlock::text(text)]),
        elapsed: HumanDuration::from(Duration::ZERO),
    }
}

pub(crate) fn compacted(through: u64, replacement: &[&str]) -> EventBody {
    EventBody::Compacted {
        through: Seq(through),
        strategy: CompactionStrategy::Summary,
        replacement: replacement.iter().map(|text| Message::user([ContentBlock::text(*text)])).collect(),
        usage: None,
    }
}
