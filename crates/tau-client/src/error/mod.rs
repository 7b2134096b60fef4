//! What can go wrong, and what to do about it.

mod refusal;

use std::fmt;

use connectrpc::{ConnectError, ErrorCode};

pub use refusal::{FieldViolation, Refusal};

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No server is there, or the way to it is cut.
    Unreachable,
    /// The server does not accept the token, or wants one.
    Unauthorised,
    /// The server understood, and does not do it; [`Error::refusal`] says why and what to do.
    Refused,
    /// The deadline of the call passed. The work may have been done.
    Deadline,
    /// Whoever answered does not speak the interface.
    Protocol,
    /// A stream broke off before its end. What it told of goes on without it.
    Ended,
}

/// A call failed.
///
/// It displays as what went wrong and what to do, in words for people; programs compare [`kind`](Self::kind) and
/// [`reason`](Self::reason). It holds no secret.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    refusal: Option<Box<Refusal>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), refusal: None, source: None }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the server says of it; `None` where the server did not say anything.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_deref()
    }

    /// The stable name of what the server says went wrong, such as `session_not_found`; empty where it said nothing. All
    /// names are in `error.proto`.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.refusal.as_ref().map_or("", |refusal| &refusal.reason)
    }

    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match (&self.refusal, self.kind) {
            (Some(refusal), _) => refusal.is_retryable,
            (None, kind) => matches!(kind, ErrorKind::Unreachable | ErrorKind::Ended),
        }
    }

    /// Whether a stream that ended so may be taken up where it broke off.
    pub(crate) fn is_interruption(&self) -> bool {
        match &self.refusal {
            Some(refusal) => {
                matches!(&*refusal.reason, "subscriber_too_slow" | "overloaded" | "draining")
            }
            None => matches!(self.kind, ErrorKind::Unreachable | ErrorKind::Ended),
        }
    }

    /// Whether an extension that was attached, or was to be, does well to try again.
    #[must_use]
    pub fn may_attach_again(&self) -> bool {
        self.is_retryable() || self.kind == ErrorKind::Deadline || self.reason() == "attachment_lost"
    }

    /// The error of a call that is answered at once.
    pub(crate) fn of_call(error: ConnectError) -> Self {
        Self::read(error, ErrorKind::Protocol)
    }

    /// The error of a stream. The server gives every error of its own a detail, so one without is the connection's.
    pub(crate) fn of_stream(error: ConnectError) -> Self {
        Self::read(error, ErrorKind::Ended)
    }

    fn read(error: ConnectError, other: ErrorKind) -> Self {
        let refusal = Refusal::read(&error);
        let kind = match (&refusal, error.code) {
            (Some(refusal), _) if refusal.reason == "unauthenticated" => ErrorKind::Unauthorised,
            (Some(_), _) => ErrorKind::Refused,
            (None, ErrorCode::Unavailable) => ErrorKind::Unreachable,
            (None, ErrorCode::DeadlineExceeded) => ErrorKind::Deadline,
            // A proxy in front of the server says so.
            (None, ErrorCode::Unauthenticated | ErrorCode::PermissionDenied) => ErrorKind::Unauthorised,
            (None, ErrorCode::Unimplemented | ErrorCode::NotFound) => ErrorKind::Protocol,
            (None, _) => other,
        };
        let message = error.message.clone().unwrap_or_else(|| error.code.as_str().to_owned());
        Self { kind, message, refusal: refusal.map(Box::new), source: Some(Box::new(error)) }
    }

    /// What to do, in words for people; empty where nothing is known.
    #[must_use]
    pub fn hint(&self) -> &str {
        if let Some(hint) =
            self.refusal.as_ref().map(|refusal| &*refusal.hint).filter(|hint| !hint.is_empty())
        {
            return hint;
        }
        match self.kind {
            ErrorKind::Unreachable => "see that the server runs and listens there: `tau serve` says where",
            ErrorKind::Unauthorised => {
                "give the token that is in the file which `tau serve` names at its start"
            }
            ErrorKind::Protocol => "see that the address is that of a tau server",
            ErrorKind::Deadline => "allow it more time, or look at the session before you ask again",
            ErrorKind::Ended => "follow the session to see how it goes on",
            ErrorKind::Refused => "",
        }
    }
}

impl Error {
    /// What went wrong, with the fields at fault and without what to do.
    #[must_use]
    pub fn what(&self) -> String {
        let what = match self.kind {
            ErrorKind::Unreachable => "the server cannot be reached: ",
            ErrorKind::Unauthorised => "the server does not accept the token: ",
            ErrorKind::Protocol => "no answer of a tau server: ",
            ErrorKind::Ended => "the stream broke off: ",
            ErrorKind::Refused | ErrorKind::Deadline => "",
        };
        let mut text = format!("{what}{}", self.message);
        for FieldViolation { field, description } in self.refusal.iter().flat_map(|said| &said.violations) {
            text.push_str(&format!("; {field}: {description}"));
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.what(), self.hint()) {
            (what, "") => f.write_str(&what),
            (what, hint) => write!(f, "{what} ({hint})"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        // What the connection's error says is said above; what caused it is not.
        source.source()
    }
}
