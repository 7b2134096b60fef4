//! The sandbox of Linux: the host's side, the init inside, and what they say to each other.

mod host;
mod init;
mod sys;
mod wire;

pub(crate) use host::{Live, Running};
pub(crate) use init::enter_if_helper;
