//! Hooks that extensions decide.

mod provider;
mod remote;
mod wire;

pub(super) use provider::{HooksProvider, read};
pub(super) use remote::AttachedHooks;
