//! Many sessions as one stream: `Subscribe`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connectrpc::ConnectError;
use futures::StreamExt;
use futures::stream::{self, BoxStream, SelectAll};
use tau_core::SessionId;
use tau_core::event::{EventBody, Seq};
use tau_proto::runtime::v1 as pb;
use tokio::sync::watch;
use tokio::time::Instant;

use super::session::{Step, Wanted, follow, replay};
use super::shared::Out;
use crate::driver::Handle;
use crate::runtime::LiveSession;
use crate::server::failure::Failure;
use crate::server::service::Core;
use crate::server::wire::Selector;

type Told = Out<pb::SubscribeResponse>;

/// When a subscription ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Never,
    WhenStopped,
    AtHead,
}

/// What is followed, and how.
pub(crate) struct Subscription {
    pub(crate) core: Arc<Core>,
    pub(crate) wanted: Arc<Wanted>,
    /// Sessions that are followed as soon as they are live; none where there is none.
    pub(crate) selector: Option<Selector>,
    /// Whether a session is told whenever it changes.
    pub(crate) sessions: bool,
    pub(crate) end: End,
}

impl Subscription {
    /// Follows sessions from their cursors on, and those that are selected from their newest event on.
    pub(crate) async fn start(
        self,
        cursors: Vec<(SessionId, Seq)>,
    ) -> Result<BoxStream<'static, Result<Told, ConnectError>>, Failure> {
        let changes = self.core.runtime.changes();
        let mut many = Many {
            steps: SelectAll::new(),
            followed: BTreeMap::new(),
            stopped: BTreeMap::new(),
            behind: BTreeSet::new(),
            moved: BTreeMap::new(),
            told: Vec::new(),
            quiet_since: Instant::now(),
            changes,
            subscription: self,
        };
        for (session, after) in cursors {
            many.begin(session, after).await?;
        }
        many.select(|live| live.handle().overview().seq);
        let told = stream::unfold(many, |mut many| async move { Some((many.next().await?, many)) });
        Ok(told.flat_map(|told| stream::iter(told.into_iter().map(Ok))).boxed())
    }
}

struct Many {
    subscription: Subscription,
    steps: SelectAll<BoxStream<'static, Vec<Step>>>,
    /// The sessions, with what says how each ends; a subagent's has nothing that does.
    followed: BTreeMap<SessionId, Option<LiveSession>>,
    /// Sessions that have ended and are still found, with the last event that was told.
    stopped: BTreeMap<SessionId, Seq>,
    /// Sessions that are not told up to their head yet.
    behind: BTreeSet<SessionId>,
    /// How far sessions were told since the last heartbeat.
    moved: BTreeMap<SessionId, Seq>,
    told: Vec<Told>,
    quiet_since: Instant,
    changes: watch::Receiver<u64>,
}

impl Many {
    /// What is to be told next, in order.
    async fn next(&mut self) -> Option<Vec<Told>> {
        loop {
            if !self.told.is_empty() {
                self.quiet_since = Instant::now();
                return Some(std::mem::take(&mut self.told));
            }
            if self.is_over() {
                return None;
            }
            let heartbeat = self.quiet_since + self.subscription.core.options.heartbeat_interval;
            tokio::select! {
                biased;
                Some(steps) = self.steps.next(), if !self.steps.is_empty() => self.take_all(steps).await,
                changed = self.changes.changed(), if self.subscription.selector.is_some() => match changed {
                    Ok(()) => self.select(LiveSession::began),
                    Err(_) => return None,
                },
                () = tokio::time::sleep_until(heartbeat) => self.heartbeat(),
            }
        }
    }

    fn is_over(&self) -> bool {
        match self.subscription.end {
            End::Never => false,
            End::WhenStopped => self.steps.is_empty(),
            End::AtHead => self.behind.is_empty(),
        }
    }

    /// Follows a session that its caller named.
    async fn begin(&mut self, session: SessionId, after: Seq) -> Result<(), Failure> {
        let runtime = &self.subscription.core.runtime;
        if self.followed.contains_key(&session) {
            return Ok(());
        }
        if let Some(handle) = runtime.handle(session).await {
            let head = handle.overview().seq;
            if after > head {
                return Err(beyond(session, after, head));
            }
            self.follow(handle, after);
            return Ok(());
        }
        let events = runtime.events(session).await?;
        let head = Seq(events.len() as u64);
        if after > head {
            return Err(beyond(session, after, head));
        }
        self.followed.insert(session, None);
        self.behind.insert(session);
        self.steps.push(replay(session, events, after, &self.subscription.wanted));
        Ok(())
    }

    fn follow(&mut self, handle: Handle, after: Seq) {
        let session = handle.session_id();
        if !self.followed.contains_key(&session) {
            let live = self.subscription.core.runtime.find(session);
            let recent = self.subscription.core.recents.of(session);
            if let Some(live) = &live {
                recent.hashes().begin(live.began(), live.began_hash());
            }
            self.followed.insert(session, live);
            self.behind.insert(session);
            self.steps.push(follow(handle, recent, after, Arc::clone(&self.subscription.wanted)));
        }
    }

    /// Follows the live sessions that are selected and not followed yet: those that are there at the beginning from their
    /// newest event on, and those that become live later from what came first then.
    fn select(&mut self, from: impl Fn(&LiveSession) -> Seq) {
        let Some(selector) = &self.subscription.selector else { return };
        let mut live = self.subscription.core.runtime.live();
        self.stopped.retain(|session, _| live.binary_search_by_key(session, LiveSession::id).is_ok());
        // One that was told to its end is another only if it began again since.
        let is_stopped =
            |one: &LiveSession| self.stopped.get(&one.id()).is_some_and(|last| one.began() < *last);
        live.retain(|one| !self.followed.contains_key(&one.id()) && !is_stopped(one));
        live.retain(|one| selector.matches(one.id(), &one.handle().overview()));
        for live in live {
            self.follow(live.handle().clone(), from(&live));
        }
    }

    async fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step).await;
            // What comes after the end that was asked for is not told.
            if self.is_over() {
                return;
            }
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Event { handle, event, told } => {
                let session = event.header.session;
                self.moved.insert(session, event.header.seq);
                self.told.extend(told.map(Out::Shared));
                let Some(handle) = handle else { return };
                if self.subscription.sessions {
                    self.told.push(Told::own(self.subscription.core.told(&handle)));
                }
                if self.subscription.wanted.subagents {
                    self.follow_subagents(&handle, &event.body).await;
                }
            }
            Step::Told(told) => self.told.push(Out::Shared(told)),
            Step::CaughtUp { session, seq } => {
                self.behind.remove(&session);
                let caught_up =
                    pb::CaughtUp { session_id: session.to_string(), seq: seq.0, ..Default::default() };
                self.told.push(Told::own(caught_up));
            }
            Step::Ended { session, seq, was_live } => {
                self.behind.remove(&session);
                let live = self.followed.remove(&session).flatten();
                if self.subscription.selector.is_some() {
                    self.stopped.insert(session, seq);
                }
                self.told.push(Told::own(stopped(session, seq, was_live, live).await));
            }
        }
    }

    /// Follows the subagents that an event of their session sets to work. Those of its past go on when it does.
    async fn follow_subagents(&mut self, session: &Handle, event: &EventBody) {
        let begun = match event {
            EventBody::SubagentStarted { child, .. } => BTreeSet::from([*child]),
            EventBody::SessionResumed => session.overview().subagents,
            _ => return,
        };
        for child in begun {
            if let Some(child) = session.subagent(child).await {
                self.follow(child, Seq::default());
            }
        }
    }

    fn heartbeat(&mut self) {
        let moved = std::mem::take(&mut self.moved);
        self.told.push(Told::own(heartbeat(moved)));
    }
}

/// A sign of life, with how far sessions were told.
pub(super) fn heartbeat(moved: BTreeMap<SessionId, Seq>) -> pb::StreamHeartbeat {
    let position = |(session, seq): (SessionId, Seq)| pb::SessionPosition {
        session_id: session.to_string(),
        seq: seq.0,
        ..Default::default()
    };
    pb::StreamHeartbeat { positions: moved.into_iter().map(position).collect(), ..Default::default() }
}

async fn stopped(
    session: SessionId,
    seq: Seq,
    was_live: bool,
    live: Option<LiveSession>,
) -> pb::SessionStopped {
    use pb::StopReason;
    let end = match live {
        Some(live) => Some(live.stopped().await),
        None => None,
    };
    let (reason, error) = match end {
        _ if !was_live => (StopReason::NotLive, None),
        Some(Err(error)) => (StopReason::Failed, Some(Failure::of_session_error(error.kind()).to_detail())),
        Some(Ok(crate::SessionEnd::Closed)) => (StopReason::Closed, None),
        _ => (StopReason::Released, None),
    };
    pb::SessionStopped {
        session_id: session.to_string(),
        seq: seq.0,
        reason: reason.into(),
        error: error.into(),
        ..Default::default()
    }
}

fn beyond(session: SessionId, after: Seq, head: Seq) -> Failure {
    use crate::server::reason::Reason;
    Failure::new(Reason::NoSuchPlace, format!("session {session} has {head} events, and none after {after}"))
        .fact("head_seq", head)
}
