//! Conversations that were held elsewhere.

use tau_core::event::EventBody;
use tau_core::{ContentBlock, Message, ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock};
use tau_runtime::kernel::{Effect, Input, Rejection};

use super::support::{Kernel, calls_of, config, inject, prompt, show_event, text};

fn call(id: &str) -> ContentBlock {
    ContentBlock::ToolCall(ToolCall::new(ToolCallId::new(id), "look", ToolArguments::parse("{}")))
}

fn elsewhere() -> Vec<Message> {
    vec![
        Message::user([ContentBlock::text("Look")]),
        Message::assistant([call("a")]),
        Message::tool([ToolResult::success(ToolCallId::new("a"), [ToolResultBlock::text("Seen")])]),
        Message::assistant([ContentBlock::text("I looked")]),
    ]
}

fn import() -> Input {
    Input::Import { messages: elsewhere() }
}

#[test]
fn the_model_reads_it_before_the_first_prompt() {
    let mut kernel = Kernel::new(config());
    let decision = kernel.give(import()).unwrap();
    assert_eq!(decision.effects, []);
    assert!(
        matches!(&decision.events[..], [EventBody::HistoryImported { messages }] if *messages == elsewhere())
    );

    let asked = kernel.give(prompt(1, "Again")).unwrap();
    assert!(matches!(asked.effects[..], [Effect::CallModel { .. }]), "{asked:?}");
    let history = kernel.state.history();
    assert_eq!(history.messages().len(), 5);
    assert_eq!(
        history.messages()[..4].iter().map(|message| (**message).clone()).collect::<Vec<_>>(),
        elsewhere()
    );
    let requests: Vec<String> = history.requests().iter().map(|message| message.text()).collect();
    assert_eq!(requests, ["Look", "Again"], "what people asked for outlives a compaction");
}

/// A model that counts its calls from one again must not have its call taken for the old one.
#[test]
fn the_ids_of_its_calls_are_used_up() {
    let mut kernel = Kernel::new(config());
    kernel.give(import()).unwrap();
    kernel.give(prompt(1, "Again")).unwrap();
    let decision = kernel.give(calls_of(1, 1, &["a look"])).unwrap();
    let requested = decision.events.iter().find_map(|event| match event {
        EventBody::ToolRequested { call, .. } => Some(call.id.clone()),
        _ => None,
    });
    assert!(requested.is_some_and(|id| id != ToolCallId::new("a")), "{decision:?}");
}

#[test]
fn only_an_empty_session_takes_one() {
    let mut again = Kernel::new(config());
    again.give(import()).unwrap();
    let mut prompted = Kernel::asking(config());
    let mut answered = Kernel::asking(config());
    answered.give(text(1, 1, "Yes")).unwrap();
    for kernel in [&mut again, &mut prompted, &mut answered] {
        assert_eq!(kernel.give(import()), Err(Rejection::AlreadyBegun));
    }
    assert_eq!(Kernel::default().give(import()), Err(Rejection::NotOpen));
}

#[test]
fn what_is_no_conversation_changes_nothing() {
    let mut kernel = Kernel::new(config());
    let torn = Input::Import { messages: elsewhere()[..2].to_vec() };
    assert!(matches!(kernel.give(torn), Err(Rejection::InvalidConversation(_))));
    assert_eq!(kernel.state.history().messages().len(), 0);
}

#[test]
fn context_that_came_before_it_follows_it() {
    let mut kernel = Kernel::new(config());
    kernel.give(inject("The build is red")).unwrap();
    kernel.give(import()).unwrap();
    let decision = kernel.give(prompt(1, "Why?")).unwrap();
    let shown: Vec<String> = decision.events.iter().map(show_event).collect();
    assert!(shown.len() == 3, "{shown:?}");
    let texts: Vec<String> =
        kernel.state.history().messages().iter().skip(3).map(|message| message.text()).collect();
    assert_eq!(texts, ["I looked", "The build is red", "Why?"]);
}
