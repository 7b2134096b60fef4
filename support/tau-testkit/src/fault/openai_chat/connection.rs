//! Connections that break, hang or crawl.

use super::DIALECT;
use crate::fault::{Fault, PAUSE};
use crate::{Reply, chunk};

pub(super) fn faults() -> Vec<Fault> {
    let half = "data: {\"choices\":[{\"delta\":{\"content\":\"lo";
    let begun = || DIALECT.reply(&DIALECT.begun("Hel"));
    let role = || DIALECT.reply(&(DIALECT.begin)());
    vec![
        Fault::new("hang before the status", "openai/codex#3229", Reply::default().hang()),
        Fault::new("hang behind the status", "openai/codex#3229", Reply::stream().hang()),
        Fault::new("keep-alives before the first token for ever", "openai/openai-go#227", keep_alives()),
        Fault::new("hang within an event", "openai/codex#3229", begun().bytes(half).hang()),
        Fault::new("closed before the status", "openai/codex#23304", Reply::default().close()),
        Fault::new("reset before the status", "openai/codex#23304", Reply::default().reset()),
        Fault::new("reset behind the role", "openai/codex#3229", role().pause(PAUSE * 3).reset()),
        Fault::new("slow drip", "ollama/ollama, models larger than memory", drip()),
        Fault::new("no HTTP", "RFC 9112, 3", Reply::raw("SSH-2.0-OpenSSH_9.9\r\n")),
        Fault::new(
            "a length that is too long",
            "RFC 9112, 8",
            Reply::raw(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9000\r\n\r\ndata: {}\n\n",
                chunk::text("Hel")
            ))
            .close(),
        ),
    ]
}

/// A comment now and then, for as long as anybody listens.
fn keep_alives() -> Reply {
    (0..60).fold(Reply::stream(), |reply, _| reply.bytes(DIALECT.keep_alive()).pause(PAUSE / 3)).hang()
}

/// Longer than any limit altogether, and never too long between two parts.
fn drip() -> Reply {
    let letters = "Hello, world".chars();
    let dripped = letters
        .fold(Reply::stream(), |reply, letter| reply.pause(PAUSE).event(&chunk::text(&letter.to_string())));
    dripped.event(&chunk::finish("stop")).bytes("data: [DONE]\n\n")
}
