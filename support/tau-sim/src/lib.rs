//! The kernel under simulation: whole trees of sessions from a seed, with everything that can go wrong, judged after
//! every step by a second opinion.
//!
//! # Why it exists
//!
//! The kernel promises what agents in use do not keep: that no acknowledged word is lost, no tool runs twice, no
//! history is torn, nothing goes on after a cancel, whatever crashes when. A test names one order of things; the
//! orders that break such promises are those nobody thought of. So they are drawn at random, a million at a time, and
//! each is checked against the promises, which are written down once more here, in code that shares nothing with the
//! kernel's.
//!
//! # How
//!
//! A seed gives a [`Script`]: a configuration and operations (a reply with calls, an answer, a crash that keeps three
//! events of what was not acknowledged, ...). The world performs it: it holds the sessions, their journals behind
//! gates, the tools and the people, and it remembers what really happened, whatever a journal says after a crash.
//! Nothing but the script is random, so a script that breaks a promise can be [cut down](shrink) and run again.
//!
//! A simulation proves nothing about what it never meets, so it counts what it [met](Coverage); and checks that never
//! fail prove nothing, so a list of [deliberate mistakes](Bug) is laid around the kernel, each of which must be caught.
//!
//! # What it does not do
//!
//! It drives the kernel and not the driver: no I/O, no clock, no threads inside a seed.
//!
//! # Map
//!
//! | item | is |
//! |---|---|
//! | [`generate`], [`Script`] | a seed made into operations |
//! | [`simulate`], [`Outcome`] | a script performed |
//! | [`Invariant`], [`Violation`] | what must hold, and how it did not |
//! | [`shrink`] | a short script in place of a long one |
//! | [`run`], [`Campaign`] | many seeds on all cores |
//! | [`Bug`] | deliberate mistakes |
//!
//! # Example
//!
//! ```
//! use tau_sim::{Trace, generate, simulate};
//!
//! let outcome = simulate(&generate(1), None, Trace::Off);
//! assert_eq!(outcome.violation, None);
//! ```

mod audit;
mod bugs;
mod campaign;
mod config;
mod coverage;
mod generate;
mod invariant;
mod journal;
mod kernel;
mod random;
mod script;
mod shrink;
mod simulate;
mod world;

pub use bugs::Bug;
pub use campaign::{Campaign, run};
pub use coverage::Coverage;
pub use generate::generate;
pub use invariant::{Invariant, Violation};
pub use script::Script;
pub use shrink::shrink;
pub(crate) use world::POINTS;

pub use simulate::{Outcome, Trace, simulate};
