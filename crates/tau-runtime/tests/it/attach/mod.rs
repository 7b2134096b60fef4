//! Extensions that attach: who may, what they are asked, and what becomes of that when they break off.

pub(crate) mod environment;
mod hello;
pub(crate) mod hooks;
mod many;
mod reattach;
#[cfg(feature = "server")]
mod responder;
pub(crate) mod support;
mod tools;
