//! Events that together use every kind and every variant that a body may hold.

use std::sync::Arc;

use serde_json::json;
use tau_core::config::{Budget, PermissionConfig, PermissionMode};
use tau_core::event::{
    AgentProfile, BudgetLimit, CancelScope, CompactionPolicy, CompactionStrategy, DenialReason, Event,
    EventBody, EventHash, EventHeader, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict,
    ModelChoice, ModelFailure, ModelFailureKind, PermissionAnswer, PlanAnswer, QuestionAnswer, Record,
    RunOutcome, Seq, SessionConfig, SkillProfile, Spending, Timestamp, ToolKind, ToolOutcome, ToolSpec,
};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, EventId, FinishReason, HumanDuration, Image, Message, Money,
    Opaque, Prices, Reasoning, RunId, SessionId, TokenUsage, ToolArguments, ToolCall, ToolCallId,
    ToolDefinition, ToolResult, ToolResultBlock,
};

const RUN: RunId = RunId::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002);
const CHILD: SessionId = SessionId::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0005);

fn call_id() -> ToolCallId {
    ToolCallId::new("call_1")
}

fn usage() -> TokenUsage {
    TokenUsage { input: 100, cached_input: 60, cache_write: 10, output: 20, reasoning: 5 }
}

/// Bodies of every kind, in the order of the kinds.
pub(crate) fn bodies() -> Vec<EventBody> {
    let mut bodies = session_bodies();
    bodies.extend(model_bodies());
    bodies.extend(tool_bodies());
    bodies.extend(people_bodies());
    bodies.extend(history_bodies());
    bodies.extend(hook_bodies());
    bodies.extend(profile_bodies());
    bodies
}

/// What a session may start and use.
fn profile_bodies() -> Vec<EventBody> {
    let mut config = SessionConfig::new("fast");
    let mut reviewer = AgentProfile::new("Reviews a change.");
    reviewer.system = "You review.".to_owned();
    reviewer.tools = Some(["read".to_owned()].into());
    let mut model = ModelChoice::new("small");
    model.options.temperature = Some(0.2);
    reviewer.model = Some(model);
    reviewer.mode = Some(PermissionMode::Plan);
    reviewer.max_turns = Some(5);
    reviewer.background = true;
    config.agents = [("reviewer".to_owned(), reviewer)].into();
    config.subagent_limit = 64;
    config.skills = [("mend".to_owned(), SkillProfile::new(["Bash(make *)"]))].into();
    let definition = ToolDefinition::new("skill", "Gives a skill.", json!({"type": "object"}));
    config.tools = vec![ToolSpec::new(definition, EffectClass::Pure).with_kind(ToolKind::Skill)];
    vec![
        EventBody::SessionCreated(Box::new(config)),
        EventBody::SubagentStarted { call_id: call_id(), child: CHILD, budget: budget(), background: true },
        EventBody::HooksDecided {
            point: HookPoint::BeforePrompt,
            about: HookSubject::Run { run: RUN },
            decision: Box::new(
                HookDecision::default()
                    .with_change(HookChange::Prompt { content: content(), skill: Some("mend".to_owned()) }),
            ),
        },
    ]
}

fn session_bodies() -> Vec<EventBody> {
    let mut config = SessionConfig::new("local/qwen3");
    let mut prices = Prices::new(Money::from_nanos(3_000_000_000), Money::from_nanos(15_000_000_000));
    prices.cached_input = Some(Money::from_nanos(300_000_000));
    prices.cache_write = Some(Money::from_nanos(3_750_000_000));
    config.prices = Some(prices);
    config.system = "Be brief.".to_owned();
    config.tools = [EffectClass::Pure, EffectClass::Idempotent, EffectClass::AtMostOnce]
        .into_iter()
        .map(|effect| {
            let parameters = json!({"type": "object", "properties": {"path": {"type": "string"}}});
            ToolSpec::new(ToolDefinition::new("read", "Reads a file.", parameters), effect)
        })
        .collect();
    let kinds = [ToolKind::AskUser, ToolKind::ProposePlan, ToolKind::Subagent];
    config.tools.extend(kinds.map(|kind| {
        let definition = ToolDefinition::new("ask", "Asks.", json!({"type": "object"}));
        ToolSpec::new(definition, EffectClass::Pure).with_kind(kind)
    }));
    config.options.temperature = Some(0.7);
    config.compaction = Some(CompactionPolicy::new(100_000, 40_000, CompactionStrategy::Summary));
    config.budget = budget();
    config.permissions = permissions(PermissionMode::DontAsk);
    config.parent = Some(CHILD);
    config.subagent_depth = 2;
    config.metadata.insert("working_dir".to_owned(), "/work".to_owned());

    let created = [PermissionMode::Default, PermissionMode::Bypass].map(|mode| {
        let mut config = SessionConfig::new("fast");
        config.permissions.mode = Some(mode);
        config
    });
    let mut bodies: Vec<EventBody> = [SessionConfig::new("fast"), config]
        .into_iter()
        .chain(created)
        .map(|config| EventBody::SessionCreated(Box::new(config)))
        .collect();
    bodies.extend([
        EventBody::SessionForked { from: CHILD, at: Seq(7) },
        EventBody::SessionResumed,
        EventBody::SessionUpdated {
            metadata: [("team".to_owned(), "platform".to_owned())].into_iter().collect(),
        },
        EventBody::SessionClosed,
        EventBody::HistoryImported {
            messages: vec![Message::user(content()), Message::assistant([ContentBlock::text("Done.")])],
        },
        EventBody::PromptSubmitted { run: RUN, content: content() },
        EventBody::ContextInjected { content: vec![ContentBlock::text("The build is red.")] },
        EventBody::RunStarted { run: RUN },
    ]);
    bodies
}

fn spent() -> Spending {
    let mut spent = Spending::default();
    spent.turns = 3;
    spent.usage = usage();
    spent.cost = Money::from_nanos(1_200_000);
    spent.tool_calls = 4;
    spent
}

fn budget() -> Budget {
    let mut budget = Budget::default();
    budget.max_turns = Some(20);
    budget.max_tokens = Some(100_000);
    budget.max_cost = Some(Money::from_nanos(150_000_000));
    budget.max_tool_calls = Some(50);
    budget.max_time = Some(HumanDuration::from_secs(3_600));
    budget
}

fn permissions(mode: PermissionMode) -> PermissionConfig {
    let mut permissions = PermissionConfig::default();
    permissions.mode = Some(mode);
    permissions.allow = vec!["read".to_owned()];
    permissions.ask = vec!["write".to_owned()];
    permissions.deny = vec!["shell".to_owned()];
    permissions
}

/// A block of every kind.
fn content() -> Vec<ContentBlock> {
    vec![
        ContentBlock::text("Fix the \"test\".\n\u{1f600}"),
        ContentBlock::Image(Image::base64("image/png", "AAEC")),
        ContentBlock::Image(Image::url("https://example.com/a.png")),
        ContentBlock::Reasoning(Reasoning::text("First, look.")),
        ContentBlock::Reasoning(Reasoning::with_data(
            "",
            Opaque::new("openai-chat", "{ \"signature\":\"a\\/b\",\"n\":1.0e2 }"),
        )),
        ContentBlock::ToolCall(call()),
        ContentBlock::ToolResult(ToolResult::success(
            call_id(),
            [
                ToolResultBlock::text("fn main() {}"),
                ToolResultBlock::Json { value: json!({"lines": 1, "share": 0.5, "next": null}) },
                ToolResultBlock::Image(Image::url("https://example.com/a.png")),
            ],
        )),
        ContentBlock::ToolResult(ToolResult::error(call_id(), "no such file")),
    ]
}

fn call() -> ToolCall {
    ToolCall::new(call_id(), "read", ToolArguments::parse("{ \"path\" : \"src/main.rs\" }"))
}

fn model_bodies() -> Vec<EventBody> {
    let reasons = ["stop", "length", "tool_calls", "content_filter", "pause_turn"];
    let mut bodies = vec![EventBody::ModelRequested { run: RUN, turn: 1 }];
    bodies.extend(reasons.map(|reason| {
        let response = ChatResponse::new([ContentBlock::text("Done.")], FinishReason::from(reason));
        EventBody::ModelReplied { turn: 1, response: Arc::new(response) }
    }));
    let mut response = ChatResponse::new(content(), FinishReason::ToolCalls).with_usage(usage());
    response.id = "chatcmpl-1".to_owned();
    response.model = "qwen3-32b-2507".to_owned();
    bodies.push(EventBody::ModelReplied { turn: 2, response: Arc::new(response) });

    let kinds = [
        ModelFailureKind::Unreachable,
        ModelFailureKind::Unauthorized,
        ModelFailureKind::NotFound,
        ModelFailureKind::InvalidRequest,
        ModelFailureKind::RateLimited,
        ModelFailureKind::Server,
        ModelFailureKind::Timeout,
        ModelFailureKind::Interrupted,
        ModelFailureKind::Protocol,
        ModelFailureKind::Replay,
    ];
    bodies.extend(
        kinds.map(|kind| EventBody::ModelFailed { turn: 3, failure: ModelFailure::new(kind, "No answer.") }),
    );
    bodies
}

fn tool_bodies() -> Vec<EventBody> {
    let effects = [EffectClass::Pure, EffectClass::Idempotent, EffectClass::AtMostOnce];
    let mut bodies: Vec<EventBody> = effects
        .into_iter()
        .map(|effect| EventBody::ToolRequested {
            call: call(),
            arguments_hash: "c0ffee".to_owned(),
            idempotency_key: "key-1".to_owned(),
            effect,
        })
        .collect();
    let outcomes = [
        ToolOutcome::Succeeded,
        ToolOutcome::Failed,
        ToolOutcome::Denied { reason: DenialReason::Rule },
        ToolOutcome::Denied { reason: DenialReason::Person },
        ToolOutcome::Denied { reason: DenialReason::NobodyToAsk },
        ToolOutcome::Denied { reason: DenialReason::Hook },
        ToolOutcome::TimedOut,
        ToolOutcome::Cancelled,
        ToolOutcome::Unknown,
    ];
    bodies.extend(outcomes.map(|outcome| EventBody::ToolFinished {
        outcome,
        result: ToolResult::error(call_id(), "It says."),
        elapsed: HumanDuration::from(std::time::Duration::from_millis(1_250)),
    }));
    bodies
}

fn people_bodies() -> Vec<EventBody> {
    let mut bodies =
        vec![EventBody::PermissionRequested { call_id: call_id(), reason: "It writes.".to_owned() }];
    let answers = [
        PermissionAnswer::Allow,
        PermissionAnswer::AllowAlways,
        PermissionAnswer::Deny { message: "Not there.".to_owned() },
        PermissionAnswer::NobodyToAsk,
    ];
    bodies.extend(answers.map(|answer| EventBody::PermissionAnswered { call_id: call_id(), answer }));
    bodies.extend([
        EventBody::QuestionAsked {
            call_id: call_id(),
            text: "Which one?".to_owned(),
            choices: vec!["a".to_owned(), "b".to_owned()],
        },
        EventBody::QuestionAnswered {
            call_id: call_id(),
            answer: QuestionAnswer::Answer { text: "b".to_owned() },
        },
        EventBody::QuestionAnswered { call_id: call_id(), answer: QuestionAnswer::NobodyToAsk },
        EventBody::PlanProposed { call_id: call_id(), plan: "1. Look\n2. Mend".to_owned() },
    ]);
    let decisions = [
        PlanAnswer::Approve,
        PlanAnswer::Edit { plan: "1. Mend".to_owned() },
        PlanAnswer::Reject { message: String::new() },
        PlanAnswer::NobodyToAsk,
    ];
    bodies.extend(decisions.map(|answer| EventBody::PlanAnswered { call_id: call_id(), answer }));
    bodies
}

fn history_bodies() -> Vec<EventBody> {
    let failure = ModelFailure::new(ModelFailureKind::Server, "It fell over.");
    let outcomes = [
        RunOutcome::Completed,
        RunOutcome::TurnLimit { limit: 20 },
        RunOutcome::BudgetExceeded { limit: BudgetLimit::Tokens },
        RunOutcome::BudgetExceeded { limit: BudgetLimit::Cost },
        RunOutcome::BudgetExceeded { limit: BudgetLimit::ToolCalls },
        RunOutcome::BudgetExceeded { limit: BudgetLimit::WallTime },
        RunOutcome::Cancelled,
        RunOutcome::Failed { failure },
        RunOutcome::Denied { message: "Not today.".to_owned() },
    ];
    let strategies = [
        CompactionStrategy::Truncation,
        CompactionStrategy::SlidingWindow,
        CompactionStrategy::Summary,
        CompactionStrategy::Other("topic".to_owned()),
    ];
    let scopes = [
        CancelScope::Run,
        CancelScope::QueuedRun { run: RUN },
        CancelScope::ToolCall { call_id: call_id() },
        CancelScope::Session,
    ];

    let mut bodies = vec![
        EventBody::SubagentStarted { call_id: call_id(), child: CHILD, budget: budget(), background: false },
        EventBody::SubagentFinished { child: CHILD, outcome: RunOutcome::Completed, spent: spent() },
    ];
    bodies.extend(strategies.map(|strategy| EventBody::Compacted {
        through: Seq(9),
        strategy,
        replacement: vec![
            Message::new(tau_core::Role::System, [ContentBlock::text("Be brief.")]),
            Message::user([ContentBlock::text("So far: nothing.")]),
            Message::assistant([ContentBlock::ToolCall(call())]),
            Message::tool([ToolResult::error(call_id(), "no")]),
        ],
        usage: Some(usage()),
    }));
    bodies.push(EventBody::Compacted {
        through: Seq(9),
        strategy: CompactionStrategy::Truncation,
        replacement: Vec::new(),
        usage: None,
    });
    bodies.push(EventBody::Rewound { to: Seq(3) });
    bodies.extend(scopes.map(|scope| EventBody::CancelRequested { scope }));
    bodies.extend(outcomes.map(|outcome| EventBody::RunFinished { run: RUN, outcome }));
    bodies
}

fn hook_bodies() -> Vec<EventBody> {
    let points = [
        HookPoint::SessionStarted,
        HookPoint::SessionStopped,
        HookPoint::BeforePrompt,
        HookPoint::BeforeModel,
        HookPoint::AfterModel,
        HookPoint::BeforeTool,
        HookPoint::AfterTool,
        HookPoint::PermissionRequested,
        HookPoint::BeforeSubagent,
        HookPoint::AfterSubagent,
        HookPoint::BeforeStop,
        HookPoint::BeforeCompaction,
        HookPoint::AfterCompaction,
        HookPoint::Notification,
    ];
    let subjects = [
        HookSubject::Session,
        HookSubject::Run { run: RUN },
        HookSubject::Turn { run: RUN, turn: 2 },
        HookSubject::Call { call_id: call_id() },
    ];
    let arguments = ToolArguments::parse("{\"path\":\"b\"}");
    let result = vec![ToolResultBlock::text("[removed]")];
    let decisions = [
        HookDecision::default(),
        HookDecision::new(HookVerdict::Allow, ""),
        HookDecision::new(HookVerdict::Ask, "It writes.").with_change(HookChange::Arguments { arguments }),
        HookDecision::new(HookVerdict::Deny, "Not there."),
        HookDecision::default().with_change(HookChange::Prompt { content: content(), skill: None }),
        HookDecision::default().with_change(HookChange::Result { content: result, is_error: true }),
        HookDecision::default().with_context(content()),
    ];
    let mut bodies = vec![
        EventBody::HooksSet { points: points.into_iter().collect() },
        EventBody::HooksAsked { point: HookPoint::PermissionRequested, call_id: call_id() },
    ];
    bodies.extend(subjects.map(|about| EventBody::HooksDecided {
        point: HookPoint::BeforeTool,
        about,
        decision: Box::default(),
    }));
    bodies.extend(decisions.map(|decision| EventBody::HooksDecided {
        point: HookPoint::BeforeTool,
        about: HookSubject::Call { call_id: call_id() },
        decision: Box::new(decision),
    }));
    bodies
}

/// The bodies as the events of one session.
pub(crate) fn events() -> Vec<Event> {
    let id = |seq: u64| EventId::from_u128(0x0192_0000_0001_7000_8000_0000_0000_0000 + u128::from(seq));
    (1..)
        .zip(bodies())
        .map(|(seq, body)| Event {
            header: EventHeader {
                session: SessionId::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001),
                seq: Seq(seq),
                epoch: 1,
                id: id(seq),
                time: Timestamp(1_790_000_000_000 + seq),
                cause: (seq > 1).then(|| id(seq - 1)),
            },
            body,
        })
        .collect()
}

/// The events as the records of one journal.
pub(crate) fn records() -> Vec<Record> {
    let mut prev = EventHash::ZERO;
    events()
        .iter()
        .map(|event| {
            let record = Record::seal(event, prev).unwrap();
            prev = record.hash();
            record
        })
        .collect()
}
