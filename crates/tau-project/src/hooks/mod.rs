//! Hooks of settings: commands and servers that are asked at points of the loop, by the protocol of Claude Code.
//!
//! [`HookDeclaration`] is one handler as settings declare it, [`ProjectHooks`] all of a session, as the port of the runtime
//! wants them. The protocol (JSON on standard input; exit codes 0, 2 and others; JSON on standard output) is that of its
//! documentation of August 2026.
//!
//! # How several become one decision
//!
//! All handlers that match are asked at the same time, each of the same content once. Deny goes before ask, ask before
//! allow; of several changes the last declared one counts. Handlers with `on_failure: "block"`, which only this runtime
//! knows, are guards: they are asked behind the others, about what those made of the call, and a guard that does not
//! answer denies.
//!
//! # What it does not do
//!
//! It does not decide whether a handler may run: it is given those that may. Handlers run as the user, outside any sandbox.
//! What hooks allow, permission rules can still deny; that is the kernel's to see to.

mod answer;
mod condition;
mod declare;
mod event;
#[cfg(feature = "http")]
mod http;
mod inputs;
mod matcher;
mod names;
mod payload;
mod process;
mod project_hooks;
mod rounds;
mod stops;

pub(crate) use declare::parse;
pub use declare::{CommandHandler, HandlerKind, HookDeclaration, HttpHandler};
pub use event::HookEvent;
pub(crate) use inputs::files_of_patch;
pub use matcher::Matcher;
pub use project_hooks::{HookHost, HookNotice, ProjectHooks, ShowNotice};
