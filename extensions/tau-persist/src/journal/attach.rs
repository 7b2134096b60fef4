//! One attachment, from hello to its end.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _, join_all};
use futures::{Sink, Stream, StreamExt as _};
use tau_proto::runtime::v1::attach_response;
use tau_proto::runtime::v1::{
    Append as AppendMessage, AttachRequest, AttachResponse, Fenced, Heartbeat, SessionPosition,
};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, warn};

use super::error::{JournalError, JournalErrorKind, Violation};
use super::leases::{Leases, RENEWAL};
use super::options::{JournalEnd, JournalOptions, JournalReport};
use super::output::Output;
use super::queue::{Queue, Ticket};
use super::tasks::Tasks;
use super::welcome::heartbeat_interval;
use crate::error::StoreError;
use crate::id::SessionId;
use crate::store::{Append, Position, Store};

/// The version of the interface that the journal speaks.
pub(super) const PROTOCOL_VERSION: u32 = 1;
/// So many intervals of silence mean that the runtime is lost.
const SILENT_INTERVALS: u32 = 3;
/// No further batch is begun while so many answers wait to be sent.
const MAX_ANSWERS: usize = 64;

/// At most so many messages are read before other things are looked at.
const MAX_AT_ONCE: usize = 1_024;

/// Whether more can come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    Ended,
}

type Results = Vec<(Ticket, Result<Position, StoreError>)>;

/// What a store holds of sessions, as [`JournalOptions::with_positions`] takes it. Sessions that it does not hold are
/// left out.
///
/// # Errors
/// When the store cannot be read.
pub async fn held_positions(
    store: &dyn Store,
    sessions: &[SessionId],
) -> Result<Vec<SessionPosition>, StoreError> {
    let mut positions = Vec::new();
    for session in sessions {
        if let Some(head) = store.head(session).await? {
            positions.push(head.to_wire(session));
        }
    }
    Ok(positions)
}

/// Makes the events of a runtime durable and says so.
///
/// While a batch is being committed, what arrives is gathered for the next; so each acknowledgement covers all that one
/// wait has made durable, however many sessions that is. It goes on reading while it writes, up to a bound of bytes.
///
/// It opens, reads and lists sessions for the runtime, too. Sessions that the runtime has open stay its own for half a
/// minute after an attachment was lost: whoever attaches again uses a clone, or [takes them up](Self::take_up) in another
/// process.
#[derive(Debug, Clone)]
pub struct Journal {
    pub(super) store: Arc<dyn Store>,
    pub(super) leases: Arc<Leases>,
    options: JournalOptions,
}

impl Journal {
    /// A journal over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, options: JournalOptions) -> Self {
        let leases = Arc::new(Leases::new(Arc::clone(&store)));
        Self { store, leases, options }
    }

    /// Takes up again what an earlier process over this store had: the sessions that the runtime has open, so that they
    /// stay its own. For a process that serves a runtime over the network, before it first attaches; a journal beside its
    /// runtime has nothing to take up, because both end together.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn take_up(&self) -> Result<(), StoreError> {
        self.leases.take_up().await
    }

    /// Attaches, and serves until the runtime ends the stream or `shutdown` is ready. Then what was received is stored
    /// and, where the runtime still listens, acknowledged.
    ///
    /// It needs a tokio runtime with time, for heartbeats. Dropping it abandons the attachment; appends under way are
    /// carried out.
    ///
    /// # Errors
    /// When the runtime breaks the interface, falls silent, or cannot be sent to.
    pub async fn run<I, O>(
        self,
        incoming: I,
        outgoing: O,
        shutdown: impl Future<Output = ()>,
    ) -> Result<JournalReport, JournalError>
    where
        I: Stream<Item = AttachResponse>,
        O: Sink<AttachRequest>,
        O::Error: std::error::Error + Send + Sync + 'static,
    {
        let mut incoming = pin!(incoming);
        let outgoing = pin!(outgoing);
        let mut output = Output::new(outgoing);
        let mut shutdown = pin!(shutdown);
        output.push(self.options.hello(self.leases.positions(&self.options.positions).await));
        output.flush().await?;
        let welcome = tokio::select! {
            message = timeout(self.options.welcome_timeout, incoming.next()) => message,
            () = &mut shutdown => return Ok(JournalReport::new(JournalEnd::Detached)),
        };
        let interval = heartbeat_interval(welcome.map_err(|_| JournalError::new(JournalErrorKind::Lost))?)?;
        let mut session = Attachment::new(self);
        // The lease of a session that was taken over an earlier attachment may be about to end.
        session.tasks.renew(&session.journal);
        let mut renewed = Instant::now();
        let end = loop {
            if output.len() < MAX_ANSWERS {
                session.begin_batch();
            }
            let (spoken, heard) = (output.last_push(), session.heard);
            let is_reading = !session.is_full();
            tokio::select! {
                results = ready_or_never(&mut session.batch) => session.end_batch(results, &mut output),
                result = session.tasks.next() => result.into_iter().for_each(|result| output.push(result)),
                () = elapsed(renewed, RENEWAL) => {
                    renewed = Instant::now();
                    // What it does not have it says right after its welcome.
                    if is_reading {
                        session.journal.leases.are_certain();
                    }
                    session.tasks.renew(&session.journal);
                }
                message = incoming.next(), if is_reading => {
                    if session.receive_all(message, incoming.as_mut())? == Flow::Ended {
                        break JournalEnd::Ended;
                    }
                }
                sent = output.progress() => sent?,
                () = elapsed(spoken, interval) => output.push(Heartbeat::default()),
                () = elapsed(heard, interval.saturating_mul(SILENT_INTERVALS)), if is_reading => {
                    return Err(JournalError::new(JournalErrorKind::Lost));
                }
                () = &mut shutdown => break JournalEnd::Detached,
            }
            if !is_reading {
                // While nothing is read nothing can be heard.
                session.heard = Instant::now();
            }
        };
        session.drain(&mut output).await;
        session.report.end = end;
        match (end, output.finish().await) {
            // The runtime went away first; nobody is there to be told.
            (JournalEnd::Ended, _) | (_, Ok(())) => Ok(session.report),
            (_, Err(error)) => Err(error),
        }
    }
}

/// An attachment that was welcomed.
struct Attachment {
    journal: Journal,
    queue: Queue,
    /// The batch that is being committed.
    batch: Option<BoxFuture<'static, Results>>,
    tasks: Tasks,
    /// When the runtime was last heard of.
    heard: Instant,
    report: JournalReport,
}

impl Attachment {
    fn new(journal: Journal) -> Self {
        let report = JournalReport::new(JournalEnd::Ended);
        let (queue, tasks) = (Queue::default(), Tasks::default());
        Self { journal, queue, batch: None, tasks, heard: Instant::now(), report }
    }

    /// Takes a message and those that are there behind it, so that they become one batch.
    fn receive_all<I>(
        &mut self,
        message: Option<AttachResponse>,
        mut incoming: Pin<&mut I>,
    ) -> Result<Flow, JournalError>
    where
        I: Stream<Item = AttachResponse>,
    {
        let Some(message) = message else { return Ok(Flow::Ended) };
        self.receive(message)?;
        for _ in 0..MAX_AT_ONCE {
            if self.is_full() {
                break;
            }
            match incoming.next().now_or_never() {
                Some(Some(message)) => self.receive(message)?,
                Some(None) => return Ok(Flow::Ended),
                None => break,
            }
        }
        Ok(Flow::Open)
    }

    /// Whether so much waits that nothing more is read.
    const fn is_full(&self) -> bool {
        self.queue.bytes() >= self.journal.options.max_queued_bytes
    }

    fn receive(&mut self, message: AttachResponse) -> Result<(), JournalError> {
        self.heard = Instant::now();
        match message.message {
            Some(attach_response::Message::Append(AppendMessage { events, .. })) => {
                if events.is_empty() {
                    return Err(JournalError::violation(Violation::EmptyAppend));
                }
                self.queue.push(events);
            }
            Some(attach_response::Message::Heartbeat(_)) => {}
            Some(attach_response::Message::Fenced(fenced)) => self.fenced(&fenced),
            Some(attach_response::Message::Welcome(_)) => {
                return Err(JournalError::violation(Violation::WelcomedTwice));
            }
            Some(attach_response::Message::Call(call)) => self.tasks.answer(&self.journal, call),
            // An operation is soon over, has no input and tells nothing before its end, and nothing is remembered of it.
            Some(
                attach_response::Message::CallCancel(_)
                | attach_response::Message::CallInput(_)
                | attach_response::Message::CallReceived(_)
                | attach_response::Message::CallsSettled(_),
            ) => {}
            // What is still to be stored comes until the runtime ends the stream.
            Some(attach_response::Message::Detach(detach)) => {
                debug!(detail = detach.detail, "the runtime wants to end");
            }
            None => return Err(JournalError::violation(Violation::UnknownMessage)),
        }
        Ok(())
    }

    fn fenced(&mut self, fenced: &Fenced) {
        let Fenced { session_id, epoch, reason, .. } = fenced;
        warn!(session = session_id, epoch, ?reason, "the runtime appends nothing more to the session");
        self.queue.forget(session_id, *epoch);
        if let Ok(session) = SessionId::new(session_id.as_str()) {
            self.journal.leases.let_go(&session, *epoch);
        }
        self.report.fenced += 1;
    }

    /// Hands everything that waits to the store, unless a batch is there already.
    fn begin_batch(&mut self) {
        if self.batch.is_some() || self.queue.is_empty() {
            return;
        }
        // The requests are under way once they are made, in this order.
        let pending = self.queue.take().into_iter().map(|waiting| {
            let append = self.journal.store.append(Append::new(waiting.events));
            append.map(|result| (waiting.ticket, result))
        });
        let pending: Vec<_> = pending.collect();
        self.batch = Some(join_all(pending).boxed());
    }

    fn end_batch<S>(&mut self, results: Results, output: &mut Output<'_, S>) {
        self.batch = None;
        let answers = self.queue.answer(results);
        self.report.events += answers.events;
        self.report.nacks += answers.nacks.len() as u64;
        for nack in answers.nacks {
            debug!(session = nack.session_id, seq = nack.seq, detail = nack.detail, "an append was refused");
            output.push(nack);
        }
        if let Some(ack) = answers.ack {
            self.report.acks += 1;
            output.push(ack);
        }
    }

    /// Stores what was received, and answers what was asked.
    async fn drain<S>(&mut self, output: &mut Output<'_, S>) {
        loop {
            self.begin_batch();
            let Some(batch) = self.batch.take() else { break };
            let results = batch.await;
            self.end_batch(results, output);
        }
        while !self.tasks.is_empty() {
            self.tasks.next().await.into_iter().for_each(|result| output.push(result));
        }
    }
}

async fn ready_or_never(batch: &mut Option<BoxFuture<'static, Results>>) -> Results {
    match batch {
        Some(batch) => batch.await,
        None => pending().await,
    }
}

/// Ready when a time has passed; never where that is beyond the clock.
async fn elapsed(start: Instant, duration: Duration) {
    match start.checked_add(duration) {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
