//! What a journal is told, and what it tells at its end.

use std::time::Duration;

use tau_proto::runtime::v1::{ExtensionRole, Hello, JournalCapability, JournalRole, SessionPosition};

use super::tasks::MAX_CALLS;

/// Settings of a [`Journal`](super::Journal).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JournalOptions {
    /// Identity of the store towards the runtime: one store, one id, kept across restarts. 1 to 128 bytes.
    pub client_id: String,
    /// Name of the program, for people. `tau-persist` unless set.
    pub client_name: String,
    /// Version of the program, for people. That of this crate unless set.
    pub client_version: String,
    /// What is held of the sessions to be continued; see [`held_positions`](super::held_positions). None unless set.
    pub positions: Vec<SessionPosition>,
    /// How long the runtime may take to welcome. 30 s unless set.
    pub welcome_timeout: Duration,
    /// Reading stops while so many bytes wait to be stored, about. 16 MiB unless set.
    pub max_queued_bytes: usize,
}

impl JournalOptions {
    /// The settings of a store with that id.
    pub fn new(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_name: env!("CARGO_PKG_NAME").to_owned(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            positions: Vec::new(),
            welcome_timeout: Duration::from_secs(30),
            max_queued_bytes: 16 << 20,
        }
    }

    /// Continues sessions.
    #[must_use]
    pub fn with_positions(mut self, positions: Vec<SessionPosition>) -> Self {
        self.positions = positions;
        self
    }

    /// Other names for people to read.
    #[must_use]
    pub fn with_client(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.client_name = name.into();
        self.client_version = version.into();
        self
    }

    /// Another time to be welcomed in.
    #[must_use]
    pub const fn with_welcome_timeout(mut self, timeout: Duration) -> Self {
        self.welcome_timeout = timeout;
        self
    }

    /// Another bound on what waits.
    #[must_use]
    pub const fn with_max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// The first message.
    pub(super) fn hello(&self, positions: Vec<SessionPosition>) -> Hello {
        let capabilities = [JournalCapability::Read, JournalCapability::Open, JournalCapability::List];
        let role = JournalRole {
            positions,
            capabilities: capabilities.map(Into::into).to_vec(),
            ..Default::default()
        };
        Hello {
            protocol_version: super::attach::PROTOCOL_VERSION,
            client_name: self.client_name.clone(),
            client_version: self.client_version.clone(),
            client_id: self.client_id.clone(),
            roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }],
            call_credit: MAX_CALLS,
            ..Default::default()
        }
    }
}

/// What a journal has done while it was attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct JournalReport {
    /// How it ended.
    pub end: JournalEnd,
    /// Events that were acknowledged, repetitions included.
    pub events: u64,
    /// Acknowledgements that told of them: about the number of commits.
    pub acks: u64,
    /// Appends that were refused.
    pub nacks: u64,
    /// Sessions that the runtime ended for this journal.
    pub fenced: u64,
}

impl JournalReport {
    pub(super) const fn new(end: JournalEnd) -> Self {
        Self { end, events: 0, acks: 0, nacks: 0, fenced: 0 }
    }
}

/// How an attachment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JournalEnd {
    /// The journal was told to stop; what it had received is stored and acknowledged.
    Detached,
    /// The runtime ended the stream; what had been received is stored.
    Ended,
}
