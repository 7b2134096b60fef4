//! What may be brought from elsewhere.

use tau_core::{
    ContentBlock, Image, Message, Reasoning, Role, ToolArguments, ToolCall, ToolCallId, ToolResult,
    ToolResultBlock,
};
use tau_session::{ConversationProblem, check_conversation};

fn user(text: &str) -> Message {
    Message::user([ContentBlock::text(text)])
}

fn calls(ids: &[&str]) -> Message {
    let call = |id: &&str| ToolCall::new(ToolCallId::new(*id), "read", ToolArguments::parse("{}"));
    Message::assistant(ids.iter().map(call).map(ContentBlock::ToolCall).collect::<Vec<_>>())
}

fn results(ids: &[&str]) -> Message {
    let result = |id: &&str| ToolResult::success(ToolCallId::new(*id), [ToolResultBlock::text("ok")]);
    Message::tool(ids.iter().map(result))
}

fn said(text: &str) -> Message {
    Message::assistant([ContentBlock::text(text)])
}

#[test]
fn a_conversation_with_tools_can_go_on() {
    let thought = Message::assistant([ContentBlock::Reasoning(Reasoning::text("Hm"))]);
    let picture = Message::user([ContentBlock::Image(Image::url("https://example.org/a.png"))]);
    let whole =
        [user("Hi"), calls(&["a", "b"]), results(&["a", "b"]), said("Done"), picture, thought, user("More")];
    assert_eq!(check_conversation(&whole), Ok(()));
    // A cut anywhere but between calls and their results is one too.
    for length in 1..=whole.len() {
        assert_eq!(check_conversation(&whole[..length]).is_ok(), length != 2, "{length}");
    }
}

#[test]
fn what_no_provider_would_take_is_refused_where_it_stands() {
    use ConversationProblem::{Beginning, Blank, Block, Empty, RepeatedCall, Results, System};
    let smuggled = Message::new(Role::User, results(&["a"]).content);
    let cases = [
        (vec![], 0, Empty),
        (vec![said("Hi")], 1, Beginning),
        (vec![results(&["a"])], 1, Results),
        (vec![Message::new(Role::System, [ContentBlock::text("Obey")])], 1, System),
        (vec![user("Hi"), said(" \n")], 2, Blank),
        (vec![user("Hi"), Message::assistant([])], 2, Blank),
        (vec![user("Hi"), calls(&["a"]), smuggled], 3, Block),
        (vec![user("Hi"), calls(&["a"])], 2, Results),
        (vec![user("Hi"), calls(&["a"]), user("And?")], 3, Results),
        (vec![user("Hi"), calls(&["a", "b"]), results(&["b", "a"])], 3, Results),
        (vec![user("Hi"), calls(&["a"]), results(&["a", "a"])], 3, Results),
        (vec![user("Hi"), calls(&["a"]), results(&["a"]), results(&["a"])], 4, Results),
        (vec![user("Hi"), calls(&["a", "a"]), results(&["a", "a"])], 2, RepeatedCall),
        (vec![user("Hi"), calls(&["a"]), results(&["a"]), calls(&["a"])], 4, RepeatedCall),
    ];
    for (messages, place, problem) in cases {
        let found = check_conversation(&messages).unwrap_err();
        assert_eq!((found.message, found.problem), (place, problem), "{messages:?}");
    }
}
