//! What calls stream: sessions as they happen, encoded once for all who follow them.

mod many;
mod recent;
mod records;
mod run;
mod session;
mod shared;
mod stalled;

pub(crate) use many::{End, Subscription};
pub(crate) use recent::Recents;
pub(crate) use run::RunStream;
pub(crate) use session::Wanted;
pub(crate) use shared::Out;
pub(crate) use stalled::Stalls;
