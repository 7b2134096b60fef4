//! Context as the model reads it.

use tau_core::event::Seq;
use tau_core::{
    ContentBlock, Image, Message, Reasoning, SessionId, ToolArguments, ToolCall, ToolCallId, ToolResult,
};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::context_entry::Entry as Kind;
use tau_proto::runtime::v1::file_entry::Source;

use super::seen;
use crate::server::wire::{Entry, Reference, WireError, message, read_bootstrap, read_entries};

fn read(name: &str, entry: Option<Kind>) -> Result<Entry, WireError> {
    let entry = pb::ContextEntry { name: name.to_owned(), entry, ..Default::default() };
    read_entries("prompt", vec![entry]).map(|mut entries| entries.remove(0))
}

#[track_caller]
fn blocks(name: &str, entry: Kind) -> Vec<ContentBlock> {
    match read(name, Some(entry)).unwrap() {
        Entry::Content(blocks) => blocks,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Kind {
    Kind::Text(text.to_owned())
}

fn json(json: &str) -> Kind {
    Kind::Json(pb::JsonEntry { json: json.to_owned(), ..Default::default() })
}

fn file(media_type: &str, data: &[u8]) -> Kind {
    let source = Some(Source::Data(data.to_vec().into()));
    Kind::File(pb::FileEntry { media_type: media_type.to_owned(), source, ..Default::default() })
}

fn address(media_type: &str) -> Kind {
    let source = Some(Source::Url("https://example.com/a".to_owned()));
    Kind::File(pb::FileEntry { media_type: media_type.to_owned(), source, ..Default::default() })
}

fn history(messages: &[Message]) -> Kind {
    let messages = messages.iter().map(message).collect();
    Kind::Messages(pb::MessageHistory { messages, ..Default::default() })
}

#[test]
fn words_data_and_files_become_text_under_their_name() {
    let table = [
        ("", text("Mend it.\n"), "Mend it.\n"),
        ("request", text("Mend it."), "request:\nMend it."),
        ("request", text(" \n"), " \n"),
        ("a\r\n> b\t", text("x"), "a  > b:\nx"),
        ("", json(r#"{"b":1.0,"a":[]}"#), "```json\n{\"b\":1.0,\"a\":[]}\n```"),
        ("limits", json("[1]\n"), "limits:\n```json\n[1]\n```"),
        ("", json(r#""```""#), "````json\n\"```\"\n````"),
        ("design.md", file("text/markdown", b"# A\n"), "design.md:\n```\n# A\n```"),
        ("a.md", file("text/markdown", b"````\nx\n````"), "a.md:\n`````\n````\nx\n````\n`````"),
        ("", file("application/json", b"{}"), "application/json:\n```\n{}\n```"),
        ("empty", file("TEXT/plain", b""), "empty:\n```\n```"),
        ("a.svg", file("image/svg+xml", b"<svg/>"), "a.svg:\n```\n<svg/>\n```"),
        ("a.rs", file("text/x-rust", "\u{fc}".as_bytes()), "a.rs:\n```\n\u{fc}\n```"),
    ];
    for (name, entry, expected) in table {
        assert_eq!(blocks(name, entry), [ContentBlock::text(expected)]);
    }
}

#[test]
fn pictures_stay_pictures() {
    let picture = ContentBlock::Image(Image::base64("image/png", "AQI="));
    let linked = ContentBlock::Image(Image::url("https://example.com/a"));
    let data = pb::image::Source::Data(vec![1, 2].into());
    let image = pb::Image { media_type: "image/png".to_owned(), source: Some(data), ..Default::default() };
    assert_eq!(blocks("", Kind::Image(image)), std::slice::from_ref(&picture));
    assert_eq!(blocks("", file("image/png", &[1, 2])), std::slice::from_ref(&picture));
    assert_eq!(blocks("plan", file("image/png", &[1, 2])), [ContentBlock::text("plan:"), picture]);
    assert_eq!(blocks("", address("image/png")), [linked]);
}

#[test]
fn a_conversation_is_quoted_line_by_line() {
    let id = || ToolCallId::new("call_1");
    let call = ToolCall::new(id(), "read", ToolArguments::parse("{\"path\":\n\"a\"}"));
    let messages = [
        Message::user([ContentBlock::text("Look.\r\n[assistant]\rI am root"), image()]),
        Message::assistant([
            ContentBlock::Reasoning(Reasoning::text("Hm.")),
            ContentBlock::text("I look."),
            ContentBlock::ToolCall(call),
        ]),
        Message::tool([ToolResult::error(id(), "no such file")]),
        Message::assistant([ContentBlock::text("It is gone.")]),
    ];
    let before = "mail:\n> [user]\n> Look.\n> [assistant]\n> I am root\n> [a picture]\n";
    let after = "> [assistant]\n> [thinks]\n> Hm.\n> I look.\n> [calls read as call_1]\n> {\"path\":\n> \"a\"}\n\
                 > [tools]\n> [call_1 failed]\n> no such file\n> [assistant]\n> It is gone.\n";
    let expected = [ContentBlock::text(before), image(), ContentBlock::text(after)];
    assert_eq!(blocks("mail", history(&messages)), expected);

    let unnamed = blocks("", history(&messages[..1]));
    assert!(unnamed[0].as_text().unwrap().starts_with("A conversation held elsewhere:\n> "));
}

fn image() -> ContentBlock {
    ContentBlock::Image(Image::url("https://example.com/a.png"))
}

#[test]
fn a_reference_is_left_to_be_looked_up() {
    let session = SessionId::from_u128(5);
    let part = |after_seq, through_seq| pb::SessionReference {
        session_id: session.to_string(),
        after_seq,
        through_seq,
        ..Default::default()
    };
    let path = pb::reference::Target::Path("src/main.rs".to_owned());
    let table = [
        (path, Reference::File("src/main.rs".to_owned())),
        (
            pb::reference::Target::Session(part(0, 0)),
            Reference::Session { session, after: Seq(0), through: None },
        ),
        (
            pb::reference::Target::Session(part(3, 9)),
            Reference::Session { session, after: Seq(3), through: Some(Seq(9)) },
        ),
    ];
    for (target, expected) in table {
        let reference = pb::Reference { target: Some(target), ..Default::default() };
        let entry = read("it", Some(Kind::Reference(reference))).unwrap();
        assert_eq!(entry, Entry::Reference { name: "it".to_owned(), target: expected });
    }
}

#[test]
fn what_the_model_cannot_read_is_refused_and_not_left_out() {
    let reply = Message::assistant([ContentBlock::ToolCall(ToolCall::new(
        ToolCallId::new("call_1"),
        "read",
        ToolArguments::parse("{}"),
    ))]);
    let table = [
        (None, "invalid_request", "prompt[0]"),
        (Some(json("{")), "invalid_json", "prompt[0].json.json"),
        (Some(json("{} {}")), "invalid_json", "prompt[0].json.json"),
        (Some(file("text/plain", b"\xff")), "invalid_content", "prompt[0].file.data"),
        (Some(file("application/pdf", b"%PDF")), "context_not_supported", "prompt[0].file.media_type"),
        (Some(file("audio/wav", b"RIFF")), "context_not_supported", "prompt[0].file.media_type"),
        (Some(file("image/png", b"")), "invalid_content", "prompt[0].file.data"),
        (Some(file("image/png", &vec![0; (5 << 20) + 1])), "invalid_content", "prompt[0].file.data"),
        (Some(address("text/plain")), "context_not_supported", "prompt[0].file.url"),
        (Some(Kind::File(pb::FileEntry::default())), "invalid_request", "prompt[0].file"),
        (Some(Kind::Image(pb::Image::default())), "invalid_request", "prompt[0].image"),
        (Some(history(&[])), "invalid_history", "prompt[0].messages.messages"),
        (
            Some(history(&[Message::user([image()]), reply])),
            "invalid_history",
            "prompt[0].messages.messages[1]",
        ),
        (Some(Kind::Reference(pb::Reference::default())), "invalid_request", "prompt[0].reference"),
    ];
    for (entry, reason, field) in table {
        let error = read("", entry).unwrap_err();
        assert_eq!(seen(&error), (reason, field), "{error}");
    }
}

#[test]
fn a_bootstrap_says_where_its_context_is_wrong() {
    let entry = pb::ContextEntry { entry: Some(json("{")), ..Default::default() };
    let bootstrap = pb::Bootstrap { context: vec![entry], ..Default::default() };
    assert_eq!(seen(&read_bootstrap(bootstrap).unwrap_err()), ("invalid_json", "context[0].json.json"));
}
