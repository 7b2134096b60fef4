//! What a session tells, wherever it is.

use std::collections::VecDeque;
use std::sync::Arc;

use tau_client::{Error, Session, SubscriptionItem};
use tau_core::ToolCallId;
use tau_core::event::Event;
use tau_proto::runtime::v1 as pb;
use tau_runtime::journals::record_of;
use tau_runtime::kernel::gate::PauseReason;
use tau_runtime::{Delta, Update};

/// What a session and its subagents tell.
#[derive(Debug)]
pub(crate) struct Updates {
    session: String,
    news: tau_client::Subscription,
    /// What subagents told while the session's own past was read.
    early: VecDeque<Told>,
    /// Why it is followed no further.
    failure: Option<String>,
}

/// What is told of a session.
#[derive(Debug)]
pub(crate) enum Told {
    /// By itself.
    Own(Update),
    /// By a subagent.
    Subagent(String, Arc<Event>),
    /// Of a session or subagent: what it told so far was its past.
    CaughtUp(String),
    /// Of a subagent: nothing of it can be kept now, and why; or it can again.
    SubagentPaused(String, Option<PauseReason>),
    /// Of the connection.
    Note(&'static str),
}

impl Updates {
    /// Follows a session from the moment on at which it becomes live: one that is to be made, or taken up. So whatever keeps
    /// that from coming to an end is told, too.
    pub(crate) async fn when_live(session: &Session) -> Result<Self, Error> {
        Self::follow(session, Vec::new()).await
    }

    /// Follows a session that exists from its first event on, whether it is live or becomes so.
    pub(crate) async fn from_first(session: &Session) -> Result<Self, Error> {
        let cursor = pb::SessionCursor { session_id: session.id().to_owned(), ..Default::default() };
        Self::follow(session, vec![cursor]).await
    }

    /// Events are told with their records: what is shown is made of the events themselves.
    async fn follow(session: &Session, sessions: Vec<pb::SessionCursor>) -> Result<Self, Error> {
        let this = vec![session.id().to_owned()];
        let request = pb::SubscribeRequest {
            sessions,
            selector: pb::SessionSelector { session_ids: this, ..Default::default() }.into(),
            include_subagents: true,
            include_records: true,
            ..Default::default()
        };
        let news = session.client().subscribe(request).await?;
        Ok(Self { session: session.id().to_owned(), news, early: VecDeque::new(), failure: None })
    }

    /// What a session that is followed from its first event had told before; `None` when it is followed no further before
    /// the end of that.
    pub(crate) async fn past(&mut self) -> Option<Vec<Arc<Event>>> {
        let mut past = Vec::new();
        let mut early = VecDeque::new();
        loop {
            match self.next().await? {
                Told::Own(Update::Event(event)) => past.push(event),
                Told::CaughtUp(session) if session == self.session => break,
                told @ (Told::Subagent(..) | Told::CaughtUp(_) | Told::SubagentPaused(..)) => {
                    early.push_back(told)
                }
                Told::Own(_) | Told::Note(_) => {}
            }
        }
        self.early = early;
        Some(past)
    }

    /// Why it is followed no further; `None` where the session came to an end of its own.
    pub(crate) const fn failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// What is told next; `None` when the session is followed no further. Dropping it loses nothing.
    pub(super) async fn next(&mut self) -> Option<Told> {
        if let Some(told) = self.early.pop_front() {
            return Some(told);
        }
        loop {
            let item = match self.news.next().await? {
                Ok(item) => item,
                Err(error) => {
                    self.failure = Some(error.to_string());
                    return None;
                }
            };
            match item {
                SubscriptionItem::Event(event) => match event.record.as_option().and_then(read) {
                    Some(read) if event.session_id == self.session => {
                        return Some(Told::Own(Update::Event(read)));
                    }
                    Some(read) => return Some(Told::Subagent(event.session_id, read)),
                    None => {
                        let seq = event.seq;
                        self.failure = Some(format!("event {seq} cannot be read: a newer server wrote it"));
                        return None;
                    }
                },
                SubscriptionItem::Delta(delta) => {
                    let Some(update) = delta.delta.and_then(read_delta).map(Update::Delta) else { continue };
                    if delta.session_id == self.session {
                        return Some(Told::Own(update));
                    }
                    if let Some(reason) = paused(&update) {
                        return Some(Told::SubagentPaused(delta.session_id, reason));
                    }
                }
                SubscriptionItem::Lagged(lagged) if lagged.session_id == self.session => {
                    return Some(Told::Own(Update::Lagged(lagged.missed)));
                }
                SubscriptionItem::CaughtUp(caught_up) => return Some(Told::CaughtUp(caught_up.session_id)),
                SubscriptionItem::Stopped(stopped) if self.is_end(&stopped) => {
                    self.failure = stopped.error.as_option().map(|error| match error.hint.as_str() {
                        "" => format!("the session stopped [{}]", error.reason),
                        hint => format!("the session stopped: {hint} [{}]", error.reason),
                    });
                    return None;
                }
                SubscriptionItem::Reconnected => {
                    return Some(Told::Note("the connection was lost, and is back; words may be missing"));
                }
                _ => {}
            }
        }
    }

    /// Whether it is the session that stopped, and not the past of one that is yet to become live.
    fn is_end(&self, stopped: &pb::SessionStopped) -> bool {
        stopped.session_id == self.session && stopped.reason != pb::StopReason::NotLive
    }
}

/// Whether an update says that nothing can be kept now, and why, or that it can again.
pub(super) const fn paused(update: &Update) -> Option<Option<PauseReason>> {
    match update {
        Update::Delta(Delta::Paused { reason }) => Some(Some(*reason)),
        Update::Delta(Delta::Resumed) => Some(None),
        _ => None,
    }
}

/// The event that a record holds.
fn read(record: &pb::Event) -> Option<Arc<Event>> {
    Some(Arc::new(record_of(record).ok()?.open().ok()?))
}

/// What streams, as a session in this process tells it; `None` for what a newer server tells.
fn read_delta(delta: pb::delta::Delta) -> Option<Delta> {
    use pb::delta::Delta as Wire;
    let index = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    Some(match delta {
        Wire::Text(text) => Delta::Text(text),
        Wire::Reasoning(text) => Delta::Reasoning(text),
        Wire::ToolCallStarted(call) => Delta::ToolCallStarted { index: index(call.index), name: call.name },
        Wire::ToolCallArguments(more) => {
            Delta::ToolCallArguments { index: index(more.index), text: more.text }
        }
        Wire::ToolOutput(output) => {
            Delta::ToolOutput { call_id: ToolCallId::new(output.call_id), text: output.text }
        }
        Wire::Waiting(waiting) => {
            let wait = waiting.wait.into_option().and_then(|wait| wait.try_into().ok());
            Delta::Waiting { reason: waiting.reason, wait }
        }
        Wire::Retrying(retrying) => Delta::Retrying {
            attempt: retrying.attempt,
            delay: retrying.delay.into_option().and_then(|delay| delay.try_into().ok()).unwrap_or_default(),
            reason: retrying.reason,
        },
        Wire::Paused(paused) => Delta::Paused {
            reason: match paused.reason.as_known() {
                Some(pb::PauseReason::StorageFull) => PauseReason::StorageFull,
                Some(pb::PauseReason::JournalLost) => PauseReason::JournalLost,
                _ => PauseReason::Unavailable,
            },
        },
        Wire::Resumed(_) => Delta::Resumed,
    })
}
