//! Panics of handlers as errors of the call.

use std::any::Any;

use connectrpc::ConnectError;
use uuid::Uuid;

use crate::server::failure::Failure;
use crate::server::reason::Reason;

/// What a caller is told of a panic, and what the log is.
pub(super) fn failure(panic: &(dyn Any + Send)) -> ConnectError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let incident = Uuid::now_v7();
    tracing::error!(%incident, panic = text.unwrap_or("not a text"), "a handler panicked");
    Failure::new(Reason::Internal, format!("an internal error, incident {incident}"))
        .hint("report it with the incident; the server's log has the cause")
        .fact("incident", incident)
        .into()
}
