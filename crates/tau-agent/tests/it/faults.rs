//! Every fault of the fault server, over real connections, and what becomes of it.

use std::fmt::Write as _;
use std::time::Duration;

use futures::StreamExt;
use tau_agent::Agent;
use tau_core::config::ProviderConfig;
use tau_core::{ChatResponse, ContentBlock, HumanDuration};
use tau_testkit::ModelServer;
use tau_testkit::fault::{self, Fault, PAUSE};

use crate::support::{Outcome, ask, client, resolved};

/// What is expected of each fault: the reply, or the error, after the retries.
///
/// An error says its kind, and behind `=>` what the journal makes of it where that differs: `Interrupted` is asked for
/// again by the kernel.
fn expected(format: &str) -> Vec<&'static str> {
    let text = match format {
        "openai-chat" => include_str!("faults/openai-chat.txt"),
        "openai-responses" => include_str!("faults/openai-responses.txt"),
        "anthropic-messages" => include_str!("faults/anthropic-messages.txt"),
        "ollama-chat" => include_str!("faults/ollama-chat.txt"),
        "gemini" => include_str!("faults/gemini.txt"),
        other => panic!("nothing is known of {other}"),
    };
    text.lines().collect()
}

fn limit(pauses: u32) -> Option<HumanDuration> {
    Some(HumanDuration::from(PAUSE * pauses))
}

/// The outcome of a fault in a line.
async fn meet(format: &'static str, fault: &Fault, is_short: bool) -> String {
    let first = fault.reply.clone();
    let server = ModelServer::start(move |number, _| match number {
        0 => first.clone(),
        _ => fault::none(format, "again"),
    })
    .await
    .unwrap();
    let mut provider = ProviderConfig::new(server.base_url());
    provider.format = Some(format.to_owned());
    provider.client = client(|client| {
        client.max_retries = Some(1);
        client.max_retry_delay = Some(HumanDuration::from(Duration::from_millis(100)));
        // Short where it matters, so that a busy machine fails no other.
        let pauses = if is_short { 8 } else { 400 };
        (client.first_token_timeout, client.idle_timeout) = (limit(pauses), limit(pauses));
        client.error_body_timeout = limit(2);
    });
    let agent = Agent::new(&resolved(provider)).unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(30), ask(&agent)).await.unwrap();
    show(&outcome)
}

fn show(outcome: &Outcome) -> String {
    let mut line = String::new();
    for event in &outcome.events {
        if let Some(retry) = event.strip_prefix("retrying ") {
            let _ = write!(line, "retry after {}, ", retry.split(' ').nth(1).unwrap());
        }
    }
    match &outcome.end {
        Ok(response) => line.push_str(&words(response)),
        Err(error) => {
            let _ = write!(line, "error {:?}", error.kind());
            let kept = error.to_failure().kind;
            if kept != error.kind() {
                let _ = write!(line, " => {kept:?}");
            }
            let shown = error.to_string();
            assert!(shown.starts_with("model `m` at provider `test` (http://127.0.0.1:"), "{shown}");
            assert!(shown.ends_with(error.hint()) && !error.hint().is_empty(), "{shown}");
        }
    }
    line
}

fn words(response: &ChatResponse) -> String {
    let mut line = String::new();
    let mut ids = std::collections::BTreeSet::new();
    for block in response.content.iter() {
        match block {
            ContentBlock::Text { text, .. } if text.len() > 100 => {
                let _ = write!(line, "{} bytes ", text.len());
            }
            ContentBlock::Text { text, .. } => {
                let _ = write!(line, "`{text}` ");
            }
            ContentBlock::ToolCall(call) => {
                assert!(
                    !call.id.as_str().is_empty() && ids.insert(call.id.as_str()),
                    "every call has an id of its own"
                );
                let _ = write!(line, "{}({}) ", call.name, call.arguments.raw());
            }
            ContentBlock::Reasoning(reasoning) => {
                let kept = if reasoning.data.is_some() { ", kept" } else { "" };
                let _ = write!(line, "thought `{}`{kept} ", reasoning.text);
            }
            other => {
                let _ = write!(line, "{other:?} ");
            }
        }
    }
    let _ = write!(line, "{}", response.finish.as_str());
    if let Some(usage) = response.usage {
        let _ = write!(line, " {}/{}", usage.input, usage.output);
    }
    line
}

async fn every_fault_ends_as_it_should(format: &'static str) {
    let faults = fault::of(format);
    assert!(faults.len() >= 40, "{}", faults.len());
    let expected = expected(format);
    // What is not expected yet is met too, so that it can be read and put there.
    let beside = expected.iter().copied().chain(std::iter::repeat(""));
    let meetings = faults.into_iter().zip(beside).map(|(fault, expected)| async move {
        let is_short = expected.contains("error Timeout") || fault.name == "slow drip";
        let outcome = meet(format, &fault, is_short).await;
        format!("{}: {outcome}", fault.name)
    });
    // A few at a time: more would make each other late.
    let lines: Vec<String> = futures::stream::iter(meetings).buffered(4).collect().await;
    let text = lines.join("\n");
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(line, expected, "all of it:\n{text}");
    }
    assert_eq!(lines.len(), expected.len(), "all of it:\n{text}");
}

#[tokio::test]
async fn faults_of_openai_chat() {
    every_fault_ends_as_it_should("openai-chat").await;
}

#[tokio::test]
async fn faults_of_openai_responses() {
    every_fault_ends_as_it_should("openai-responses").await;
}

#[tokio::test]
async fn faults_of_anthropic_messages() {
    every_fault_ends_as_it_should("anthropic-messages").await;
}

#[tokio::test]
async fn faults_of_ollama_chat() {
    every_fault_ends_as_it_should("ollama-chat").await;
}

#[tokio::test]
async fn faults_of_gemini() {
    every_fault_ends_as_it_should("gemini").await;
}

/// The part of the page that is about a format: from its heading to that of the next one.
fn section<'a>(page: &'a str, format: &str) -> &'a str {
    let heading = format!("\n# `{format}`\n");
    let at = page.find(&heading).unwrap_or_else(|| panic!("no heading {heading}")) + heading.len();
    let rest = &page[at..];
    &rest[..rest.find("\n# ").unwrap_or(rest.len())]
}

#[test]
fn every_fault_is_in_the_documentation_with_its_source() {
    let page = include_str!("../../../../docs/design/model-faults.md");
    let mut missing = Vec::new();
    for format in fault::FORMATS {
        let section = section(page, format);
        let mut names = std::collections::BTreeSet::new();
        for (fault, expected) in fault::of(format).into_iter().zip(expected(format)) {
            let outcome = expected.strip_prefix(fault.name).and_then(|rest| rest.strip_prefix(": ")).unwrap();
            assert!(names.insert(fault.name), "{} is there twice", fault.name);
            assert!(!fault.source.is_empty());
            let row = format!("| {} | {} | {outcome} |", fault.name, fault.source);
            if !section.contains(&row) {
                missing.push(format!("{format}: {row}"));
            }
        }
    }
    assert!(missing.is_empty(), "rows are missing:\n{}", missing.join("\n"));
}
