//! The exact bytes of requests.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use tau_agent::{ChatRequest, WireCache};
use tau_core::config::{ModelOptions, ProviderConfig, ReasoningEffort, ResolvedModel};
use tau_core::{
    ContentBlock, Image, Message, Opaque, Reasoning, Role, ToolArguments, ToolCall, ToolCallId,
    ToolDefinition, ToolResult, ToolResultBlock,
};

use crate::support::{Scripted, resolved};

/// Sends requests through a transport that keeps their bytes.
struct Sender {
    agent: tau_agent::Agent,
    transport: Arc<Scripted>,
    cache: WireCache,
}

impl Sender {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut ResolvedModel)) -> Self {
        let reply = Bytes::from_static(b"data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n");
        let transport = Arc::new(Scripted::new(vec![Ok(reply)]));
        let mut model = resolved(ProviderConfig::new("http://scripted.invalid/v1"));
        change(&mut model);
        let agent = tau_agent::Agent::with_transport(&model, Arc::<Scripted>::clone(&transport)).unwrap();
        Self { agent, transport, cache: WireCache::default() }
    }

    fn send(&mut self, request: ChatRequest<'_>) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(self.agent.chat(request, &mut self.cache)).unwrap();
        self.transport.sent.lock().unwrap().pop().unwrap()
    }

    fn json(&mut self, request: ChatRequest<'_>) -> Value {
        serde_json::from_slice(&self.send(request)).unwrap()
    }
}

/// What a message becomes.
fn wire(message: Message) -> Vec<Value> {
    let body = Sender::new().json(ChatRequest::new(&[Arc::new(message)]));
    body["messages"].as_array().unwrap().clone()
}

fn user(text: &str) -> Message {
    Message::user([ContentBlock::text(text)])
}

fn call(id: &str, name: &str, arguments: &str) -> ContentBlock {
    ContentBlock::ToolCall(ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(arguments)))
}

#[test]
fn the_smallest_request_is_this() {
    let body = Sender::new().send(ChatRequest::new(&[Arc::new(user("Hi"))]));
    assert_eq!(
        String::from_utf8(body).unwrap(),
        "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\
         \"messages\":[{\"content\":\"Hi\",\"role\":\"user\"}]}"
    );
}

#[test]
fn instructions_come_first_and_tools_keep_their_order() {
    let schema = json!({ "type": "object", "properties": { "path": { "type": "string" } } });
    let tools = [
        ToolDefinition::new("write", "Writes.", schema.clone()),
        ToolDefinition::new("ls", "Lists.", json!({ "type": "object" })),
    ];
    let messages = [Arc::new(user("Hi"))];
    let body = Sender::new().json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools));
    let expected = json!({
        "model": "m", "stream": true, "stream_options": { "include_usage": true },
        "tools": [
            { "type": "function",
              "function": { "name": "write", "description": "Writes.", "parameters": schema } },
            { "type": "function",
              "function": { "name": "ls", "description": "Lists.", "parameters": { "type": "object" } } },
        ],
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Hi" },
        ],
    });
    assert_eq!(body, expected);
    let alone = Sender::new().json(ChatRequest::new(&[]).with_system("Be brief."));
    assert_eq!(alone["messages"], json!([{ "role": "system", "content": "Be brief." }]));
}

#[test]
fn options_are_sent_when_set_and_extra_fields_as_they_are() {
    let mut options = ModelOptions::default();
    options.temperature = Some(0.5);
    options.top_p = Some(0.9);
    options.max_tokens = Some(100);
    options.seed = Some(-7);
    options.stop = Some(vec!["END".to_owned()]);
    options.reasoning_effort = Some(ReasoningEffort::Low);
    options.extra.insert("top_k".to_owned(), json!(40));
    options.extra.insert("provider".to_owned(), json!({ "order": ["a"] }));
    options.extra.insert("stream_options".to_owned(), json!({ "include_obfuscation": false }));
    let mut sender = Sender::with(|model| {
        model.options = options;
        model.model.capabilities.max_output = Some(9_999);
    });
    let messages = [Arc::new(user("Hi"))];
    let mut expected = json!({
        "model": "m", "stream": true,
        "stream_options": { "include_usage": true, "include_obfuscation": false },
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 100, "seed": -7, "stop": ["END"],
        "reasoning_effort": "low", "top_k": 40, "provider": { "order": ["a"] },
        "messages": [{ "role": "user", "content": "Hi" }],
    });
    assert_eq!(sender.json(ChatRequest::new(&messages)), expected);

    let mut over = ModelOptions::default();
    over.temperature = Some(0.0);
    expected["temperature"] = json!(0.0);
    assert_eq!(sender.json(ChatRequest::new(&messages).with_options(&over)), expected);
}

#[test]
fn the_limit_of_the_model_is_sent_when_no_option_says_otherwise() {
    let mut sender = Sender::with(|model| model.model.capabilities.max_output = Some(4_096));
    assert_eq!(sender.json(ChatRequest::new(&[]))["max_tokens"], 4_096);
}

#[test]
fn words_are_a_string_and_parts_only_where_they_must_be() {
    assert_eq!(wire(user("a\n\"b\" é😀")), [json!({ "role": "user", "content": "a\n\"b\" é😀" })]);
    let system = Message::new(Role::System, [ContentBlock::text("New rules.")]);
    assert_eq!(wire(system), [json!({ "role": "system", "content": "New rules." })]);
    let parts = Message::user([
        ContentBlock::text("What is this?"),
        ContentBlock::Image(Image::base64("image/png", "iVBOR")),
        ContentBlock::Image(Image::url("https://example.org/cat.png")),
        ContentBlock::Image(Image::base64("application/pdf", "JVBERi0=")),
        ContentBlock::Image(Image::base64("text/plain", "SGk=")),
    ]);
    let expected = json!({ "role": "user", "content": [
        { "type": "text", "text": "What is this?" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,iVBOR" } },
        { "type": "image_url", "image_url": { "url": "https://example.org/cat.png" } },
        { "type": "file", "file": { "filename": "document.pdf",
          "file_data": "data:application/pdf;base64,JVBERi0=" } },
        { "type": "file", "file": { "filename": "document.txt", "file_data": "data:text/plain;base64,SGk=" } },
    ] });
    assert_eq!(wire(parts), [expected]);
}

#[test]
fn assistant_messages_with_words_calls_or_both() {
    assert_eq!(
        wire(Message::assistant([ContentBlock::text("a"), ContentBlock::text("b")])),
        [json!({ "role": "assistant", "content": "ab" })]
    );
    let function = |arguments: &str| json!({ "name": "ls", "arguments": arguments });
    assert_eq!(
        wire(Message::assistant([call("x", "ls", "{ \"n\": 1.0e3 }"), call("y", "ls", "{}")])),
        [json!({ "role": "assistant", "content": null, "tool_calls": [
            { "id": "x", "type": "function", "function": function("{ \"n\": 1.0e3 }") },
            { "id": "y", "type": "function", "function": function("{}") },
        ] })]
    );
    assert_eq!(
        wire(Message::assistant([ContentBlock::text("Look:"), call("x", "ls", "{}")])),
        [json!({ "role": "assistant", "content": "Look:", "tool_calls": [
            { "id": "x", "type": "function", "function": function("{}") },
        ] })]
    );
}

/// Servers read the calls of the past again, and refuse the whole session for one that they cannot read.
#[test]
fn calls_of_the_past_are_always_readable() {
    let sent = |name: &str, arguments: &str| {
        let message = wire(Message::assistant([call("x", name, arguments)])).remove(0);
        let function = &message["tool_calls"][0]["function"];
        (function["name"].as_str().unwrap().to_owned(), function["arguments"].as_str().unwrap().to_owned())
    };
    for empty in ["", "  \n"] {
        assert_eq!(sent("ls", empty).1, "{}");
    }
    for broken in ["{\"path\": \"/e", "not JSON", "[1]", "null", "\"text\""] {
        let arguments: Value = serde_json::from_str(&sent("ls", broken).1).unwrap();
        assert_eq!(arguments, json!({ "invalid_json": broken }));
    }
    assert_eq!(sent("functions.read file\n", "{}").0, "functions_read_file_");
    assert_eq!(sent("", "{}").0, "unnamed");
    assert_eq!(sent(&"n".repeat(100), "{}").0, "n".repeat(64));
}

#[test]
fn every_result_is_a_message_of_its_own() {
    let id = |text: &str| ToolCallId::new(text);
    let message = Message::tool([
        ToolResult::success(id("x"), [ToolResultBlock::text("a"), ToolResultBlock::text("b")]),
        ToolResult::error(id("y"), "no such file"),
        ToolResult::success(id("z"), [ToolResultBlock::Json { value: json!({ "n": [1, 2] }) }]),
        ToolResult::success(id("w"), []),
    ]);
    let expected = [
        json!({ "role": "tool", "tool_call_id": "x", "content": "a\nb" }),
        json!({ "role": "tool", "tool_call_id": "y", "content": "no such file" }),
        json!({ "role": "tool", "tool_call_id": "z", "content": "{\"n\":[1,2]}" }),
        json!({ "role": "tool", "tool_call_id": "w", "content": "" }),
    ];
    assert_eq!(wire(message), expected);
}

#[test]
fn images_of_results_follow_in_a_message_of_the_users() {
    let image = |data: &str| ToolResultBlock::Image(Image::base64("image/png", data));
    let message = Message::tool([
        ToolResult::success(ToolCallId::new("x"), [ToolResultBlock::text("a shot"), image("AAA")]),
        ToolResult::success(ToolCallId::new("y"), [image("BBB")]),
    ]);
    let part = |data: &str| json!({ "type": "image_url", "image_url": { "url": format!("data:image/png;base64,{data}") } });
    let expected = [
        json!({ "role": "tool", "tool_call_id": "x", "content": "a shot\n[image]" }),
        json!({ "role": "tool", "tool_call_id": "y", "content": "[image]" }),
        json!({ "role": "user", "content": [
            { "type": "text", "text": "The images of the tool results above, in order:" },
            part("AAA"),
            part("BBB"),
        ] }),
    ];
    assert_eq!(wire(message), expected);
}

#[test]
fn reasoning_goes_back_where_it_came_from_and_nowhere_else() {
    let reasoning = |data: Option<(&str, &str)>| {
        ContentBlock::Reasoning(match data {
            Some((format, json)) => Reasoning::with_data("Hm.", Opaque::new(format, json)),
            None => Reasoning::text("Hm."),
        })
    };
    let sent = |data| wire(Message::assistant([reasoning(data), call("x", "ls", "{}")])).remove(0);
    let plain = wire(Message::assistant([call("x", "ls", "{}")])).remove(0);
    assert_eq!(sent(None), plain, "words alone stay here");
    assert_eq!(sent(Some(("anthropic", "{\"signature\":\"s\"}"))), plain, "another format's data stays here");
    assert_eq!(sent(Some(("openai-chat", "oops"))), plain, "data that is none breaks nothing");

    let mut expected = plain.clone();
    expected["reasoning_details"] = json!([{ "type": "reasoning.encrypted", "data": "AAA", "index": 0 }]);
    let details = "{\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"AAA\",\"index\":0}]}";
    assert_eq!(sent(Some(("openai-chat", details))), expected);

    let mut expected = plain;
    expected["reasoning_content"] = json!("Hm.");
    assert_eq!(sent(Some(("openai-chat", "{\"reasoning_content\":true}"))), expected);
}

#[test]
fn every_message_is_encoded_once() {
    let mut cache = WireCache::default();
    let mut messages = Vec::new();
    let mut encoded = Vec::new();
    for turn in 0..50 {
        messages.push(Arc::new(user(&format!("question {turn}"))));
        messages.push(Arc::new(Message::assistant([ContentBlock::text("answer")])));
        for _ in 0..2 {
            cache.body(b"[".to_vec(), &messages, b"]", |position, message, is_first, out| {
                assert_eq!(is_first, position == 0);
                encoded.push(position);
                out.extend_from_slice(message.text().as_bytes());
            });
        }
    }
    assert_eq!(encoded, (0..100).collect::<Vec<_>>());
}

#[test]
fn a_cache_is_started_anew_when_what_was_sent_changed() {
    let (one, two, other) = (Arc::new(user("one")), Arc::new(user("two")), Arc::new(user("other")));
    let conversations = [
        vec![Arc::clone(&one), Arc::clone(&two)],
        vec![Arc::clone(&one), Arc::clone(&other)],
        vec![Arc::clone(&other)],
        vec![],
        vec![Arc::clone(&one), Arc::clone(&two), Arc::clone(&other)],
    ];
    let mut sender = Sender::new();
    for messages in &conversations {
        for system in ["", "a", "b"] {
            let request = ChatRequest::new(messages).with_system(system);
            assert_eq!(sender.send(request), Sender::new().send(request));
        }
    }
}

/// Any message that a conversation may hold.
fn message() -> impl Strategy<Value = Message> {
    let text = "[ -~é😀\n\"\\\\]{0,20}";
    let result = (text, any::<bool>()).prop_map(|(text, is_image)| {
        let image = ToolResultBlock::Image(Image::base64("image/png", "AAA"));
        let block = if is_image { image } else { ToolResultBlock::text(text) };
        ToolResult::success(ToolCallId::new("x"), [block])
    });
    prop_oneof![
        text.prop_map(|text| user(&text)),
        (text, text).prop_map(|(a, b)| Message::user([ContentBlock::text(a), ContentBlock::text(b)])),
        (text, prop::collection::vec(text, 0..3)).prop_map(|(words, calls)| {
            let calls = calls.iter().map(|arguments| call("x", "ls", arguments));
            let thought = ContentBlock::Reasoning(Reasoning::text("Hm."));
            let said = [thought, ContentBlock::text(words)].into_iter();
            Message::assistant(said.chain(calls).collect::<Vec<_>>())
        }),
        prop::collection::vec(result, 1..4).prop_map(Message::tool),
        text.prop_map(|text| Message::new(Role::System, [ContentBlock::text(text)])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_request_that_only_adds_begins_with_the_one_before(
        messages in prop::collection::vec(message(), 1..12),
        steps in prop::collection::vec(0usize..4, 1..8),
        system in prop_oneof![Just(""), Just("Be brief.")],
    ) {
        const TAIL: &[u8] = b"]}";
        let messages: Vec<Arc<Message>> = messages.into_iter().map(Arc::new).collect();
        let mut sender = Sender::new();
        let mut before: Option<Vec<u8>> = None;
        let mut length = 0;
        for step in steps {
            length = (length + step).min(messages.len());
            let request = ChatRequest::new(&messages[..length]).with_system(system);
            let body = sender.send(request);
            prop_assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{}", String::from_utf8_lossy(&body));
            prop_assert_eq!(&body, &Sender::new().send(request), "a fresh cache makes the same bytes");
            if let Some(before) = before {
                let prefix = before.strip_suffix(TAIL).unwrap();
                prop_assert!(body.starts_with(prefix));
            }
            before = Some(body);
        }
    }
}
