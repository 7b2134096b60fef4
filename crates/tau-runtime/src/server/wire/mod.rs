//! Between the kernel's types and the messages of the interface, one file for each `.proto`. Pure: nothing here waits, looks
//! anything up or knows a session.
//!
//! A function that is named after a thing gives the message; one that begins with `read_` takes a message apart and says
//! which field is wrong. What a newer kernel has and the interface does not becomes unspecified or is left unset, as the
//! comments of the `.proto` files say; what a newer caller sends and this version does not know is refused, because
//! leaving it out would do something else than was asked.
//!
//! The rules that stand at the fields were checked before; what is checked here is what a rule cannot say, and whatever
//! else a value of the kernel cannot hold.

mod admin_service;
mod answer;
mod config;
mod content;
mod context;
mod delta;
mod error;
mod event;
mod hook;
mod message;
mod names;
mod outcome;
mod runtime_run;
mod runtime_session;
mod selector;
mod session;
mod session_config;
mod session_event;
#[cfg(test)]
mod tests;
mod tool;
mod usage;
mod well_known;

pub(crate) use admin_service::hook_status;
pub(crate) use answer::{Reply, read_answer};
pub(crate) use config::resolved_config;
pub(crate) use context::{
    Entry, History, Reference, Start, context_report, file, quotation, read_bootstrap, read_entries,
};
pub(crate) use delta::delta;
pub(crate) use error::WireError;
pub(crate) use message::message;
pub(crate) use outcome::run_outcome;
pub(crate) use runtime_run::{CancelTarget, read_cancel_target};
pub(crate) use runtime_session::{read_claim, read_revival};
pub(crate) use selector::Selector;
pub(crate) use session::{Liveness, pending_request, session};
pub(crate) use session_config::{Asked, RESERVED, read_session_config};
pub(crate) use session_event::event;
pub(crate) use usage::spending;
pub(crate) use well_known::{duration, read_duration, read_timestamp, timestamp};
