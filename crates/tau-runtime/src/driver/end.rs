//! How a session's task ends.

use std::fmt;

use crate::kernel::gate::StopReason;

/// How a session's task ended, when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionEnd {
    /// The session was closed, for good.
    Closed,
    /// It was told to shut down. It can be resumed.
    Shutdown,
    /// Every handle is gone. It can be resumed.
    Abandoned,
}

/// Why a session cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SessionErrorKind {
    /// A journal refuses its events, and will refuse them again.
    Refused(StopReason),
    /// Fewer journals than it needs took its events in time.
    JournalLost,
}

impl SessionErrorKind {
    /// A name that stays the same, for programs and for looking it up.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::JournalLost => "journal_lost",
            Self::Refused(reason) => match reason {
                StopReason::Fenced => "journal_fenced",
                StopReason::Conflict => "journal_conflict",
                StopReason::HashMismatch => "journal_hash_mismatch",
                StopReason::HistoryLost => "journal_history_lost",
                StopReason::ReadOnly => "journal_read_only",
                StopReason::TooLarge => "journal_too_large",
                StopReason::Invalid => "journal_invalid",
                StopReason::Unspecified => "journal_refused",
            },
        }
    }
}

/// What happened and what to do.
impl fmt::Display for SessionErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::JournalLost => {
                "no journal took the session's events in time; see that the journal runs, then resume the session"
            }
            Self::Refused(reason) => match reason {
                StopReason::Fenced => "the session was taken over by another writer; follow it there, or resume it here",
                StopReason::Conflict => {
                    "the journal holds other events of the session than these; resume the session from the journal"
                }
                StopReason::HashMismatch => {
                    "the session's events do not continue those in the journal; verify the journal, then resume"
                }
                StopReason::HistoryLost => {
                    "the journal has lost events that it had stored; restore it from a backup before going on"
                }
                StopReason::ReadOnly => "the journal cannot be written; give it write permission, then resume the session",
                StopReason::TooLarge => {
                    "an event is larger than the journal stores; raise its limit, then resume the session"
                }
                StopReason::Invalid => {
                    "the journal takes an event for invalid; use a journal of the same version, and report this"
                }
                StopReason::Unspecified => "the journal refused an event and did not say why; see its log",
            },
        })
    }
}

/// A session could not go on: its model and its tools were stopped. What was told of it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionError {
    kind: SessionErrorKind,
    client: String,
    detail: String,
}

impl SessionError {
    pub(super) const fn new(kind: SessionErrorKind) -> Self {
        Self { kind, client: String::new(), detail: String::new() }
    }

    pub(super) const fn refused(reason: StopReason, client: String, detail: String) -> Self {
        Self { kind: SessionErrorKind::Refused(reason), client, detail }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> SessionErrorKind {
        self.kind
    }

    /// The journal that refused; empty where none did.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// What the journal said, for people; may be empty.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl std::error::Error for SessionError {}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (self.client.as_str(), self.detail.as_str()) {
            (_, "") => Ok(()),
            ("", detail) => write!(f, " ({detail})"),
            (client, detail) => write!(f, " ({client}: {detail})"),
        }
    }
}
