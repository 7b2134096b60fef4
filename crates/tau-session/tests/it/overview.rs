//! What a list says of a session.

use tau_core::event::{
    Event, EventBody, EventHeader, PermissionAnswer, RunOutcome, Seq, SessionConfig, Spending, Timestamp,
    ToolOutcome,
};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, EventId, FinishReason, HumanDuration, RunId, SessionId,
    TokenUsage, ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_session::{PendingQuestion, SessionOverview};

const RUN: RunId = RunId::from_u128(1);

fn fold(bodies: impl IntoIterator<Item = EventBody>) -> SessionOverview {
    let events: Vec<Event> = bodies
        .into_iter()
        .zip(1..)
        .map(|(body, seq)| {
            let session = SessionId::from_u128(9);
            let time = Timestamp::from(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seq));
            let id = EventId::from_u128(u128::from(seq));
            Event { header: EventHeader { session, seq: Seq(seq), epoch: 3, id, time, cause: None }, body }
        })
        .collect();
    SessionOverview::fold(&events)
}

fn created() -> EventBody {
    let mut config = SessionConfig::new("fast");
    config.metadata.insert("team".to_owned(), "red".to_owned());
    EventBody::SessionCreated(Box::new(config))
}

fn prompt(run: RunId, text: &str) -> EventBody {
    EventBody::PromptSubmitted { run, content: vec![ContentBlock::text(text)] }
}

fn call() -> ToolCall {
    ToolCall::new(ToolCallId::new("a"), "write", ToolArguments::parse("{}"))
}

fn requested() -> EventBody {
    EventBody::ToolRequested {
        call: call(),
        arguments_hash: String::new(),
        idempotency_key: String::new(),
        effect: EffectClass::AtMostOnce,
    }
}

fn asked() -> EventBody {
    EventBody::PermissionRequested { call_id: call().id, reason: "it writes".to_owned() }
}

fn at_work() -> Vec<EventBody> {
    let mut usage = TokenUsage::default();
    (usage.input, usage.output) = (100, 10);
    let mut reply = ChatResponse::new([ContentBlock::ToolCall(call())], FinishReason::ToolCalls);
    reply.usage = Some(usage);
    vec![
        created(),
        prompt(RUN, " Write\n it "),
        EventBody::RunStarted { run: RUN },
        EventBody::ModelReplied { turn: 1, response: reply.into() },
        requested(),
        asked(),
    ]
}

#[test]
fn who_waits_for_what() {
    let overview = fold(at_work());
    assert_eq!((overview.seq, overview.epoch), (Seq(6), 3));
    assert!(overview.created < overview.updated);
    assert_eq!((overview.model.as_str(), overview.prompt.as_str()), ("fast", "Write it"));
    assert_eq!((overview.run, overview.has_work()), (Some(RUN), true));
    assert_eq!((overview.spent.turns, overview.spent.tool_calls, overview.spent.usage.total()), (1, 1, 110));
    let [pending] = &overview.pending[..] else { panic!("{overview:#?}") };
    assert_eq!((&pending.call, pending.seq), (&call(), Seq(6)));
    assert_eq!(pending.question, PendingQuestion::Permission { reason: "it writes".to_owned() });
}

#[test]
fn an_answer_an_end_and_a_rewind_leave_nothing_pending() {
    let answered = EventBody::PermissionAnswered { call_id: call().id, answer: PermissionAnswer::Allow };
    let ended = EventBody::ToolFinished {
        outcome: ToolOutcome::Cancelled,
        result: ToolResult::success(call().id, [ToolResultBlock::text("")]),
        elapsed: HumanDuration::from(std::time::Duration::ZERO),
    };
    for after in [answered, ended, EventBody::Rewound { to: Seq(1) }] {
        let overview = fold(at_work().into_iter().chain([after.clone()]));
        assert_eq!(overview.pending, [], "{after:?}");
    }
    let back = fold(at_work().into_iter().chain([EventBody::Rewound { to: Seq(1) }]));
    assert_eq!((back.run, back.has_work()), (None, false));
    assert_eq!(back.spent.turns, 1, "a rewind brings nothing back that was spent");
}

#[test]
fn runs_wait_begin_end_and_are_cancelled_before_they_begin() {
    let second = RunId::from_u128(2);
    let finished = |run| EventBody::RunFinished { run, outcome: RunOutcome::Cancelled };
    let queued = fold(at_work().into_iter().chain([prompt(second, "Next")]));
    assert_eq!((queued.run, Vec::from(queued.queued)), (Some(RUN), vec![second]));
    let never = fold(at_work().into_iter().chain([prompt(second, "Next"), finished(second)]));
    assert_eq!((never.run, never.queued.len()), (Some(RUN), 0));
    let over = fold(at_work().into_iter().chain([finished(RUN)]));
    assert!(!over.has_work());
}

#[test]
fn subagents_metadata_and_the_end() {
    let child = SessionId::from_u128(5);
    let mut spent = Spending::default();
    spent.turns = 4;
    let begun = EventBody::SubagentStarted {
        call_id: call().id,
        child,
        budget: Default::default(),
        background: false,
    };
    let overview = fold(at_work().into_iter().chain([begun.clone()]));
    assert_eq!(Vec::from_iter(overview.subagents), [child]);
    let renamed = EventBody::SessionUpdated {
        metadata: [("team".to_owned(), "blue".to_owned())].into_iter().collect(),
    };
    let reported = EventBody::SubagentFinished { child, outcome: RunOutcome::Completed, spent };
    let overview = fold(at_work().into_iter().chain([begun, reported, renamed, EventBody::SessionClosed]));
    assert_eq!((overview.subagents.len(), overview.spent.turns), (0, 5));
    assert_eq!((overview.metadata["team"].as_str(), overview.is_closed), ("blue", true));
}
