//! What hooks are asked.

use std::collections::BTreeMap;

use tau_core::event::{HookPoint, HookSubject, Seq};
use tau_core::{ContentBlock, EffectClass, RunId, SessionId, ToolCall, ToolResult};

/// What hooks are asked, or told. What it is about is in the fields that belong to the point.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct HookAsk {
    /// Where.
    pub point: HookPoint,
    /// The session; that of the subagent within one.
    pub session: SessionId,
    /// The epoch that it is written under.
    pub epoch: u64,
    /// Its newest event; with a notification, the event that it is about.
    pub seq: Seq,
    /// What it is found by.
    pub metadata: BTreeMap<String, String>,
    /// The run that is on, or whose prompt is asked about.
    pub run: Option<RunId>,
    /// What it is about, which with the session and the point names what is asked.
    pub about: HookSubject,
    /// At points about calls: the call, with what hooks changed so far.
    pub call: Option<ToolCall>,
    /// With `call`: what may be repeated after a crash.
    pub effect: EffectClass,
    /// After a tool or a subagent: what the model would read.
    pub result: Option<ToolResult>,
    /// Before a prompt or a subagent: the prompt. After a reply and before a stop: what the model said. With a notification: what a
    /// person is asked.
    pub content: Vec<ContentBlock>,
}

impl HookAsk {
    /// A question about nothing but the point.
    #[must_use]
    pub const fn new(point: HookPoint, session: SessionId, about: HookSubject) -> Self {
        Self {
            point,
            session,
            epoch: 0,
            seq: Seq(0),
            metadata: BTreeMap::new(),
            run: None,
            about,
            call: None,
            effect: EffectClass::AtMostOnce,
            result: None,
            content: Vec::new(),
        }
    }
}
