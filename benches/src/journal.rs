//! A long session, made by the kernel itself: what it decided when models, tools and people did what they do.

use anyhow::Context;
use tau_core::event::{
    CompactionPolicy, CompactionStrategy, Event, EventBody, EventHash, EventHeader, Record, SessionConfig,
    Timestamp, ToolOutcome, ToolSpec,
};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, EventId, FinishReason, HumanDuration, RunId, SessionId,
    TokenUsage, ToolArguments, ToolCall, ToolCallId, ToolDefinition, ToolResult, ToolResultBlock,
};
use tau_runtime::kernel::{Effect, Input, State, decide};
use tau_session::compaction::{Compactor, Pinned, Truncation};

use crate::scenario::{SYSTEM, TOOL, tool_schema};

/// Turns of a run; then the model has nothing more to do.
const TURNS: u32 = 12;

/// Tokens at which the history is made shorter, and those it is brought to: those of a usual model.
const WINDOW: (u64, u64) = (150_000, 40_000);

/// The records of a session of so many events: 1 event in 4 is a tool's result of 1-4 KB.
pub(crate) fn records(count: usize) -> anyhow::Result<Vec<Record>> {
    let mut author = Author::new()?;
    while author.events.len() < count {
        author.run()?;
    }
    author.events.truncate(count);
    let mut hash = EventHash::ZERO;
    let seal = |event: &Event| {
        let record = Record::seal(event, hash)?;
        hash = record.hash();
        Ok(record)
    };
    author.events.iter().map(seal).collect()
}

/// Writes a session, run by run.
struct Author {
    state: State,
    events: Vec<Event>,
    /// Counts up, so that no two texts are the same.
    number: u32,
}

impl Author {
    fn new() -> anyhow::Result<Self> {
        let mut config = SessionConfig::new("bench/bench");
        config.system = SYSTEM.to_owned();
        let tool = ToolDefinition::new(TOOL, "Looks at a thing.", tool_schema());
        config.tools = vec![ToolSpec::new(tool, EffectClass::Pure)];
        config.compaction = Some(CompactionPolicy::new(WINDOW.0, WINDOW.1, CompactionStrategy::Truncation));
        let mut author = Self { state: State::default(), events: Vec::new(), number: 0 };
        author.take(Input::Create(Box::new(config)))?;
        Ok(author)
    }

    /// A prompt, and all that comes of it.
    fn run(&mut self) -> anyhow::Result<()> {
        let run = RunId::from_u128(self.events.len() as u128);
        let content = vec![ContentBlock::text(prose(self.next(), 400))];
        let mut effects = self.take(Input::Prompt { run, content })?;
        while let Some(effect) = effects.pop() {
            let input = match effect {
                Effect::CallModel { run, turn } => {
                    Input::ModelReply { run, turn, response: Box::new(self.reply(turn)) }
                }
                Effect::RunTool { call, .. } => self.tool_finished(call.id),
                Effect::Compact { run, turn, .. } => {
                    let compaction = Truncation.compact(self.state.history(), &Pinned::default(), WINDOW.1);
                    Input::Compacted { run, turn, compaction }
                }
                other => anyhow::bail!("{other:?} has no place in this session"),
            };
            effects.extend(self.take(input)?);
        }
        Ok(())
    }

    fn take(&mut self, input: Input) -> anyhow::Result<Vec<Effect>> {
        let decision = decide(&self.state, input).context("the kernel refuses")?;
        let mut cause = None;
        for body in decision.events {
            self.state.apply(&body);
            cause = Some(self.push(body, cause));
        }
        Ok(decision.effects)
    }

    fn push(&mut self, body: EventBody, cause: Option<EventId>) -> EventId {
        let seq = self.state.seq();
        let id = EventId::from_u128(u128::from(seq.0) << 64 | 7);
        let time = Timestamp(1_790_000_000_000 + seq.0 * 250);
        let session = SessionId::from_u128(1 << 120);
        self.events.push(Event { header: EventHeader { session, seq, epoch: 1, id, time, cause }, body });
        id
    }

    fn next(&mut self) -> u32 {
        self.number += 1;
        self.number
    }

    /// Some words, and a call or two until the run has had its turns.
    fn reply(&mut self, turn: u32) -> ChatResponse {
        let number = self.next();
        let mut content = vec![ContentBlock::text(prose(number, 150 + number as usize % 500))];
        let calls = if turn < TURNS { 1 + u32::from(number.is_multiple_of(4)) } else { 0 };
        content.extend((0..calls).map(|index| {
            let arguments = format!("{{\"at\": \"src/part_{number}/file_{index}.rs\"}}");
            let id = ToolCallId::new(format!("call_{number}_{index}"));
            ContentBlock::ToolCall(ToolCall::new(id, TOOL, ToolArguments::parse(arguments)))
        }));
        let finish = if calls > 0 { FinishReason::ToolCalls } else { FinishReason::Stop };
        let mut usage = TokenUsage::default();
        (usage.input, usage.output) = (self.state.history().context_tokens() + 200, 150);
        ChatResponse::new(content, finish).with_usage(usage)
    }

    fn tool_finished(&mut self, call: ToolCallId) -> Input {
        let number = self.next();
        let text = code(number, 1_000 + (number as usize * 977) % 3_000);
        let result = ToolResult::success(call, [ToolResultBlock::text(text)]);
        let elapsed = HumanDuration::from(std::time::Duration::from_millis(12));
        Input::ToolFinished { outcome: ToolOutcome::Succeeded, result, elapsed }
    }
}

/// So many bytes of words.
fn prose(number: u32, length: usize) -> String {
    let sentence = format!("The part {number} reads its input twice, so I look at who calls it first. ");
    sentence.repeat(length / sentence.len() + 1)
}

/// So many bytes of code: quotes, tabs and line ends, which JSON escapes.
fn code(number: u32, length: usize) -> String {
    let line = format!("\tlet name = \"value of {number}\"; // what it is for\n");
    line.repeat(length / line.len() + 1)
}
