//! Inputs in short, and decisions as lines.

use std::time::Duration;

use serde_json::json;
use tau_core::config::PermissionMode;
use tau_core::event::{
    CancelScope, DenialReason, EventBody, HookSubject, ModelFailure, ModelFailureKind, PermissionAnswer,
    SessionConfig, ToolKind, ToolOutcome, ToolSpec,
};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, FinishReason, HumanDuration, RunId, TokenUsage, ToolArguments,
    ToolCall, ToolCallId, ToolDefinition, ToolResult, ToolResultBlock,
};
use tau_runtime::kernel::{Decision, Effect, Input, Rejection, State, decide};

/// A session with five tools, one for each way to be judged: `look` is pure, `change` is asked about, a rule
/// lets `free` run, a rule asks before `wary`, and a rule denies `banned`.
pub(crate) fn config() -> SessionConfig {
    let tools = [
        ("look", EffectClass::Pure),
        ("change", EffectClass::AtMostOnce),
        ("free", EffectClass::Idempotent),
        ("wary", EffectClass::Pure),
        ("banned", EffectClass::Pure),
    ];
    let mut config = SessionConfig::new("test/m");
    config.tools = tools
        .map(|(name, effect)| ToolSpec::new(ToolDefinition::new(name, "", json!({"type": "object"})), effect))
        .to_vec();
    config.permissions.allow = vec!["free".to_owned()];
    config.permissions.ask = vec!["wary".to_owned()];
    config.permissions.deny = vec!["banned".to_owned()];
    config
}

/// The same session with a tool for each other kind: `ask` asks a person, `propose` proposes a plan, and `task` gives
/// work to a subagent; all may be called unasked.
pub(crate) fn with_people() -> SessionConfig {
    let mut config = config();
    let kinds =
        [("ask", ToolKind::AskUser), ("propose", ToolKind::ProposePlan), ("task", ToolKind::Subagent)];
    config.tools.extend(kinds.map(|(name, kind)| {
        let definition = ToolDefinition::new(name, "", json!({"type": "object"}));
        ToolSpec::new(definition, EffectClass::Pure).with_kind(kind)
    }));
    config
}

pub(crate) fn with_mode(mode: PermissionMode) -> SessionConfig {
    let mut config = config();
    config.permissions.mode = Some(mode);
    config
}

/// A kernel at work, without a driver.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kernel {
    pub(crate) state: State,
}

impl Kernel {
    pub(crate) fn new(config: SessionConfig) -> Self {
        let mut kernel = Self::default();
        kernel.give(Input::Create(Box::new(config))).unwrap();
        kernel
    }

    /// A session whose first run waits for the model.
    pub(crate) fn asking(config: SessionConfig) -> Self {
        let mut kernel = Self::new(config);
        kernel.give(prompt(1, "Hi")).unwrap();
        kernel
    }

    /// A session whose model called these tools, as `id tool`.
    pub(crate) fn calling(config: SessionConfig, calls: &[&str]) -> Self {
        let mut kernel = Self::asking(config);
        kernel.give(calls_of(1, 1, calls)).unwrap();
        kernel
    }

    pub(crate) fn give(&mut self, input: Input) -> Result<Decision, Rejection> {
        let decision = decide(&self.state, input)?;
        decision.events.iter().for_each(|event| self.state.apply(event));
        Ok(decision)
    }

    /// What an input leads to, a line for each event and each effect.
    pub(crate) fn lines(&mut self, input: Input) -> Vec<String> {
        let decision = self.give(input).unwrap();
        let effects = decision.effects.iter().map(show_effect);
        decision.events.iter().map(show_event).chain(effects).collect()
    }

    pub(crate) fn rejects(&mut self, input: Input) -> Rejection {
        self.give(input).unwrap_err()
    }
}

pub(crate) fn run_id(run: u128) -> RunId {
    RunId::from_u128(run)
}

pub(crate) fn call_id(id: &str) -> ToolCallId {
    ToolCallId::new(id)
}

pub(crate) fn prompt(run: u128, text: &str) -> Input {
    Input::Prompt { run: run_id(run), content: vec![ContentBlock::text(text)] }
}

pub(crate) fn inject(text: &str) -> Input {
    Input::Inject { content: vec![ContentBlock::text(text)] }
}

pub(crate) fn text(run: u128, turn: u32, text: &str) -> Input {
    reply(run, turn, ChatResponse::new([ContentBlock::text(text)], FinishReason::Stop))
}

/// A reply that calls tools, each as `id tool` or `id tool arguments`.
pub(crate) fn calls_of(run: u128, turn: u32, calls: &[&str]) -> Input {
    let calls = calls.iter().map(|call| {
        let mut parts = call.splitn(3, ' ');
        let (id, name) = (parts.next().unwrap(), parts.next().unwrap());
        let arguments = ToolArguments::parse(parts.next().unwrap_or("{}"));
        ContentBlock::ToolCall(ToolCall::new(call_id(id), name, arguments))
    });
    reply(run, turn, ChatResponse::new(calls, FinishReason::ToolCalls))
}

pub(crate) fn reply(run: u128, turn: u32, response: ChatResponse) -> Input {
    Input::ModelReply { run: run_id(run), turn, response: Box::new(response) }
}

/// The same reply with token counts.
pub(crate) fn with_usage(input: Input, tokens_in: u64, tokens_out: u64) -> Input {
    let Input::ModelReply { run, turn, mut response } = input else { panic!("a reply has usage") };
    response.usage = Some(TokenUsage { input: tokens_in, output: tokens_out, ..TokenUsage::default() });
    Input::ModelReply { run, turn, response }
}

pub(crate) fn failure(run: u128, turn: u32, kind: ModelFailureKind) -> Input {
    Input::ModelFailure { run: run_id(run), turn, failure: ModelFailure::new(kind, "no answer") }
}

pub(crate) fn done(id: &str) -> Input {
    Input::ToolFinished {
        outcome: ToolOutcome::Succeeded,
        result: ToolResult::success(call_id(id), [ToolResultBlock::text("ok")]),
        elapsed: HumanDuration::from(Duration::ZERO),
    }
}

pub(crate) fn answer(id: &str, answer: PermissionAnswer) -> Input {
    Input::PermissionAnswer { call_id: call_id(id), answer }
}

pub(crate) fn cancel(scope: CancelScope) -> Input {
    Input::Cancel { scope }
}

pub(crate) fn cancel_call(id: &str) -> Input {
    cancel(CancelScope::ToolCall { call_id: call_id(id) })
}

fn number(run: RunId) -> u128 {
    u128::from_be_bytes(*run.as_bytes())
}

pub(crate) fn show_event(event: &EventBody) -> String {
    match event {
        EventBody::SessionCreated(_) => "created".to_owned(),
        EventBody::SessionClosed => "closed".to_owned(),
        EventBody::PromptSubmitted { run, content } => {
            format!("prompt {}: {}", number(*run), show_blocks(content))
        }
        EventBody::ContextInjected { content } => format!("context: {}", show_blocks(content)),
        EventBody::RunStarted { run } => format!("run {} started", number(*run)),
        EventBody::RunFinished { run, outcome } => format!("run {} finished: {outcome:?}", number(*run)),
        EventBody::ModelRequested { run, turn } => format!("model requested {}/{turn}", number(*run)),
        EventBody::ModelReplied { turn, response } => {
            format!("turn {turn} replied: {}", show_blocks(&response.content))
        }
        EventBody::ModelFailed { turn, failure } => format!("turn {turn} failed: {:?}", failure.kind),
        EventBody::ToolRequested { call, effect, .. } => {
            format!("call {} requested: {effect:?} {}", call.id, call.name)
        }
        EventBody::ToolFinished { outcome, result, .. } => {
            format!("call {} {}: {}", result.call_id, show_outcome(*outcome), result.text())
        }
        EventBody::PermissionRequested { call_id, reason } => format!("call {call_id} asked about: {reason}"),
        EventBody::PermissionAnswered { call_id, answer } => format!("call {call_id} answered: {answer:?}"),
        EventBody::QuestionAsked { call_id, text, choices } => {
            format!("call {call_id} asks: {text} {choices:?}")
        }
        EventBody::QuestionAnswered { call_id, answer } => format!("call {call_id} answered: {answer:?}"),
        EventBody::PlanProposed { call_id, plan } => format!("call {call_id} proposes: {plan}"),
        EventBody::PlanAnswered { call_id, answer } => format!("call {call_id} answered: {answer:?}"),
        EventBody::SubagentStarted { call_id, .. } => format!("subagent of {call_id} started"),
        EventBody::SubagentFinished { outcome, spent, .. } => {
            format!("subagent finished: {outcome:?}, {} turns, {} tokens", spent.turns, spent.usage.total())
        }
        EventBody::SessionForked { at, .. } => format!("forked at {at}"),
        EventBody::SessionResumed => "resumed".to_owned(),
        EventBody::Rewound { to } => format!("rewound to {to}"),
        EventBody::CancelRequested { scope } => format!("cancel {scope:?}"),
        EventBody::HooksSet { .. } => "hooks set".to_owned(),
        EventBody::HooksAsked { point, call_id } => format!("call {call_id} waits at {point:?}"),
        EventBody::HooksDecided { point, about, decision } => {
            let change = decision.change.as_ref().map(|_| ", changed").unwrap_or_default();
            format!("{point:?} of {}: {:?}{change}", show_subject(about), decision.verdict)
        }
        other => format!("{other:?}"),
    }
}

fn show_subject(about: &HookSubject) -> String {
    match about {
        HookSubject::Session => "session".to_owned(),
        HookSubject::Run { run } => format!("run {}", number(*run)),
        HookSubject::Turn { run, turn } => format!("{}/{turn}", number(*run)),
        HookSubject::Call { call_id } => call_id.to_string(),
        other => format!("{other:?}"),
    }
}

fn show_outcome(outcome: ToolOutcome) -> String {
    match outcome {
        ToolOutcome::Denied { reason: DenialReason::Rule } => "denied by rule".to_owned(),
        ToolOutcome::Denied { reason: DenialReason::Person } => "denied by person".to_owned(),
        ToolOutcome::Denied { reason: DenialReason::NobodyToAsk } => "denied by nobody".to_owned(),
        ToolOutcome::Denied { reason: DenialReason::Hook } => "denied by hook".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn show_blocks(blocks: &[ContentBlock]) -> String {
    let blocks = blocks.iter().map(|block| match block {
        ContentBlock::Text { text } => text.clone(),
        ContentBlock::ToolCall(call) => format!("{} {}", call.id, call.name),
        other => format!("{other:?}"),
    });
    blocks.collect::<Vec<_>>().join(" | ")
}

fn show_effect(effect: &Effect) -> String {
    match effect {
        Effect::CallModel { run, turn } => format!("> call model {}/{turn}", number(*run)),
        Effect::StopModel => "> stop model".to_owned(),
        Effect::RunTool { call, .. } => format!("> run {}", call.id),
        Effect::StopTool { call_id } => format!("> stop {call_id}"),
        Effect::StartSubagent { call_id, prompt, .. } => format!("> start subagent of {call_id}: {prompt}"),
        Effect::StopSubagent { .. } => "> stop subagent".to_owned(),
        Effect::AskHooks { point, about } => format!("> ask {point:?} of {}", show_subject(about)),
        Effect::StopHooks { about } => format!("> stop hooks of {}", show_subject(about)),
        Effect::TellHooks { point, seq } => format!("> tell {point:?} of {seq}"),
        other => format!("> {other:?}"),
    }
}
