//! What is told of an operation without an answer.

use std::fmt;

use tau_core::HumanDuration;
use tau_proto::runtime::v1::CallFailureKind;
use tau_tools::environment::EnvironmentErrorKind::{Io, Lost, Unsupported};
use tau_tools::environment::{EnvironmentError, EnvironmentErrorKind};

use super::Shared;
use super::operation::Again;
use crate::attach::call::CallError;

/// The longest message of an extension that is passed on, in characters.
const MAX_MESSAGE: usize = 1_000;

/// The error, as a model reads it.
pub(super) fn failed(
    environment: &Shared,
    subject: &(dyn fmt::Display + Sync),
    error: &CallError,
    again: Again,
) -> EnvironmentError {
    let provider = &environment.provider;
    let grace = HumanDuration::from(environment.grace);
    let doubt = doubt(again);
    let (kind, problem) = match error {
        CallError::Busy => (Io, "the same operation is under way".to_owned()),
        CallError::NoProvider => {
            (Lost, format!("`{provider}`, which gives it, was not there within {grace}. Nothing was done."))
        }
        CallError::Lost => (
            Lost,
            format!("`{provider}`, which gives it, went away and did not come back within {grace}. {doubt}"),
        ),
        CallError::TimedOut => (Io, format!("it took too long. {doubt}")),
        CallError::Failed { kind, message } => reported(provider, *kind, message, doubt),
    };
    let lost = if kind == Lost { "the environment was lost (environment_lost): " } else { "" };
    EnvironmentError::new(kind, subject, format!("{lost}{problem}"))
}

/// What the extension itself says of it.
fn reported(
    provider: &str,
    kind: CallFailureKind,
    message: &str,
    doubt: &str,
) -> (EnvironmentErrorKind, String) {
    let message: String = message.chars().take(MAX_MESSAGE).collect();
    let said = if message.is_empty() { message } else { format!(" ({message})") };
    match kind {
        CallFailureKind::NotHeld => {
            let problem =
                format!("`{provider}`, which gives it, was restarted and does not know the operation.");
            (Lost, format!("{problem} {doubt}"))
        }
        CallFailureKind::Fenced => (Lost, "the session went on elsewhere. Nothing was done.".to_owned()),
        CallFailureKind::Unavailable => {
            (Io, format!("`{provider}` cannot do it now{said}. Nothing was done."))
        }
        CallFailureKind::Unsupported => {
            (Unsupported, format!("`{provider}` does not offer this{said}. Nothing was done."))
        }
        CallFailureKind::Cancelled => (Io, format!("it was cancelled{said}. {doubt}")),
        CallFailureKind::TimedOut => (Io, format!("it took too long{said}. {doubt}")),
        CallFailureKind::Internal | CallFailureKind::Unspecified => {
            (Io, format!("`{provider}` failed{said}. {doubt}"))
        }
    }
}

/// What is to be made of an operation that may have been carried out.
const fn doubt(again: Again) -> &'static str {
    match again {
        Again::Freely => "It changes nothing, so it may be done again.",
        Again::Never => "It may have been done, in part or not at all; look before you do it again.",
    }
}
