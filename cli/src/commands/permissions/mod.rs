//! `tau permissions`: what the rules say of calls.

mod check;
mod explain;
mod question;

pub(crate) use check::{Answer, check};
pub(crate) use explain::explain;
