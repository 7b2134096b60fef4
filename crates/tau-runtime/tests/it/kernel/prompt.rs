//! Sessions begin, prompts queue, context waits.

use tau_core::event::{CancelScope, EventBody, ModelFailureKind, PermissionAnswer};
use tau_core::{ContentBlock, Image, Message, Reasoning, ToolArguments, ToolCall, ToolResult};
use tau_runtime::kernel::{Input, Rejection, State};

use super::support::{
    Kernel, answer, call_id, calls_of, cancel, config, done, failure, inject, prompt, run_id, text,
};

#[test]
fn a_session_is_created_once() {
    let mut kernel = Kernel::default();
    let create = || Input::Create(Box::new(config()));
    let decision = kernel.give(create()).unwrap();
    assert_eq!(decision.events, [EventBody::SessionCreated(Box::new(config()))]);
    assert_eq!(decision.effects, []);
    assert_eq!(kernel.state.config(), Some(&config()));
    assert_eq!(kernel.rejects(create()), Rejection::AlreadyCreated);
}

#[test]
fn nothing_happens_before_it_is_created_or_after_it_is_closed() {
    let mut closed = Kernel::new(config());
    assert_eq!(closed.lines(cancel(CancelScope::Session)), ["cancel Session", "closed"]);
    assert!(closed.state.is_closed());
    for mut kernel in [Kernel::default(), closed] {
        for input in [prompt(1, "Hi"), inject("x"), cancel(CancelScope::Run), cancel(CancelScope::Session)] {
            assert_eq!(kernel.rejects(input), Rejection::NotOpen);
        }
        let late = [
            text(1, 1, "Hi"),
            failure(1, 1, ModelFailureKind::Server),
            done("a"),
            answer("a", PermissionAnswer::Allow),
        ];
        for input in late {
            assert_eq!(kernel.rejects(input), Rejection::Stale);
        }
    }
}

#[test]
fn a_prompt_starts_at_once_when_nothing_is_on() {
    let mut kernel = Kernel::new(config());
    assert_eq!(
        kernel.lines(prompt(1, "Hi")),
        ["prompt 1: Hi", "run 1 started", "model requested 1/1", "> call model 1/1"]
    );
    assert_eq!(kernel.state.active_run(), Some(run_id(1)));
}

#[test]
fn prompts_wait_their_turn() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(kernel.lines(prompt(3, "third")), ["prompt 3: third"]);
    assert_eq!(kernel.lines(prompt(2, "second")), ["prompt 2: second"]);
    assert_eq!(
        kernel.lines(text(1, 1, "done")),
        [
            "turn 1 replied: done",
            "run 1 finished: Completed",
            "run 3 started",
            "model requested 3/1",
            "> call model 3/1"
        ]
    );
    kernel.give(text(3, 1, "done")).unwrap();
    assert_eq!(kernel.state.active_run(), Some(run_id(2)));
    assert_eq!(kernel.lines(text(2, 1, "end")), ["turn 1 replied: end", "run 2 finished: Completed"]);
    assert_eq!(kernel.state.active_run(), None);
}

#[test]
fn a_run_is_submitted_once_in_a_session() {
    let mut kernel = Kernel::asking(config());
    kernel.give(prompt(2, "queued")).unwrap();
    for run in [1, 2] {
        assert_eq!(kernel.rejects(prompt(run, "again")), Rejection::DuplicateRun(run_id(run)));
    }
    kernel.give(text(1, 1, "done")).unwrap();
    assert_eq!(kernel.rejects(prompt(1, "finished")), Rejection::DuplicateRun(run_id(1)));
    let mut stored = Kernel { state: stored(&kernel.state) };
    assert_eq!(stored.rejects(prompt(1, "finished")), Rejection::DuplicateRun(run_id(1)));
}

fn stored(state: &State) -> State {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

#[test]
fn content_is_what_a_person_can_say() {
    let call = ToolCall::new(call_id("a"), "look", ToolArguments::parse("{}"));
    let refused = [
        vec![],
        vec![ContentBlock::text("")],
        vec![ContentBlock::text(" \n"), ContentBlock::text("")],
        vec![ContentBlock::text("Hi"), ContentBlock::ToolCall(call)],
        vec![ContentBlock::text("Hi"), ContentBlock::ToolResult(ToolResult::error(call_id("a"), "no"))],
        vec![ContentBlock::Reasoning(Reasoning::text("hm"))],
    ];
    let image = || ContentBlock::Image(Image::url("http://example.com/a.png"));
    let taken =
        [vec![image()], vec![ContentBlock::text("See"), image()], vec![ContentBlock::text(""), image()]];
    let mut kernel = Kernel::new(config());
    for content in refused {
        let prompt = Input::Prompt { run: run_id(1), content: content.clone() };
        assert_eq!(kernel.rejects(prompt), Rejection::InvalidContent, "{content:?}");
        assert_eq!(kernel.rejects(Input::Inject { content }), Rejection::InvalidContent);
    }
    for content in taken {
        let mut kernel = kernel.clone();
        kernel.give(Input::Prompt { run: run_id(1), content: content.clone() }).unwrap();
        assert_eq!(*kernel.state.history().messages()[0], Message::user(content));
    }
}

#[test]
fn context_waits_for_the_next_request() {
    let mut kernel = Kernel::calling(config(), &["a look"]);
    assert_eq!(kernel.lines(inject("know this")), ["context: know this"]);
    assert_eq!(kernel.state.history().messages().len(), 2);
    kernel.give(done("a")).unwrap();
    assert_eq!(kernel.state.history().messages()[3].text(), "know this");

    kernel.give(inject("and that")).unwrap();
    kernel.give(calls_of(1, 2, &["b look"])).unwrap();
    assert_eq!(kernel.state.history().messages().len(), 5, "not between a call and its result");
}
