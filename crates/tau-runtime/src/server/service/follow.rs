//! `Run` and `Subscribe`.

use std::sync::Arc;

use connectrpc::ConnectError;
use futures::stream::BoxStream;
use tau_core::event::{EventBody, Seq};
use tau_core::{ContentBlock, RunId, SessionId};
use tau_proto::runtime::v1 as pb;

use super::keys::run_of;
use super::manage::expected;
use super::{Core, session_id};
use crate::driver::{Handle, HandleError};
use crate::kernel::Rejection;
use crate::server::failure::Failure;
use crate::server::reason::Reason;
use crate::server::stream::{End, Out, RunStream, Subscription, Wanted};
use crate::server::wire::{self, Selector};

impl Core {
    pub(super) async fn run(
        self: Arc<Self>,
        request: pb::RunRequest,
    ) -> Result<BoxStream<'static, Result<Out<pb::RunResponse>, ConnectError>>, Failure> {
        let id = session_id(&request.session_id)?;
        if self.runtime.is_draining() {
            return Err(Failure::new(
                Reason::Draining,
                "the server takes no new work, because it is about to end",
            ));
        }
        let handle = self.live(id).await?;
        let content = self.content(id, wire::read_entries("prompt", request.prompt)?).await?;
        let key = request.idempotency_key;
        let run = if key.is_empty() { RunId::generate() } else { run_of(id, &key) };
        self.check_queue(&handle, run)?;
        let asked = handle.prompt_as(run, content.clone(), expected(request.expected_seq)).await;
        let (prompt, was_repeated) = match asked {
            Ok(prompt) => (prompt, false),
            // Known keys are not bound to a place: the session went on because of them.
            Err(HandleError::Rejected(Rejection::DuplicateRun(_)) | HandleError::Moved { .. })
                if let Some(prompt) = asked_before(&handle, run, &content)? =>
            {
                (prompt, true)
            }
            Err(error) => return Err(Failure::of_change(id, request.expected_seq, &error)),
        };
        let before = Seq(prompt.0.saturating_sub(1));
        let after = if was_repeated { before.max(Seq(request.after_seq)) } else { before };
        let wanted = Wanted {
            deltas: request.deltas != pb::DeltaMode::Excluded,
            subagents: request.include_subagents,
            ..Wanted::default()
        };
        let stream = RunStream {
            core: self,
            handle,
            run,
            prompt,
            after,
            wanted: Arc::new(wanted),
            was_repeated,
            cancel_on_disconnect: request.cancel_on_disconnect,
        };
        Ok(stream.start())
    }

    fn check_queue(&self, handle: &Handle, run: RunId) -> Result<(), Failure> {
        let overview = handle.overview();
        let limit = self.options.max_queued_runs;
        if overview.queued.len() < limit || overview.queued.contains(&run) {
            return Ok(());
        }
        let message = format!("{limit} runs wait in the session, and no more may");
        Err(Failure::new(Reason::TooManyQueued, message).fact("limit", limit))
    }

    pub(super) async fn subscribe(
        self: Arc<Self>,
        request: pb::SubscribeRequest,
    ) -> Result<BoxStream<'static, Result<Out<pb::SubscribeResponse>, ConnectError>>, Failure> {
        if let Some(unknown) =
            request.event_kinds.iter().find(|kind| !EventBody::KINDS.contains(&kind.as_str()))
        {
            let message = format!("there is no kind of event `{unknown}`");
            let hint = format!("the kinds are {}", EventBody::KINDS.join(", "));
            return Err(Failure::new(Reason::UnknownEventKind, message).hint(hint));
        }
        let cursors = request.sessions.iter();
        let cursors: Vec<(SessionId, Seq)> = cursors
            .map(|cursor| Ok((session_id(&cursor.session_id)?, Seq(cursor.after_seq))))
            .collect::<Result<_, Failure>>()?;
        let wanted = Wanted {
            kinds: request.event_kinds.into_iter().collect(),
            deltas: request.deltas != pb::DeltaMode::Excluded,
            subagents: request.include_subagents,
            records: request.include_records,
        };
        let end = match request.end.as_known() {
            Some(pb::SubscribeEnd::WhenStopped) => End::WhenStopped,
            Some(pb::SubscribeEnd::AtHead) => End::AtHead,
            _ => End::Never,
        };
        let selector = request.selector.into_option();
        let selector = selector.map(Selector::read).transpose()?;
        let subscription = Subscription {
            core: self,
            wanted: Arc::new(wanted),
            selector,
            sessions: request.include_sessions,
            end,
        };
        subscription.start(cursors).await
    }
}

/// The event of a prompt that was sent before under the same key; `None` where there is none.
fn asked_before(handle: &Handle, run: RunId, content: &[ContentBlock]) -> Result<Option<Seq>, Failure> {
    let events = handle.events(Seq::default());
    let known = events.iter().find_map(|event| match &event.body {
        EventBody::PromptSubmitted { run: known, content, .. } if *known == run => {
            Some((event.header.seq, content))
        }
        _ => None,
    });
    match known {
        Some((seq, said)) if said[..] == *content => Ok(Some(seq)),
        Some(_) => {
            Err(Failure::new(Reason::IdempotencyKeyReused, "the key was used before, with another prompt")
                .hint("take a new key for a new prompt"))
        }
        None => Ok(None),
    }
}
