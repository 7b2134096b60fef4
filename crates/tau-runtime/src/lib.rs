//! An agent runtime built like an operating-system kernel: a pure state machine that decides, and a driver
//! that does.
//!
//! # Why it exists
//!
//! An agent's loop is easy to write and hard to trust. Written as a function that awaits models and tools, its
//! state is wherever the function happens to be, so a crash loses it, a cancel tears a call from its result, and
//! nothing can be tested but by running it. Here the loop is a value:
//!
//! - [`kernel::decide`] takes a state and an input and says which events happen and which effects they call
//!   for. It does no I/O, reads no clock, draws no randomness and is not async.
//! - [`kernel::State::apply`] takes one event into the state. The state *is* the fold of the journal.
//! - The [driver](Session) does all I/O: it applies the events, hands them to the [journals], and starts the effects
//!   only when as many journals as the session [requires](Durability) hold them. Until then nobody is told of them
//!   either, so nothing that was seen or done can be undone by a crash.
//!
//! What streams while a model or a tool works (words, output) goes from the driver to subscribers without
//! passing the kernel, and is never journaled.
//!
//! # What it does not do
//!
//! It stores nothing, knows no identity, and names no extension: those are programs that connect to it. Durability is
//! a [gate](kernel::gate) here and not a database: who the journals are and how they store, it does not know. Without
//! one, a session lives and ends in memory.
//!
//! # Map
//!
//! | item | is |
//! |---|---|
//! | [`kernel`] | the state machine, one file for each operation |
//! | [`kernel::gate`] | the rule by which effects wait for acknowledgements |
//! | [`journals`] | where sessions append, and what journals are sent of it |
//! | [`attach`] | where extensions attach, in every role, and what they are asked |
//! | [`hooks`] | whoever decides at points of the loop |
//! | [`runtime`] | the sessions of a process: made, found, taken up, copied and let go |
//! | `server`, with the feature of that name | the interface: all of it over Connect, gRPC and gRPC-Web |
//! | [`Session`], [`Handle`], [`Subscription`] | the driver of one session, and the two ways to reach it |
//! | [`loop_tools`] | the tools that the loop answers itself: asking a person, planning, subagents |
//! | [`SystemPrompt`] | instructions, memory and skills made into what the model is told first |
//!
//! # Example
//!
//! ```
//! use tau_core::{ContentBlock, RunId, event::SessionConfig};
//! use tau_runtime::kernel::{Effect, Input, State, decide};
//!
//! let mut state = State::default();
//! let created = decide(&state, Input::Create(Box::new(SessionConfig::new("local/qwen3")))).unwrap();
//! created.events.iter().for_each(|event| state.apply(event));
//!
//! let run = RunId::from_u128(1);
//! let prompt = Input::Prompt { run, content: vec![ContentBlock::text("Hi")] };
//! let decision = decide(&state, prompt).unwrap();
//! assert_eq!(decision.effects, [Effect::CallModel { run, turn: 1 }]);
//! ```

pub mod attach;
pub mod hooks;
pub mod journals;
pub mod kernel;
pub mod loop_tools;

pub mod runtime;
#[cfg(feature = "server")]
pub mod server;

mod driver;
mod names;
mod system_prompt;

pub use driver::{
    Delta, Durability, ForkError, Handle, HandleError, Head, Observer, OpenError, OpenedSession, Past,
    PastBuilder, ResumeError, Session, SessionEnd, SessionError, SessionErrorKind, SessionOpener,
    SessionOptions, Subscription, Update,
};
pub use journals::Journals;
pub use system_prompt::SystemPrompt;
