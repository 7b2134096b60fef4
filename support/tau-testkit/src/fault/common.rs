//! Faults that any stream can have, in the words of a format.

use bytes::Bytes;
use serde_json::Value;

use super::dialect::{Dialect, Framing, with_unknown};
use super::{Fault, PAUSE};
use crate::Reply;

pub(super) fn faults(dialect: &Dialect) -> Vec<Fault> {
    let mut faults = [framing(dialect), contents(dialect), endings(dialect), connection(dialect)].concat();
    if dialect.framing != Framing::Lines {
        faults.extend(events(dialect));
    }
    faults
}

fn framing(dialect: &Dialect) -> Vec<Fault> {
    let plain = dialect.written(&dialect.answer("Hel", "lo"), "\n");
    let crlf = dialect.written(&dialect.answer("Hel", "lo"), "\r\n");
    vec![
        Fault::new(
            "byte order mark",
            "WHATWG Encoding 6; elizaOS/eliza#19260",
            stream(dialect, format!("\u{FEFF}{plain}")),
        ),
        Fault::new("line ends CR LF", "miruamel/xuan#194; FellouAI/eko#287", stream(dialect, crlf)),
        Fault::new(
            "a character cut between chunks",
            "FellouAI/eko#287; graniet/llm#90",
            cut_character(dialect),
        ),
        Fault::new("every byte a chunk", "graniet/llm#90", every_byte(dialect, &plain)),
        Fault::new("bytes that are no UTF-8", "WHATWG Encoding 4.1", no_utf8(dialect)),
        Fault::new(
            "no final line end",
            "openai/openai-node#2725; google-gemini/gemini-cli#29059",
            stream(dialect, plain.trim_end().to_owned()),
        ),
        Fault::new(
            "a line of 8 MB",
            "jpopesculian/eventsource-stream (quadratic on long lines)",
            dialect.reply(&dialect.answer(&"x".repeat(8 * 1024 * 1024), "")),
        ),
        Fault::new(
            "keep-alives between parts",
            "openai/openai-go#227",
            stream(dialect, dialect.keep_alive().repeat(2) + &plain.replace('\n', &between(dialect))),
        ),
    ]
}

/// Line ends that are followed by signs of life where a part has ended.
fn between(dialect: &Dialect) -> String {
    if dialect.framing == Framing::Lines { "\n\n \n".to_owned() } else { "\n: ping\n".to_owned() }
}

/// Framing that only events have.
fn events(dialect: &Dialect) -> Vec<Fault> {
    let answer = dialect.answer("Hel", "lo");
    let plain = dialect.written(&answer, "\n");
    let nameless = Dialect { framing: Framing::Events, ..*dialect };
    let mut faults = vec![
        Fault::new(
            "line ends CR",
            "WHATWG HTML 9.2.5; praxis-proxy/praxis#739",
            stream(dialect, dialect.written(&answer, "\r")),
        ),
        Fault::new(
            "no blank after the colon",
            "dataelement/Clawith#106",
            stream(dialect, plain.replace("data: ", "data:").replace("event: ", "event:")),
        ),
        Fault::new(
            "events without their names",
            "WHATWG HTML 9.2.6; the type is in the data too",
            nameless.reply(&answer),
        ),
    ];
    if !plain.contains("[DONE]") {
        faults.push(Fault::new(
            "an end marker of another format behind the end",
            "envoyproxy/ai-gateway#2698",
            stream(dialect, format!("{plain}data: [DONE]\n\n")),
        ));
    }
    faults
}

fn contents(dialect: &Dialect) -> Vec<Fault> {
    let unknown: Vec<Value> = dialect.answer("Hel", "lo").into_iter().map(with_unknown).collect();
    let mut with_strangers = dialect.answer("Hel", "lo");
    with_strangers.insert(1, serde_json::json!({ "type": "aurora.began", "aurora": true }));
    vec![
        Fault::new("unknown fields everywhere", "openai/openai-go#227", dialect.reply(&unknown)),
        Fault::new(
            "a part of a kind nobody knows",
            "Anthropic reference, streaming, other events",
            dialect.reply(&with_strangers),
        ),
        Fault::new(
            "JSON where a stream was asked for",
            "ollama/ollama#9092; OpenAI reference, chat completions",
            Reply::json(200, &(dialect.whole)("Hello")),
        ),
        Fault::new(
            "JSON named a stream",
            "LostRuins/koboldcpp, see PowerShell/AIShell#350",
            stream(dialect, (dialect.whole)("Hello").to_string()),
        ),
    ]
}

fn endings(dialect: &Dialect) -> Vec<Fault> {
    let begun = || dialect.begun("Hello");
    let failed = || {
        let mut parts = begun();
        parts.push((dialect.error)());
        dialect.reply(&parts)
    };
    let mut twice = dialect.answer("Hel", "lo");
    twice.push((dialect.words)("more"));
    vec![
        Fault::new(
            "no end behind words",
            "strands-agents/sdk-typescript#717; ollama/ollama-vscode#58; ranxianglei/billion-context-omp#105",
            dialect.reply(&begun()),
        ),
        Fault::new("nothing at all", "lemonade-sdk/lemonade#3448", dialect.stream().bytes("")),
        Fault::new("words behind the end", "BerriAI/litellm#39748", dialect.reply(&twice)),
        Fault::new("an error as the first part", "vercel/ai#1835", dialect.reply(&[(dialect.error)()])),
        Fault::new(
            "an error behind words",
            "damianvtran/local-operator#223; rynfar/meridian#185; open-octo/octo-agent#910",
            failed(),
        ),
        Fault::new(
            "a part that is no JSON behind words",
            "BerriAI/litellm#30527",
            dialect.reply(&begun()).bytes(broken(dialect)).hang(),
        ),
        Fault::new(
            "a web page",
            "proxies and captive portals; RFC 9110, 15.3.1",
            Reply::status(200).header("content-type", "text/html").bytes("<html>Sign in</html>"),
        ),
        Fault::new(
            "open behind the end",
            "earendil-works/pi#5592",
            dialect.reply(&dialect.answer("Hel", "lo")).hang(),
        ),
    ]
}

/// A part that is none, with more behind it.
fn broken(dialect: &Dialect) -> &'static str {
    if dialect.framing == Framing::Lines { "{oops\n{}\n" } else { "data: {oops\n\n" }
}

fn connection(dialect: &Dialect) -> Vec<Fault> {
    let begun = || dialect.reply(&dialect.begun("Hel"));
    let next = dialect.written(&[(dialect.words)("lo")], "\n");
    let half = next[..next.len() / 2].to_owned();
    let role = dialect.reply(&(dialect.begin)());
    let alive = (0..60).fold(begun(), |reply, _| reply.bytes(dialect.keep_alive()).pause(PAUSE / 3)).hang();
    vec![
        Fault::new("hang before the first token", "openai/codex#3229", role.hang()),
        Fault::new("hang behind words", "openai/codex#3229", begun().hang()),
        Fault::new(
            "keep-alives behind words for ever",
            "openai/openai-go#227; tombii/better-ccflare#307",
            alive,
        ),
        Fault::new("closed behind words", "openai/codex#3229", begun().close()),
        Fault::new("closed within a part", "openai/codex#3229", begun().bytes(half).close()),
        Fault::new("reset behind words", "openai/codex#3229", begun().pause(PAUSE * 3).reset()),
    ]
}

fn stream(dialect: &Dialect, body: impl Into<Bytes>) -> Reply {
    dialect.stream().bytes(body)
}

fn cut_character(dialect: &Dialect) -> Reply {
    let bytes = Bytes::from(dialect.written(&dialect.answer("Grüße 你好 ", "😀"), "\n"));
    let at = bytes.windows(4).position(|window| window == "😀".as_bytes()).unwrap_or_default() + 2;
    dialect.stream().bytes(bytes.slice(..at)).pause(PAUSE).bytes(bytes.slice(at..))
}

fn every_byte(dialect: &Dialect, text: &str) -> Reply {
    let bytes = Bytes::from(text.to_owned());
    (0..bytes.len()).fold(dialect.stream().pause(PAUSE), |reply, at| reply.bytes(bytes.slice(at..=at)))
}

fn no_utf8(dialect: &Dialect) -> Reply {
    let text = dialect.written(&dialect.answer("a^b", ""), "\n");
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'^' { 0xFF } else { byte }).collect();
    dialect.stream().bytes(bytes)
}
