//! What can go wrong with a message.

use std::error::Error;
use std::fmt;

use super::dead_letter::DeadLetterReason;
use super::name::{MessageId, NameError};

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HubErrorKind {
    /// A participant, subject or pattern cannot have this name. The source is a [`NameError`].
    InvalidName,
    /// The message asks for what cannot be done with it, or its body could not be encoded.
    InvalidMessage,
    /// The id is taken.
    AlreadyRegistered,
    /// Nobody has the id that the message is for.
    NoSuchParticipant,
    /// The mailbox had no room, and its participant's policy is not to wait.
    MailboxFull,
    /// The deadline passed before an answer came, or before there was room in the mailbox.
    DeadlineExceeded,
    /// The handler returned an error, whose text is in this one.
    HandlerFailed,
    /// The handler panicked.
    HandlerPanicked,
    /// The participant was unregistered before it came to the message.
    Unregistered,
    /// The message went through as many hubs as it may, or came back to one.
    HopLimit,
    /// The hub takes no messages any more.
    ShutDown,
    /// The transport took no message. The source says why.
    TransportFailed,
    /// The store of messages that must arrive failed. The source says why.
    StoreFailed,
    /// As many messages wait to arrive as may wait.
    OutboxFull,
}

/// The kinds as they are told to other hubs; a kind that is not here is told as a failed handler.
const CODES: [(HubErrorKind, u8); 9] = [
    (HubErrorKind::HandlerFailed, 1),
    (HubErrorKind::HandlerPanicked, 2),
    (HubErrorKind::NoSuchParticipant, 3),
    (HubErrorKind::MailboxFull, 4),
    (HubErrorKind::DeadlineExceeded, 5),
    (HubErrorKind::Unregistered, 6),
    (HubErrorKind::HopLimit, 7),
    (HubErrorKind::ShutDown, 8),
    (HubErrorKind::InvalidMessage, 9),
];

impl HubErrorKind {
    pub(super) fn code(self) -> u8 {
        CODES.iter().find(|(kind, _)| *kind == self).map_or(1, |(_, code)| *code)
    }

    pub(super) fn of_code(code: u8) -> Self {
        CODES.iter().find(|(_, known)| *known == code).map_or(Self::HandlerFailed, |(kind, _)| *kind)
    }

    /// What happened, and what to do about it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidName => ("the name is not valid", ""),
            Self::InvalidMessage => ("the message cannot be sent", ""),
            Self::AlreadyRegistered => {
                ("the id is taken", "choose another id, or unregister the participant")
            }
            Self::NoSuchParticipant => ("there is no such participant", "register it, or check the id"),
            Self::MailboxFull => ("the mailbox is full", "send later, or give it more room"),
            Self::DeadlineExceeded => ("the deadline passed", "allow more time, or look why it takes longer"),
            Self::HandlerFailed => ("the handler failed", ""),
            Self::HandlerPanicked => ("the handler panicked", "this is a mistake in the participant"),
            Self::Unregistered => {
                ("the participant left before it came to the message", "send it to another")
            }
            Self::HopLimit => ("the message went through too many hubs", "look for a loop of bridges"),
            Self::ShutDown => ("the hub is shut down", "send in a hub that runs"),
            Self::TransportFailed => {
                ("the transport took no message", "send again, or as a message that must arrive")
            }
            Self::StoreFailed => ("the store of messages that must arrive failed", "see its error"),
            Self::OutboxFull => ("too many messages wait to arrive", "send later"),
        }
    }
}

/// A message, a registration or a subscription that did not go well.
///
/// The text never holds the body or the headers of a message; it may hold the text of a handler's error.
#[derive(Debug)]
pub struct HubError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: HubErrorKind,
    /// Who or what it is about.
    about: Option<Box<str>>,
    message: Option<MessageId>,
    detail: Option<Box<str>>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl HubError {
    pub(super) fn new(kind: HubErrorKind) -> Self {
        Self { inner: Box::new(Inner { kind, about: None, message: None, detail: None, source: None }) }
    }

    pub(super) fn about(mut self, about: impl fmt::Display) -> Self {
        self.inner.about = Some(about.to_string().into());
        self
    }

    pub(super) fn of_message(mut self, id: MessageId) -> Self {
        self.inner.message = Some(id);
        self
    }

    pub(super) fn with_detail(mut self, detail: impl Into<Box<str>>) -> Self {
        self.inner.detail = Some(detail.into());
        self
    }

    pub(super) fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> HubErrorKind {
        self.inner.kind
    }

    /// The participant, subject or pattern that it is about, if it is about one.
    #[must_use]
    pub fn about_whom(&self) -> Option<&str> {
        self.inner.about.as_deref()
    }

    /// More than the kind says: the text of a handler's error or panic.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.inner.detail.as_deref()
    }
}

impl fmt::Display for HubError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, about, detail, source, .. } = &*self.inner;
        if let Some(about) = about {
            write!(f, "`{about}`: ")?;
        }
        let (what, hint) = kind.words();
        f.write_str(what)?;
        if let Some(detail) = detail {
            write!(f, ": {detail}")?;
        } else if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        if hint.is_empty() { Ok(()) } else { write!(f, "; {hint}") }
    }
}

impl Error for HubError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_ref().map(|source| &**source as _)
    }
}

impl From<NameError> for HubError {
    fn from(error: NameError) -> Self {
        Self::new(HubErrorKind::InvalidName).with_source(error)
    }
}

/// Why nobody dealt with a message, and what there is to say about it.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) reason: DeadLetterReason,
    /// The kind that whoever asked is told.
    pub(super) kind: HubErrorKind,
    pub(super) detail: Option<Box<str>>,
}

impl Failure {
    pub(super) fn of(reason: DeadLetterReason) -> Self {
        Self { reason, kind: reason.error(), detail: None }
    }

    /// An error that a handler returned. One of a hub keeps its kind, so that a bridge hides nothing.
    pub(super) fn of_handler(error: &(dyn Error + Send + Sync + 'static)) -> Self {
        let detail = Some(error.to_string().into());
        let reason = DeadLetterReason::HandlerFailed;
        let Some(error) = error.downcast_ref::<HubError>() else {
            return Self { reason, kind: reason.error(), detail };
        };
        Self { reason, kind: error.kind(), detail: error.detail().map(Into::into) }
    }

    pub(super) fn of_panic(panic: &(dyn std::any::Any + Send)) -> Self {
        let detail = crate::panics::text(panic).map(|text| text.chars().take(500).collect());
        Self { detail, ..Self::of(DeadLetterReason::HandlerPanicked) }
    }

    pub(super) fn into_error(self, about: impl fmt::Display, id: MessageId) -> HubError {
        let error = HubError::new(self.kind).about(about).of_message(id);
        match self.detail {
            Some(detail) => error.with_detail(detail),
            None => error,
        }
    }
}
