//! Deviations of tool calls.

use serde_json::{Value, json};
use tau_core::FinishReason;

use super::{Case, calls, check_all, decode, delta, events, finish, words};

/// The fragments, each in a chunk of its own, with the finish reason after them.
fn fragments(fragments: &[Value]) -> String {
    let mut all: Vec<Value> =
        fragments.iter().map(|fragment| delta(&json!({ "tool_calls": [fragment] }))).collect();
    all.push(finish("tool_calls"));
    events(&all)
}

const ONE: [&str; 3] = ["call 0 ls", "arguments 0 {\"a\"", "arguments 0 :1}"];
const TWO: [&str; 4] = ["call 0 ls", "arguments 0 {}", "call 1 cat", "arguments 1 {\"b\":2}"];

fn one() -> tau_core::ChatResponse {
    calls(&[("x", "ls", "{\"a\":1}")])
}

fn two() -> tau_core::ChatResponse {
    calls(&[("x", "ls", "{}"), ("y", "cat", "{\"b\":2}")])
}

#[tokio::test]
async fn one_call_in_fragments() {
    let start = json!({ "index": 0, "id": "x", "function": { "name": "ls", "arguments": "{\"a\"" } });
    let cases = [
        ("as it should be", start.clone(), json!({ "index": 0, "function": { "arguments": ":1}" } })),
        (
            "no index at all",
            json!({ "id": "x", "function": { "name": "ls", "arguments": "{\"a\"" } }),
            json!({ "function": { "arguments": ":1}" } }),
        ),
        (
            "a new id for each fragment",
            start.clone(),
            json!({ "index": 0, "id": "new", "function": { "arguments": ":1}" } }),
        ),
        (
            "an empty id and name in what follows",
            start.clone(),
            json!({ "index": 0, "id": "", "function": { "name": "", "arguments": ":1}" } }),
        ),
        (
            "id and name repeated",
            start.clone(),
            json!({ "index": 0, "id": "x", "function": { "name": "ls", "arguments": ":1}" } }),
        ),
        (
            "name repeated, id not",
            start.clone(),
            json!({ "index": 0, "function": { "name": "ls", "arguments": ":1}" } }),
        ),
        (
            "null for what did not change",
            start.clone(),
            json!({ "index": 0, "id": null, "type": null, "function": { "name": null, "arguments": ":1}" } }),
        ),
        (
            "the index counts from 1",
            json!({ "index": 1, "id": "x", "function": { "name": "ls", "arguments": "{\"a\"" } }),
            json!({ "index": 1, "function": { "arguments": ":1}" } }),
        ),
        (
            "the id comes after the name",
            json!({ "index": 0, "function": { "name": "ls", "arguments": "{\"a\"" } }),
            json!({ "index": 0, "id": "x", "function": { "arguments": ":1}" } }),
        ),
    ];
    for (name, first, second) in cases {
        Case::reply(name, fragments(&[first, second]), &ONE, one()).check().await;
    }
}

#[tokio::test]
async fn two_calls_kept_apart() {
    let call = |index: Value, id: Value, name: &str, arguments: &str| json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } });
    let (ls, cat) = ("{}", "{\"b\":2}");
    let cases = [
        ("as it should be", call(json!(0), json!("x"), "ls", ls), call(json!(1), json!("y"), "cat", cat)),
        (
            "the same index twice",
            call(json!(0), json!("x"), "ls", ls),
            call(json!(0), json!("y"), "cat", cat),
        ),
        ("no index", call(json!(null), json!("x"), "ls", ls), call(json!(null), json!("y"), "cat", cat)),
    ];
    for (name, first, second) in cases {
        Case::reply(name, fragments(&[first.clone(), second.clone()]), &TWO, two()).check().await;
        let together = events(&[delta(&json!({ "tool_calls": [first, second] })), finish("tool_calls")]);
        Case::reply(name, together, &TWO, two()).check().await;
    }
}

#[tokio::test]
async fn fragments_of_two_calls_may_alternate() {
    let body = fragments(&[
        json!({ "index": 0, "id": "x", "function": { "name": "ls", "arguments": "" } }),
        json!({ "index": 1, "id": "y", "function": { "name": "cat", "arguments": "{\"b\"" } }),
        json!({ "index": 0, "function": { "arguments": "{}" } }),
        json!({ "index": 1, "function": { "arguments": ":2}" } }),
    ]);
    let seen = ["call 0 ls", "call 1 cat", "arguments 1 {\"b\"", "arguments 0 {}", "arguments 1 :2}"];
    Case::reply("alternating", body, &seen, two()).check().await;
}

/// Ids that are missing or twice the same are replaced: a result could not be paired with its call.
#[tokio::test]
async fn every_call_gets_an_id_of_its_own() {
    for id in [Value::Null, json!(""), json!("same")] {
        for index in [Value::Null, json!(0), json!(7)] {
            let second_index = if index == 7 { json!(8) } else { index.clone() };
            if id == "same" && index != 7 {
                continue; // The same id at the same place is the same call.
            }
            let body = fragments(&[
                json!({ "index": index, "id": id, "function": { "name": "ls", "arguments": "{}" } }),
                json!({ "index": second_index, "id": id, "function": { "name": "ls", "arguments": "{}" } }),
            ]);
            let first = ids(&body).await;
            assert_eq!(first.len(), 2, "id {id}, index {index}");
            assert_ne!(first[0], first[1]);
            assert!(first.iter().all(|id| !id.is_empty()), "{first:?}");
            assert_eq!(first, ids(&body).await, "the same request gets the same ids again");
            assert_eq!(id == "same", first[0] == "same", "an id that the server gave stays");
        }
    }
}

async fn ids(body: &str) -> Vec<String> {
    let reply = decode(&[body.as_bytes()]).await.end.unwrap();
    let message = tau_core::Message::assistant(reply.content);
    message.tool_calls().map(|call| call.id.as_str().to_owned()).collect()
}

#[tokio::test]
async fn arguments_in_every_shape() {
    let with = |arguments: Value| {
        fragments(&[json!({ "index": 0, "id": "x", "function": { "name": "ls", "arguments": arguments } })])
    };
    check_all([
        Case::reply(
            "an object instead of its text",
            with(json!({ "a": [1, { "b": null }] })),
            &["call 0 ls", "arguments 0 {\"a\":[1,{\"b\":null}]}"],
            calls(&[("x", "ls", "{\"a\":[1,{\"b\":null}]}")]),
        ),
        Case::reply("empty text", with(json!("")), &["call 0 ls"], calls(&[("x", "ls", "")])),
        Case::reply("null", with(json!(null)), &["call 0 ls"], calls(&[("x", "ls", "")])),
        Case::reply(
            "cut off",
            with(json!("{\"path\": \"/e")).replace(":\"tool_calls\"", ":\"length\""),
            &["call 0 ls", "arguments 0 {\"path\": \"/e"],
            {
                let mut reply = calls(&[("x", "ls", "{\"path\": \"/e")]);
                reply.finish = FinishReason::Length;
                reply
            },
        ),
        Case::reply(
            "blanks and number forms stay as they were",
            with(json!("{ \"n\": 1.0e3 }")),
            &["call 0 ls", "arguments 0 { \"n\": 1.0e3 }"],
            calls(&[("x", "ls", "{ \"n\": 1.0e3 }")]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn lists_without_calls_are_no_calls() {
    for nothing in [json!([]), json!(null), json!([{}]), json!([{ "index": 0 }]), json!("x")] {
        let body =
            events(&[delta(&json!({ "content": "Hi", "tool_calls": nothing.clone() })), finish("stop")]);
        let name = "nothing in tool_calls";
        Case::reply(name, body, &["text Hi"], words("Hi")).check().await;
    }
}

#[tokio::test]
async fn calls_whose_finish_reason_says_stop_are_still_calls() {
    let body = events(&[
        delta(&json!({ "tool_calls": [
            { "index": 0, "id": "x", "function": { "name": "ls", "arguments": "{}" } }
        ] })),
        finish("stop"),
    ]);
    let mut expected = calls(&[("x", "ls", "{}")]);
    expected.finish = FinishReason::Stop;
    Case::reply("stop", body, &["call 0 ls", "arguments 0 {}"], expected).check().await;
}
