//! Coordination of agents: work that people plan, as opposed to the work a model plans for itself.
//!
//! An agentic loop lets a model decide what happens next. Often that is already known: three reviews run side by side,
//! a report is refined in fixed steps, a request goes to one of four desks. This crate has those shapes as ordinary
//! async Rust: a step is a function that returns a future, so it may call a model, drive a whole agent session, run
//! another workflow, or do none of these. What the shapes add to a hand-written loop is what is easily got wrong there:
//! bounded concurrency with the order kept, a cancelled run that leaves no task behind, a panic that takes only its own
//! item along, errors that hand back the work already paid for, and one vocabulary of progress events.
//!
//! # Example
//!
//! Three drafts are reviewed at the same time, the verdicts are folded into one report, and the report picks who gets
//! it.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use tau_orchestrate::observe;
//! use tau_orchestrate::workflow::{Chain, Conditional, Parallel};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let progress = observe::from_fn(|event| println!("{event}"));
//!
//! let reviews = Parallel::new("review")
//!     .with_observer(progress)
//!     .fail_fast(["short", "quite long", "ok"], async |draft| Ok::<_, Infallible>(draft.len()))
//!     .await?;
//! assert_eq!(reviews, [5, 10, 2]); // the order of the drafts, whichever was done first
//!
//! let report = Chain::new("report")
//!     .run(0, reviews, async |sum, length| Ok::<_, Infallible>(sum + length))
//!     .await?;
//! assert_eq!((report.state, report.steps), (17, 3));
//!
//! let desk = Conditional::builder("desk")
//!     .route_when("editor", |length| *length > 10, async |length| {
//!         Ok::<_, Infallible>(format!("cut {}", length - 10))
//!     })
//!     .default_route(async |_| Ok("print".to_owned()))
//!     .build()?;
//! assert_eq!(desk.run(report.state).await?, "cut 7");
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! | module | content |
//! |---|---|
//! | [`graph`] | [`StateGraph`](graph::StateGraph): nodes over one state, in supersteps, with questions and limits |
//! | [`state`] | [`Key`](state::Key), [`State`](state::State), [`Update`](state::Update): typed values that are never changed in place |
//! | [`checkpoint`] | [`Runs`](checkpoint::Runs), the [`Store`](checkpoint::Store) port and its implementations |
//! | [`workflow`] | [`Chain`](workflow::Chain), [`Parallel`](workflow::Parallel), [`Conditional`](workflow::Conditional) |
//! | | [`Refine`](workflow::Refine), [`Delegate`](workflow::Delegate) |
//! | [`hub`] | [`Hub`](hub::Hub): messages between participants, in one process or several; what must arrive |
//! | [`observe`] | [`Event`](observe::Event), the [`Observer`](observe::Observer) port and its implementations |
//!
//! # What it does not do
//!
//! - It knows no model, no agent and no session: they come in through the steps.
//! - It contains no agentic loop.
//! - A workflow keeps nothing beyond the life of a run, and repeats nothing: no retries, no time limits of its own. A
//!   step has the ones it needs, and [`ChainError`](workflow::ChainError) and [`ParallelError`](workflow::ParallelError)
//!   carry what is needed to go on. A graph keeps what its [store](checkpoint::Store) keeps, and repeats what a node's
//!   [policy](graph::Policy) says.
//! - It reads no environment and prints nothing. What it asks the machine is the number of cores
//!   ([`Concurrency::Auto`](workflow::Concurrency::Auto)) the time (for deadlines, retries and
//!   caches, and where records are stored), and random numbers (for ids of hubs, and to spread retries).
//!
//! # Features
//!
//! - `declared`: `graph::declared`, graphs as JSON or YAML. On by default.
//! - `sqlite`: [`checkpoint::SqliteStore`], and `hub::SqliteStore` for messages that survive the process. On by default.
//! - `postgres`: `checkpoint::PostgresStore`. Off by default.
//! - `nats`: `hub::NatsTransport`, hubs in several processes. Off by default.
//! - `tracing`: `observe::TracingObserver`. Off by default.

pub mod checkpoint;
pub mod graph;
pub mod hub;
pub mod observe;
mod panics;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod state;
mod sync;
pub mod workflow;
