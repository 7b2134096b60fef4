//! Server-sent events, framed in odd ways.

use serde_json::json;

use super::{Fault, PAUSE};
use crate::{Reply, chunk};

/// The words of a reply as events with these line ends.
fn events(line_end: &str) -> String {
    let values = [chunk::text("Hel"), chunk::text("lo"), chunk::finish("stop")];
    let mut text: String = values.iter().map(|value| format!("data: {value}{line_end}{line_end}")).collect();
    text.push_str(&format!("data: [DONE]{line_end}{line_end}"));
    text
}

fn stream(body: impl Into<bytes::Bytes>) -> Reply {
    Reply::stream().bytes(body)
}

pub(super) fn faults() -> Vec<Fault> {
    let plain = events("\n");
    vec![
        Fault::new(
            "byte order mark",
            "WHATWG HTML 9.2.5; elizaOS/eliza#19260",
            stream(format!("\u{FEFF}{plain}")),
        ),
        Fault::new("line ends CR LF", "miruamel/xuan#194; FellouAI/eko#287", stream(events("\r\n"))),
        Fault::new("line ends CR", "WHATWG HTML 9.2.5; praxis-proxy/praxis#739", stream(events("\r"))),
        Fault::new(
            "comments and keep-alives",
            "openai/openai-go#227",
            stream(format!(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n{plain}")),
        ),
        Fault::new(
            "no blank after the colon",
            "dataelement/Clawith#106",
            stream(plain.replace("data: ", "data:")),
        ),
        Fault::new("empty data", "WHATWG HTML 9.2.6", stream(format!("data:\n\ndata: \n\n{plain}"))),
        Fault::new(
            "one event in several data lines",
            "WHATWG HTML 9.2.6; FellouAI/eko#287",
            stream(plain.replace("\"choices\":", "\ndata: \"choices\":")),
        ),
        Fault::new(
            "unknown fields of an event",
            "WHATWG HTML 9.2.6",
            stream(plain.replace("data: {", "id: 7\nretry: 3000\nx-custom: 1\ndata: {")),
        ),
        Fault::new("a character cut between chunks", "FellouAI/eko#287; graniet/llm#90", cut_character()),
        Fault::new("every byte a chunk", "graniet/llm#90", every_byte(&plain)),
        Fault::new("bytes that are no UTF-8", "WHATWG Encoding 4.1", no_utf8()),
        Fault::new(
            "no final blank line",
            "openai/openai-node#2725; google-gemini/gemini-cli#29059",
            stream(plain.trim_end().to_owned()),
        ),
        Fault::new(
            "a line of 8 MB",
            "jpopesculian/eventsource-stream (quadratic on long lines)",
            long_line(),
        ),
        Fault::new(
            "JSON where a stream was asked for",
            "OpenAI reference, chat completions",
            whole("application/json"),
        ),
        Fault::new(
            "JSON named a stream",
            "LostRuins/koboldcpp, see PowerShell/AIShell#350",
            whole("text/event-stream"),
        ),
        Fault::new(
            "a stream named JSON",
            "vercel/ai#2720",
            Reply::status(200).header("content-type", "application/json").bytes(plain),
        ),
    ]
}

fn cut_character() -> Reply {
    let text = format!("data: {}\n\n", chunk::text("Grüße 你好 😀"));
    let bytes = bytes::Bytes::from(text);
    let at = bytes.windows(4).position(|window| window == "😀".as_bytes()).unwrap_or_default() + 2;
    Reply::stream()
        .bytes(bytes.slice(..at))
        .pause(PAUSE)
        .bytes(bytes.slice(at..))
        .event(&chunk::finish("stop"))
        .bytes("data: [DONE]\n\n")
}

fn every_byte(text: &str) -> Reply {
    let bytes = bytes::Bytes::from(text.to_owned());
    // A step for each would be a chunk for each; what comes in one write is one read.
    (0..bytes.len()).fold(Reply::stream().pause(PAUSE), |reply, at| reply.bytes(bytes.slice(at..=at)))
}

fn no_utf8() -> Reply {
    let mut body = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\xFFb\"}}]}\n\n".to_vec();
    body.extend_from_slice(format!("data: {}\n\ndata: [DONE]\n\n", chunk::finish("stop")).as_bytes());
    stream(body)
}

fn long_line() -> Reply {
    let text = "x".repeat(8 * 1024 * 1024);
    Reply::events([chunk::text(&text), chunk::finish("stop")])
}

fn whole(content_type: &str) -> Reply {
    let body = json!({
        "id": "1", "object": "chat.completion", "model": "scripted",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hello" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    });
    Reply::status(200).header("content-type", content_type).bytes(body.to_string())
}
