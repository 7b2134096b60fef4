//! How a session begins: new, or taken up from its journal.

use std::collections::VecDeque;
use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::Seq;
use tokio::sync::mpsc;

use super::Session;
use super::durability::Durable;
use super::effects::Tools;
use super::handle::Handle;
use super::hooks::Asked;
use super::log::Log;
use super::model::Client;
use super::options::SessionOptions;
use super::past::Past;
use super::subagents::Subagents;
use crate::kernel::gate::Position;
use crate::kernel::{Input, State};

/// Commands that wait at most, before a sender waits.
const MAILBOX: usize = 64;

impl Session {
    /// A new session and the handle to it. Nothing happens until [`Session::run`] does.
    #[must_use]
    pub fn new(mut options: SessionOptions) -> (Self, Handle) {
        let loop_tools = std::mem::take(&mut options.config.tools).into_iter();
        let loop_tools = loop_tools.filter(|tool| !tool.kind.is_executed());
        options.config.tools = options.tools.specs().into_iter().chain(loop_tools).collect();
        let config = Box::new(options.config.clone());
        let id = options.durability.session.unwrap_or_else(SessionId::generate);
        let epoch = options.durability.epoch.unwrap_or(1);
        options.durability.describe(id, &options.config.metadata);
        let (mut session, handle) = Self::with_state(options, id, State::default(), epoch, Log::default());
        let created = session.handle(Input::Create(config));
        debug_assert!(created.is_ok(), "an empty session can be created");
        (session, handle)
    }

    /// A session taken up from its journal, and the handle to it. What the journal left undone goes on when
    /// [`Session::run`] does: a lost reply is asked for again, calls that change nothing run again, and a call
    /// that may have done something ends as unknown, which the model is told.
    ///
    /// The configuration is the journal's, so that the same bytes are sent again; of the options' only the model,
    /// the tools, the environment and the durability count.
    ///
    /// # Errors
    /// When nothing happened so far, or the durability does not continue it.
    pub fn resume(mut options: SessionOptions, past: Past) -> Result<(Self, Handle), ResumeError> {
        let Some(last) = past.events.last() else { return Err(ResumeError::Empty) };
        let (id, newest) = (last.header.session, last.header.epoch);
        let epoch = options.durability.epoch.unwrap_or(newest + 1);
        if epoch < newest {
            return Err(ResumeError::OldEpoch { epoch, newest });
        }
        if options.durability.journals.is_some() && options.durability.last_hash.is_none() {
            return Err(ResumeError::UnknownHash);
        }
        options.durability.describe(id, &past.overview.metadata);
        let log = Log::of(past.events, past.overview);
        let (mut session, handle) = Self::with_state(options, id, past.state, epoch, log);
        session.queued.push_back(Input::Resume);
        Ok((session, handle))
    }

    /// A session of which the events in its log are stored.
    pub(super) fn with_state(
        options: SessionOptions,
        id: SessionId,
        state: State,
        epoch: u64,
        log: Log,
    ) -> (Self, Handle) {
        let (durable, log) = (log.seq(), Arc::new(log));
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        let handle = Handle::new(id, sender, Arc::clone(&log));
        let tools = Tools::new(&options, Arc::clone(&log));
        let subagents = Subagents::new(&options, id);
        let durable = Durable::new(&options.durability, id, Position { epoch, seq: durable });
        let specs = state.config().map_or(&options.config.tools, |config| &config.tools);
        let told = specs.iter().filter(|spec| !spec.deferred);
        let definitions = told.map(|spec| spec.definition.clone()).collect();
        let session = Self {
            id,
            state,
            log,
            mailbox,
            client: Client { agent: options.agent, definitions, cache: tau_agent::WireCache::default() },
            model: None,
            tools,
            subagents,
            hooks: Asked::new(options.hooks, options.hook_health),
            observer: options.observer,
            timer: None,
            queued: VecDeque::new(),
            epoch,
            durable,
        };
        (session, handle)
    }
}

/// Events are not the journal of a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// There are none.
    #[error("the journal is empty")]
    Empty,
    /// One is missing, or stands in the wrong place.
    #[error("event {expected} should come next in the journal, and event {found} came")]
    Gap {
        /// The place that should come.
        expected: Seq,
        /// The place that came.
        found: Seq,
    },
    /// The epoch to write under is older than the journal's.
    #[error("the session was written under epoch {newest}, so it cannot go on under epoch {epoch}")]
    OldEpoch {
        /// The epoch given.
        epoch: u64,
        /// That of the last event.
        newest: u64,
    },
    /// The session has journals, and the hash of its last record was not given.
    #[error("the hash of the journal's last record is needed to continue its chain")]
    UnknownHash,
    /// One belongs to another session.
    #[error("event {seq} of the journal belongs to another session")]
    OtherSession {
        /// Its place.
        seq: Seq,
    },
}
