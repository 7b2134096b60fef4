//! The bytes of requests: what was sent stays the same bytes.

use std::sync::Arc;

use tau_agent::format::{self, Ask, Format};
use tau_agent::{ChatRequest, WireCache};
use tau_core::config::{ModelOptions, Quirks};
use tau_core::event::EventBody;
use tau_core::{Message, Model, RunId, ToolDefinition};

use crate::invariant::{Checked, Invariant, Violation, ensure};

/// Ends the list of messages and the body.
const TAIL: &[u8] = b"]}";

/// The newest request of a session.
#[derive(Default)]
pub(super) struct Wire {
    sent: Option<Sent>,
    cache: WireCache,
}

struct Sent {
    bytes: Vec<u8>,
    run: RunId,
    turn: u32,
    /// How long the journal was.
    at: usize,
}

/// A request that is made.
pub(super) struct Request<'a> {
    pub(super) system: &'a str,
    pub(super) tools: &'a [ToolDefinition],
    pub(super) messages: &'a [Arc<Message>],
    pub(super) run: RunId,
    pub(super) turn: u32,
}

impl Wire {
    /// A new process has no cache.
    pub(super) fn forget_cache(&mut self) {
        self.cache = WireCache::default();
    }

    /// Encodes a request and compares it with the one before.
    pub(super) fn send(&mut self, request: &Request<'_>, log: &[Arc<EventBody>]) -> Checked {
        let format = format::by_name("openai-chat")
            .map_err(|error| Violation::new(Invariant::Prefix, error.to_string()))?;
        let chat = ChatRequest::new(request.messages).with_system(request.system).with_tools(request.tools);
        let model = Model::new("model");
        let (options, quirks) = (ModelOptions::default(), Quirks::default());
        let ask = Ask::new(&model, &options, &quirks, &chat);
        let body = Format::encode_chat(format, &ask, &mut self.cache);
        let bytes = body.to_vec();
        if let Some(sent) = &self.sent {
            let since = log.get(sent.at..).unwrap_or_default();
            let is_new = since
                .iter()
                .any(|event| matches!(**event, EventBody::Compacted { .. } | EventBody::Rewound { .. }));
            let is_announced = since.iter().any(|event| matches!(**event, EventBody::ModelRequested { .. }));
            if !is_new {
                let kept = sent.bytes.strip_suffix(TAIL).unwrap_or(&sent.bytes);
                let (run, turn) = (request.run, request.turn);
                ensure!(
                    bytes.starts_with(kept),
                    Prefix,
                    "the request of turn {turn} does not begin as the one before"
                );
                let is_same = bytes.len() == sent.bytes.len() || (sent.run, sent.turn) != (run, turn);
                ensure!(is_same || is_announced, Prefix, "turn {turn} is asked again with other bytes");
            }
        }
        self.sent = Some(Sent { bytes, run: request.run, turn: request.turn, at: log.len() });
        Ok(())
    }
}
