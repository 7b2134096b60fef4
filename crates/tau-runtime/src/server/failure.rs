//! From what went wrong here to what a caller is told.

use connectrpc::{ConnectError, ErrorDetail};
use protovalidate_buffa::{Validate, ValidationError};
use tau_core::SessionId;
use tau_core::event::Seq;
use tau_proto::buffa::MessageName;
use tau_proto::google::rpc::{BadRequest, ResourceInfo, RetryInfo, bad_request};
use tau_proto::runtime::v1 as wire;

use super::reason::Reason;
use super::wire::{WireError, duration};
use crate::attach::ProvideError;
use crate::driver::{HandleError, ResumeError, SessionErrorKind};
use crate::kernel::Rejection;
use crate::kernel::gate::StopReason;
use crate::runtime::{FactoryErrorKind, RuntimeError, StoreErrorKind};

/// What to do where an extension is not there.
pub(super) const ATTACH_FIRST: &str = "attach the extension first, or choose another environment";

/// A call that failed, before it becomes an answer of any protocol.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    reason: Reason,
    message: String,
    hint: String,
    metadata: Vec<(&'static str, String)>,
    details: Vec<ErrorDetail>,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        let (hint, metadata, details) = (String::new(), Vec::new(), Vec::new());
        Self { reason, message: message.into(), hint, metadata, details }
    }

    pub(crate) const fn reason(&self) -> Reason {
        self.reason
    }

    /// What to do.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A fact by name.
    pub(crate) fn fact(mut self, name: &'static str, value: impl ToString) -> Self {
        self.metadata.push((name, value.to_string()));
        self
    }

    /// A typed specific.
    fn detail<M: tau_proto::buffa::Message + MessageName>(mut self, message: &M) -> Self {
        self.details.push(ErrorDetail::from_message(M::FULL_NAME, message));
        self
    }

    /// That there is no such session.
    pub(crate) fn not_found(session: SessionId) -> Self {
        Self::new(Reason::SessionNotFound, format!("there is no session {session}"))
            .detail(&resource(session))
    }

    /// That a call waits for no such answer.
    pub(crate) fn not_waiting(session: SessionId, call_id: &str, answered: Seq) -> Self {
        let detail = wire::NotWaitingDetail {
            session_id: session.to_string(),
            call_id: call_id.to_owned(),
            answered_seq: answered.0,
            ..Default::default()
        };
        let message = format!("call {call_id} does not wait for this answer");
        Self::new(Reason::NotWaiting, message).detail(&detail)
    }

    /// The error as streams tell it within a message.
    pub(crate) fn to_detail(&self) -> wire::ErrorDetail {
        wire::ErrorDetail {
            reason: self.reason.name().to_owned(),
            hint: self.hint.clone(),

            is_retryable: self.reason.is_retryable(),
            metadata: self.metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            ..Default::default()
        }
    }

    /// What went wrong in a session.
    pub(crate) fn of_handle(session: SessionId, error: &HandleError) -> Self {
        match error {
            HandleError::Rejected(rejection) => Self::of_rejection(session, rejection),
            HandleError::Moved { .. } => Self::of_change(session, None, error),
            HandleError::Ended => Self::new(Reason::NotLive, format!("session {session} has ended here"))
                .hint("resume it first"),
            HandleError::Failed(kind) => Self::of_session_error(*kind),
        }
    }

    /// What went wrong with a change that was right only at a place.
    pub(crate) fn of_change(session: SessionId, expected: Option<u64>, error: &HandleError) -> Self {
        let HandleError::Moved { head } = error else { return Self::of_handle(session, error) };
        let detail = wire::StaleSeqDetail {
            session_id: session.to_string(),
            expected_seq: expected.unwrap_or_default(),
            head_seq: head.0,
            ..Default::default()
        };
        Self::new(Reason::StaleSeq, error.to_string()).detail(&detail)
    }

    fn of_rejection(session: SessionId, rejection: &Rejection) -> Self {
        let reason = match rejection {
            Rejection::NotOpen => Reason::SessionClosed,
            Rejection::AlreadyCreated => Reason::SessionExists,
            Rejection::AlreadyBegun | Rejection::InvalidConversation(_) => Reason::InvalidHistory,
            Rejection::DuplicateRun(_) => Reason::IdempotencyKeyReused,
            Rejection::InvalidContent => Reason::InvalidContent,
            Rejection::NotWaiting(call) => return Self::not_waiting(session, call.as_str(), Seq::default()),
            Rejection::NoSuchPlace(_) => Reason::NoSuchPlace,
            Rejection::NothingToCancel | Rejection::Stale => Reason::NothingToCancel,
        };
        Self::new(reason, rejection.to_string())
    }

    /// Why a session stopped.
    pub(crate) fn of_session_error(kind: SessionErrorKind) -> Self {
        let reason = match kind {
            SessionErrorKind::JournalLost => Reason::JournalLost,
            SessionErrorKind::Refused(stop) => match stop {
                StopReason::Fenced => Reason::JournalFenced,
                StopReason::Conflict => Reason::JournalConflict,
                StopReason::HashMismatch => Reason::JournalHashMismatch,
                StopReason::HistoryLost => Reason::JournalHistoryLost,
                StopReason::ReadOnly => Reason::JournalReadOnly,
                StopReason::TooLarge => Reason::JournalTooLarge,
                StopReason::Invalid => Reason::JournalInvalid,
                StopReason::Unspecified => Reason::JournalRefused,
            },
        };
        // What happened, and what to do.
        let words = kind.to_string();
        let (what, hint) = words.split_once("; ").unwrap_or((&words, ""));
        Self::new(reason, what).hint(hint)
    }
}

impl From<RuntimeError> for Failure {
    fn from(error: RuntimeError) -> Self {
        let message = error.to_string();
        match error {
            RuntimeError::NotFound(session) => Self::not_found(session),
            RuntimeError::NotLive(_) => Self::new(Reason::NotLive, message).hint("call Resume first"),
            RuntimeError::Exists(session) => {
                Self::new(Reason::SessionExists, message).detail(&resource(session))
            }
            RuntimeError::Closed(_) => Self::new(Reason::SessionClosed, message).hint("call Fork for a copy"),
            RuntimeError::TooManySessions { limit } => {
                Self::new(Reason::TooManySessions, message).fact("limit", limit)
            }
            RuntimeError::Draining => Self::new(Reason::Draining, message),
            RuntimeError::NoStore(_) => Self::new(Reason::NothingToResume, message)
                .hint("attach a journal that can open sessions, or give the events to CreateSession"),
            RuntimeError::Factory(error) => {
                Self::new(of_factory(error.kind()), message).hint(error.hint().to_owned())
            }
            RuntimeError::Environment(error) => match &*error {
                ProvideError::NotAttached(_) => {
                    Self::new(Reason::ProviderNotAttached, message).hint(ATTACH_FIRST)
                }
                ProvideError::Failed { .. } => Self::new(Reason::EnvironmentLost, message),
            },
            RuntimeError::InUse { session, error } => {
                let (session_id, owner) = (session.to_string(), error.holder().to_owned());
                let detail = wire::ConflictDetail { session_id, owner, ..Default::default() };
                Self::new(Reason::SessionInUse, message).detail(&detail)
            }
            RuntimeError::Store(error) => Self::new(of_store(error.kind()), message),
            RuntimeError::Open(_) => Self::new(Reason::JournalRefused, message),
            RuntimeError::Events(ResumeError::OldEpoch { newest, .. }) => {
                let detail = wire::ConflictDetail { epoch: newest, ..Default::default() };
                Self::new(Reason::EpochSuperseded, message).detail(&detail)
            }
            RuntimeError::Events(_) => Self::new(Reason::InvalidHistory, message),
            RuntimeError::Session(session, error) => Self::of_handle(session, &error),
            RuntimeError::Stopped(error) => Self::of_session_error(error.kind()),
        }
    }
}

const fn of_factory(kind: FactoryErrorKind) -> Reason {
    match kind {
        FactoryErrorKind::UnknownAgent => Reason::UnknownAgent,
        FactoryErrorKind::UnknownModel => Reason::UnknownModel,
        FactoryErrorKind::UnknownTool => Reason::UnknownTool,
        FactoryErrorKind::InvalidConfig | FactoryErrorKind::Unavailable => Reason::InvalidConfig,
        FactoryErrorKind::EnvironmentNotAllowed => Reason::EnvironmentNotAllowed,
        FactoryErrorKind::PermissionModeNotAllowed => Reason::PermissionModeNotAllowed,
        FactoryErrorKind::OptionNotAllowed => Reason::OptionNotAllowed,
    }
}

const fn of_store(kind: StoreErrorKind) -> Reason {
    match kind {
        StoreErrorKind::NotFound | StoreErrorKind::Deleted => Reason::SessionNotFound,
        StoreErrorKind::InUse => Reason::SessionInUse,
        StoreErrorKind::Damaged => Reason::JournalHistoryLost,
        StoreErrorKind::NewerVersion => Reason::NewerVersion,
        StoreErrorKind::Unavailable => Reason::JournalLost,
        StoreErrorKind::ReadOnly => Reason::JournalReadOnly,
    }
}

fn resource(session: SessionId) -> ResourceInfo {
    ResourceInfo {
        resource_type: "tau.runtime.v1.Session".to_owned(),
        resource_name: session.to_string(),
        ..Default::default()
    }
}

impl From<Failure> for ConnectError {
    fn from(failure: Failure) -> Self {
        let detail = ErrorDetail::from_message(wire::ErrorDetail::FULL_NAME, &failure.to_detail());
        let Failure { reason, message, details, .. } = failure;
        let error = Self::new(reason.code(), message).with_detail(detail);
        let error = match reason.retry_after() {
            Some(delay) => {
                let retry = RetryInfo { retry_delay: Some(duration(delay)).into(), ..Default::default() };
                error.with_detail(ErrorDetail::from_message(RetryInfo::FULL_NAME, &retry))
            }
            None => error,
        };
        details.into_iter().fold(error, Self::with_detail)
    }
}

/// The request, once its rules hold.
pub(crate) fn check<M: Validate>(message: M) -> Result<M, Failure> {
    match message.validate() {
        Ok(()) => Ok(message),
        Err(error) => Err(broken_rules(&error)),
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        let violation = bad_request::FieldViolation {
            field: error.field().to_owned(),
            description: error.problem().to_owned(),
            reason: error.reason().name().to_owned(),
            ..Default::default()
        };
        let detail = BadRequest { field_violations: vec![violation], ..Default::default() };
        Self::new(error.reason(), error.to_string()).detail(&detail)
    }
}

fn broken_rules(error: &ValidationError) -> Failure {
    let field_violations: Vec<bad_request::FieldViolation> = error
        .violations
        .iter()
        .map(|violation| bad_request::FieldViolation {
            field: violation.field.to_string(),
            description: violation.message.to_string(),
            reason: violation.rule_id.to_string(),
            ..Default::default()
        })
        .collect();
    let first = field_violations.first();
    let message = first.map_or_else(
        || "the request breaks the rules of its fields".to_owned(),
        |first| format!("{}: {}", first.field, first.description),
    );
    Failure::new(Reason::InvalidRequest, message)
        .detail(&BadRequest { field_violations, ..Default::default() })
}

#[cfg(test)]
mod tests {
    use connectrpc::ConnectError;
    use tau_proto::buffa::MessageName;
    use tau_proto::google::rpc::RetryInfo;

    use super::{Failure, Reason};

    #[test]
    fn whoever_may_try_again_is_told_when() {
        for reason in Reason::ALL {
            let error = ConnectError::from(Failure::new(*reason, "so it is"));
            let says_when =
                error.details.iter().any(|detail| detail.type_url.ends_with(RetryInfo::FULL_NAME));
            assert_eq!(says_when, reason.is_retryable(), "{reason:?}");
        }
    }
}
