//! The model of the server: a script.

use serde_json::{Value, json};
use tau_testkit::{Reply, Request};

/// The tool that the examples offer; the model asks for it where it is offered.
pub(crate) const OFFERED: &str = "weather";

/// A call of what is offered and a command first; with their results words, among them what the offered tool gave.
pub(crate) fn script(_: usize, request: &Request) -> Reply {
    let request = request.json();
    let messages = list(&request["messages"]);
    let is_answered = messages.last().is_some_and(|message| message["role"] == "tool");
    if is_answered {
        let weather = messages.iter().rev().find(|message| message["tool_call_id"] == OFFERED);
        let told = weather.and_then(|message| message["content"].as_str()).map(|told| format!(" {told}"));
        return Reply::text(&format!("It is made.{}", told.unwrap_or_default()));
    }
    let command = json!({ "command": "touch made" }).to_string();
    let place = json!({ "place": "Bern" }).to_string();
    let mut calls = vec![("command", "bash", command.as_str())];
    if list(&request["tools"]).iter().any(|tool| tool["function"]["name"] == OFFERED) {
        calls.insert(0, (OFFERED, OFFERED, place.as_str()));
    }
    Reply::tool_calls(calls)
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
