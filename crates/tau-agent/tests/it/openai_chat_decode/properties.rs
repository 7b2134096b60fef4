//! What holds for any answer.

use proptest::prelude::*;
use serde_json::{Value, json};
use tau_core::ChatResponse;

use super::{decode, delta, finish};

/// One chunk of an answer, sensible or not.
fn chunk() -> impl Strategy<Value = Value> {
    let text = "[ -~é€😀\r\n]{0,12}";
    let id = prop_oneof![Just(Value::Null), Just(json!("")), Just(json!("x")), Just(json!("y"))];
    let index = prop_oneof![Just(Value::Null), (0..3u64).prop_map(Value::from)];
    let name = prop_oneof![Just(Value::Null), Just(json!("ls")), Just(json!("cat"))];
    prop_oneof![
        text.prop_map(|text| delta(&json!({ "content": text }))),
        text.prop_map(|text| delta(&json!({ "reasoning": text }))),
        (index, id, name, text).prop_map(|(index, id, name, arguments)| delta(&json!({ "tool_calls": [
            { "index": index, "id": id, "function": { "name": name, "arguments": arguments } }
        ] }))),
        any::<u32>().prop_map(|n| json!({ "usage": { "prompt_tokens": n, "completion_tokens": 1 } })),
        Just(finish("stop")),
    ]
}

/// An answer: chunks with line ends and comments of any kind, and any end.
fn answer() -> impl Strategy<Value = String> {
    let end = prop_oneof![Just("data: [DONE]\n\n"), Just(""), Just("data: {\"choi"), Just("data: [DONE]")];
    let line_end = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    (prop::collection::vec((chunk(), any::<bool>()), 0..8), end, line_end).prop_map(
        |(chunks, end, line_end)| {
            let mut body = String::new();
            for (chunk, is_commented) in chunks {
                body.push_str(if is_commented { ": comment\n\n" } else { "" });
                body.push_str(&format!("data: {chunk}\n\n"));
            }
            (body + end).replace('\n', line_end)
        },
    )
}

/// What came of an answer in these chunks, errors as text.
fn outcome(chunks: &[&[u8]]) -> (Vec<String>, Result<ChatResponse, String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let outcome = runtime.block_on(decode(chunks));
    (outcome.events, outcome.end.map_err(|error| error.to_string()))
}

proptest! {
    #[test]
    fn any_split_into_chunks_gives_the_same(
        answer in answer(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = answer.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(outcome(&chunks), outcome(&[bytes]));
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(outcome(&single), outcome(&[bytes]));
    }

    #[test]
    fn what_is_said_piece_by_piece_is_what_is_said_in_the_end(answer in answer()) {
        let (events, end) = outcome(&[answer.as_bytes()]);
        if let Ok(reply) = end {
            let said: String = events.iter().filter_map(|event| event.strip_prefix("text ")).collect();
            prop_assert_eq!(said, tau_core::Message::assistant(reply.content.clone()).text());
            let message = tau_core::Message::assistant(reply.content);
            for (index, call) in message.tool_calls().enumerate() {
                let prefix = format!("arguments {index} ");
                let said: String =
                    events.iter().filter_map(|event| event.strip_prefix(prefix.as_str())).collect();
                prop_assert_eq!(said, call.arguments.raw());
            }
        }
    }

    /// Whatever comes, there is an end and no panic.
    #[test]
    fn any_bytes_have_an_end(bytes in prop::collection::vec(any::<u8>(), 0..300), framed in any::<bool>()) {
        let body = if framed { [b"data: ", bytes.as_slice(), b"\n\n"].concat() } else { bytes };
        let _ = outcome(&[&body]);
    }

    /// Any JSON where a chunk should be: an end and no panic.
    #[test]
    fn any_json_has_an_end(value in any_json()) {
        let body = format!("data: {value}\n\ndata: [DONE]\n\n");
        let _ = outcome(&[body.as_bytes()]);
        let _ = outcome(&[value.to_string().as_bytes()]);
    }
}

/// JSON that often uses the names that are looked for.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-z]{0,5}".prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "choices",
        "delta",
        "message",
        "tool_calls",
        "function",
        "arguments",
        "usage",
        "error",
        "content",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "reasoning_tokens",
        "completion_tokens_details",
        "reasoning_details",
        "thinking",
        "index",
        "id",
        "name",
        "text",
        "type",
        "finish_reason",
    ]);
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}
