//! One run as a stream: `Run`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use connectrpc::ConnectError;
use futures::StreamExt;
use futures::stream::{self, BoxStream, SelectAll};
use tau_core::event::{DenialReason, Event, EventBody, RunOutcome, Seq, Spending, ToolOutcome};
use tau_core::{Prices, RunId, SessionId, ToolCallId};
use tau_proto::runtime::v1 as pb;
use tokio::time::Instant;

use super::many::heartbeat;
use super::session::{Step, Wanted, follow};
use super::shared::Out;
use crate::driver::Handle;
use crate::runtime::{LiveSession, Runtime};
use crate::server::failure::Failure;
use crate::server::service::Core;
use crate::server::wire;

type Told = Out<pb::RunResponse>;

/// A run that was accepted, and how it is followed.
pub(crate) struct RunStream {
    pub(crate) core: Arc<Core>,
    pub(crate) handle: Handle,
    pub(crate) run: RunId,
    /// The event that asked for it.
    pub(crate) prompt: Seq,
    /// The last event that the caller has.
    pub(crate) after: Seq,
    pub(crate) wanted: Arc<Wanted>,
    pub(crate) was_repeated: bool,
    pub(crate) cancel_on_disconnect: bool,
}

impl RunStream {
    pub(crate) fn start(self) -> BoxStream<'static, Result<Told, ConnectError>> {
        let accepted = Told::own(self.accepted());
        let live = self.core.runtime.find(self.handle.session_id());
        let end = self.end_before();
        let recent = self.core.recents.of(self.handle.session_id());
        let steps = follow(self.handle.clone(), recent, self.after, Arc::clone(&self.wanted));
        let guarded = || (self.core.runtime.clone(), self.handle.clone(), self.run);
        let guard = Guard(self.cancel_on_disconnect.then(guarded));
        let mut running = Running {
            live,
            steps: SelectAll::from_iter([steps]),
            told: vec![Ok(accepted)],
            moved: BTreeMap::new(),
            quiet_since: Instant::now(),
            is_over: false,
            guard,
            stream: self,
        };
        if let Some((seq, outcome)) = end {
            running.finish(seq, &outcome);
        }
        let told =
            stream::unfold(running, |mut running| async move { Some((running.next().await?, running)) });
        told.flat_map(stream::iter).boxed()
    }

    /// How the run ended, where that is an event that the caller has: it is not told again.
    fn end_before(&self) -> Option<(Seq, RunOutcome)> {
        let events = self.handle.events(self.prompt);
        let known = events.iter().take_while(|event| event.header.seq <= self.after);
        known.into_iter().find_map(|event| self.end(event).map(|outcome| (event.header.seq, outcome)))
    }

    /// How the run ended, if it did with this event.
    fn end(&self, event: &Event) -> Option<RunOutcome> {
        match &event.body {
            EventBody::RunFinished { run, outcome } if *run == self.run => Some(outcome.clone()),
            // The session went back to before the prompt: nothing else says that the run is not on any more.
            EventBody::Rewound { to }
                if event.header.session == self.handle.session_id() && *to < self.prompt =>
            {
                Some(RunOutcome::Cancelled)
            }
            _ => None,
        }
    }

    fn accepted(&self) -> pb::RunAccepted {
        let overview = self.handle.overview();
        let place = overview.queued.iter().position(|run| *run == self.run);
        pb::RunAccepted {
            session_id: self.handle.session_id().to_string(),
            run_id: self.run.to_string(),
            seq: self.prompt.0,
            queued_behind: place.and_then(|place| u32::try_from(place + 1).ok()).unwrap_or_default(),
            was_repeated: self.was_repeated,
            ..Default::default()
        }
    }
}

struct Running {
    stream: RunStream,
    /// The session; a subagent's has none.
    live: Option<LiveSession>,
    steps: SelectAll<BoxStream<'static, Vec<Step>>>,
    told: Vec<Result<Told, ConnectError>>,
    moved: BTreeMap<SessionId, Seq>,
    quiet_since: Instant,
    is_over: bool,
    guard: Guard,
}

impl Running {
    /// What is to be told next, in order.
    async fn next(&mut self) -> Option<Vec<Result<Told, ConnectError>>> {
        loop {
            if !self.told.is_empty() {
                self.quiet_since = Instant::now();
                return Some(std::mem::take(&mut self.told));
            }
            if self.is_over {
                return None;
            }
            let heartbeat_at = self.quiet_since + self.stream.core.options.heartbeat_interval;
            tokio::select! {
                biased;
                steps = self.steps.next() => self.take_all(steps?).await,
                () = tokio::time::sleep_until(heartbeat_at) => {
                    let moved = std::mem::take(&mut self.moved);
                    self.told.push(Ok(Told::own(heartbeat(moved))));
                }
            }
        }
    }

    async fn take_all(&mut self, steps: Vec<Step>) {
        for step in steps {
            self.take(step).await;
            // What comes after the run is not of it.
            if self.is_over {
                return;
            }
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Event { handle, event, told } => {
                self.moved.insert(event.header.session, event.header.seq);
                self.told.extend(told.map(|told| Ok(Out::Shared(told))));
                if let Some(outcome) = self.stream.end(&event) {
                    self.finish(event.header.seq, &outcome);
                }
                if let EventBody::SubagentStarted { child, .. } = event.body
                    && self.stream.wanted.subagents
                {
                    let child = match handle {
                        Some(handle) => handle.subagent(child).await,
                        None => None,
                    };
                    self.steps.extend(child.map(|child| self.follow_subagent(child)));
                }
            }
            Step::Told(told) => self.told.push(Ok(Out::Shared(told))),
            Step::Ended { session, .. } if session == self.stream.handle.session_id() => self.stop().await,
            Step::CaughtUp { .. } | Step::Ended { .. } => {}
        }
    }

    fn follow_subagent(&self, child: Handle) -> BoxStream<'static, Vec<Step>> {
        let recent = self.stream.core.recents.of(child.session_id());
        follow(child, recent, Seq::default(), Arc::clone(&self.stream.wanted))
    }

    /// The run has ended.
    fn finish(&mut self, seq: Seq, outcome: &RunOutcome) {
        let events = self.stream.handle.events(Seq::default());
        let sum = Sum::of(&events, self.stream.run);
        let result = pb::RunResult {
            run_id: self.stream.run.to_string(),
            outcome: Some(wire::run_outcome(outcome)).into(),
            text: sum.text,
            spent: Some(wire::spending(&sum.spent)).into(),
            denied_tools: sum.denied.into_iter().collect(),
            seq: seq.0,
            ..Default::default()
        };
        self.told.push(Ok(Told::own(result)));
        self.over();
    }

    /// The session has stopped, and the run goes on nowhere.
    async fn stop(&mut self) {
        if let Some(live) = &self.live
            && let Err(error) = live.stopped().await
        {
            self.told.push(Err(Failure::of_session_error(error.kind()).into()));
        }
        self.over();
    }

    fn over(&mut self) {
        self.is_over = true;
        self.guard.0 = None;
    }
}

/// What a run came to.
#[derive(Default)]
struct Sum {
    text: String,
    spent: Spending,
    denied: BTreeSet<String>,
}

impl Sum {
    fn of(events: &[Arc<Event>], run: RunId) -> Self {
        let mut sum = Self::default();
        let mut prices: Option<&Prices> = None;
        let mut tools: BTreeMap<&ToolCallId, &str> = BTreeMap::new();
        let mut is_on = false;
        for event in events {
            match &event.body {
                EventBody::SessionCreated(config) => prices = config.prices.as_ref(),
                EventBody::RunStarted { run: started } => is_on = *started == run,
                EventBody::RunFinished { run: finished, .. } if *finished == run => break,
                _ if !is_on => {}
                EventBody::ModelReplied { response, .. } => {
                    sum.spent.turns += 1;
                    sum.spend(response.usage, response.cost_at(prices));
                    let words: String = response.content.iter().filter_map(|block| block.as_text()).collect();
                    sum.text = words;
                }
                EventBody::Compacted { usage, .. } => {
                    let cost = prices.zip(usage.as_ref()).map(|(prices, usage)| prices.cost(usage));
                    sum.spend(*usage, cost);
                }
                EventBody::SubagentFinished { spent, .. } => sum.spent += *spent,
                EventBody::ToolRequested { call, .. } => {
                    sum.spent.tool_calls += 1;
                    tools.insert(&call.id, &call.name);
                }
                EventBody::ToolFinished {
                    outcome: ToolOutcome::Denied { reason: DenialReason::NobodyToAsk },
                    result,
                    ..
                } => sum.denied.extend(tools.get(&result.call_id).map(|name| (*name).to_owned())),
                _ => {}
            }
        }
        sum
    }

    fn spend(&mut self, usage: Option<tau_core::TokenUsage>, cost: Option<tau_core::Money>) {
        self.spent.usage += usage.unwrap_or_default();
        self.spent.cost += cost.unwrap_or_default();
    }
}

/// Cancels a run when it is dropped, unless the run is over.
struct Guard(Option<(Runtime, Handle, RunId)>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some((runtime, handle, run)) = self.0.take() {
            // Whatever it comes to, nobody is there to be told.
            runtime.afterwards(async move { drop(handle.cancel_run(run).await) });
        }
    }
}
