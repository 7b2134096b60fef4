//! Errors of a server, as people read them.

use miette::Report;
use tau_client::{Error, ErrorKind};

use crate::exit::UsageError;
use crate::store::in_use_by;

/// An error of a call. What is wrong with what was asked is a mistake of whoever asked, as everywhere.
pub(crate) fn failed(error: Error) -> Report {
    if let Some(refusal) = error.refusal().filter(|refusal| !refusal.owner.is_empty()) {
        return miette::miette!("{} [{}]", in_use_by(&refusal.owner), refusal.reason);
    }
    let (what, hint) = (error.what(), error.hint().to_owned());
    let code = error.refusal().map_or("", |refusal| refusal.code);
    let text = match error.reason() {
        "" => what,
        reason => format!("{what} [{reason}]"),
    };
    let is_usage = error.kind() == ErrorKind::Refused
        && matches!(code, "invalid_argument" | "not_found" | "out_of_range" | "already_exists");
    match (is_usage, hint.as_str()) {
        (true, "") => UsageError { message: text, help: None }.into(),
        (true, _) => UsageError::new(text, hint).into(),
        (false, "") => miette::miette!("{text}"),
        (false, _) => miette::miette!(help = hint, "{text}"),
    }
}
