//! Why calls fail: the stable names, and the code that each goes under. The table of `error.proto` is the same.

use std::time::Duration;

use connectrpc::ErrorCode;

/// Makes the reasons and their table in one place, so that none can be missing from it.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $code:ident;)*) => {
        /// The stable name of what went wrong.
        // tidy: enum-variants: one for each row of the table in error.proto.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name, as programs compare it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The code that it goes under.
            #[must_use]
            pub const fn code(self) -> ErrorCode {
                match self { $(Self::$name => ErrorCode::$code,)* }
            }
        }
    };
}

reasons! {
    /// A field breaks its rule.
    InvalidRequest = "invalid_request", InvalidArgument;
    /// Not the encoding, too deep, or bad UTF-8.
    Malformed = "malformed", InvalidArgument;
    /// No credential, or one that is not accepted.
    Unauthenticated = "unauthenticated", Unauthenticated;
    /// The caller may not do this.
    NotPermitted = "not_permitted", PermissionDenied;
    /// The `Origin` or `Host` header is not on the list.
    OriginNotAllowed = "origin_not_allowed", PermissionDenied;
    /// The deadline passed.
    DeadlineExceeded = "deadline_exceeded", DeadlineExceeded;
    /// A message is over the limit.
    MessageTooLarge = "message_too_large", ResourceExhausted;
    /// Too many calls or streams.
    Overloaded = "overloaded", ResourceExhausted;
    /// The server takes no new work.
    Draining = "draining", Unavailable;
    /// This server does not offer the call.
    NotImplemented = "not_implemented", Unimplemented;
    /// A bug.
    Internal = "internal", Internal;
    /// No session of this id.
    SessionNotFound = "session_not_found", NotFound;
    /// A session of this id is there already.
    SessionExists = "session_exists", AlreadyExists;
    /// The session has no writer here.
    NotLive = "not_live", FailedPrecondition;
    /// The session takes nothing more.
    SessionClosed = "session_closed", FailedPrecondition;
    /// A run is on.
    SessionBusy = "session_busy", FailedPrecondition;
    /// Another writer has the session.
    SessionInUse = "session_in_use", Aborted;
    /// A newer writer took the session over.
    EpochSuperseded = "epoch_superseded", Aborted;
    /// The session went on since.
    StaleSeq = "stale_seq", Aborted;
    /// The key was used with another request.
    IdempotencyKeyReused = "idempotency_key_reused", AlreadyExists;
    /// The call waits for no such answer.
    NotWaiting = "not_waiting", FailedPrecondition;
    /// It is not on.
    NothingToCancel = "nothing_to_cancel", FailedPrecondition;
    /// Nothing is attached that can open sessions.
    NothingToResume = "nothing_to_resume", FailedPrecondition;
    /// The session has no such event.
    NoSuchPlace = "no_such_place", OutOfRange;
    /// Nothing, blanks alone, or what no person says.
    InvalidContent = "invalid_content", InvalidArgument;
    /// The text is no JSON.
    InvalidJson = "invalid_json", InvalidArgument;
    /// The messages or events are no history.
    InvalidHistory = "invalid_history", InvalidArgument;
    /// A newer vocabulary wrote the events.
    NewerVersion = "newer_version", FailedPrecondition;
    /// There is no such agent.
    UnknownAgent = "unknown_agent", NotFound;
    /// There is no such file.
    FileNotFound = "file_not_found", NotFound;
    /// There is no such model.
    UnknownModel = "unknown_model", InvalidArgument;
    /// There is no such tool.
    UnknownTool = "unknown_tool", InvalidArgument;
    /// There is no such kind of event.
    UnknownEventKind = "unknown_event_kind", InvalidArgument;
    /// The token is of no page.
    InvalidPageToken = "invalid_page_token", InvalidArgument;
    /// The configuration is wrong.
    InvalidConfig = "invalid_config", InvalidArgument;
    /// The policy allows no such environment.
    EnvironmentNotAllowed = "environment_not_allowed", PermissionDenied;
    /// The policy does not allow the permission mode.
    PermissionModeNotAllowed = "permission_mode_not_allowed", PermissionDenied;
    /// The policy does not allow an option.
    OptionNotAllowed = "option_not_allowed", PermissionDenied;
    /// A path leads out of the environment.
    OutsideEnvironment = "outside_environment", PermissionDenied;
    /// The caller may not attach in this role.
    RoleNotAllowed = "role_not_allowed", PermissionDenied;
    /// The model cannot read this.
    ContextNotSupported = "context_not_supported", FailedPrecondition;
    /// The provider is not attached.
    ProviderNotAttached = "provider_not_attached", FailedPrecondition;
    /// So many sessions are live that no more may be.
    TooManySessions = "too_many_sessions", ResourceExhausted;
    /// So many runs wait that no more may.
    TooManyQueued = "too_many_queued", ResourceExhausted;
    /// The subscriber does not keep up.
    SubscriberTooSlow = "subscriber_too_slow", ResourceExhausted;
    /// Too few journals took the events in time.
    JournalLost = "journal_lost", Unavailable;
    /// The environment is not attached any more.
    EnvironmentLost = "environment_lost", Unavailable;
    /// A newer writer owns the session.
    JournalFenced = "journal_fenced", Aborted;
    /// The journal holds other events.
    JournalConflict = "journal_conflict", Aborted;
    /// The chain of hashes is broken.
    JournalHashMismatch = "journal_hash_mismatch", DataLoss;
    /// The journal lost what it had stored.
    JournalHistoryLost = "journal_history_lost", DataLoss;
    /// The journal cannot be written.
    JournalReadOnly = "journal_read_only", FailedPrecondition;
    /// An event is larger than the journal stores.
    JournalTooLarge = "journal_too_large", FailedPrecondition;
    /// The journal takes an event for invalid.
    JournalInvalid = "journal_invalid", FailedPrecondition;
    /// The journal refused and did not say why.
    JournalRefused = "journal_refused", FailedPrecondition;
    /// A message that the protocol of `Attach` does not allow.
    ProtocolViolation = "protocol_violation", InvalidArgument;
    /// The same client attached again.
    AttachmentReplaced = "attachment_replaced", Aborted;
    /// The extension fell silent.
    AttachmentLost = "attachment_lost", DeadlineExceeded;
}

impl Reason {
    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        self.retry_after().is_some()
    }

    /// When the same request is worth another try, where one is. The first two pass with what others do at the moment; for
    /// the rest something has to come back.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Overloaded | Self::SubscriberTooSlow => Some(Duration::from_secs(1)),
            Self::Draining
            | Self::TooManySessions
            | Self::TooManyQueued
            | Self::JournalLost
            | Self::EnvironmentLost
            | Self::SessionInUse => Some(Duration::from_secs(5)),
            _ => None,
        }
    }
}
