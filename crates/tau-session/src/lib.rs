//! Conversation state of an agent, as a fold of durable events.
//!
//! # Why it exists
//!
//! What a model is sent must be valid: every tool call has exactly one result, in a message right after the
//! call's. What was sent must stay the same bytes, or providers' prompt caches miss and every turn is paid in
//! full. Both are easy to break when a history is a list that anybody edits, and agents in use do break them:
//! a call that lost its result in a crash makes every later request of the session fail.
//!
//! So the history here has one way in: [`History::apply`] takes the next event of the session's journal, and
//! the messages are what the events make them. The same journal gives the same messages, on every machine and
//! after every restart; a message, once there, does not change and does not move.
//!
//! - Results of calls made together become one message, in the order of the calls, when the last of them is
//!   in; until then the history is not [ready](History::is_ready) to be sent.
//! - A prompt waits until its run starts, and injected context until the next request: the safe points at
//!   which a message may be added without tearing a call from its result.
//! - [`History::context_tokens`] tells how full the model's window is: what the provider counted, plus an
//!   estimate for what was added since.
//!
//! # What it does not do
//!
//! It stores nothing, calls no model and decides nothing: the kernel decides, the journal stores.
//!
//! # Map
//!
//! | item | is |
//! |---|---|
//! | [`History`] | the fold: messages, waiting content, token counts |
//! | [`compaction`] | making a history shorter: strategies, and what outlives them |
//! | [`SessionOverview`] | what a list says of a session: its model, what it spent, what it waits for |
//! | [`ContextReport`] | what fills the model's window, by category |
//! | [`check_conversation`] | what a conversation from elsewhere must be |
//! | [`estimate_tokens`] | tokens of a message nobody has counted yet |
//!
//! # Example
//!
//! ```
//! use tau_core::event::{EventBody, Seq};
//! use tau_core::{ContentBlock, RunId};
//! use tau_session::History;
//!
//! let run = RunId::from_u128(1);
//! let mut history = History::default();
//! history.apply(Seq(1), &EventBody::PromptSubmitted { run, content: vec![ContentBlock::text("Hi")] });
//! assert!(history.messages().is_empty(), "it waits for its run");
//!
//! history.apply(Seq(2), &EventBody::RunStarted { run });
//! assert_eq!(history.messages()[0].text(), "Hi");
//! ```

pub mod compaction;

mod conversation;
mod estimate;
mod history;
mod overview;
mod report;

pub use conversation::{ConversationProblem, InvalidConversation, check_conversation};
pub use estimate::estimate_tokens;
pub use history::History;
pub use overview::{Pending, PendingQuestion, SessionOverview};
pub use report::ContextReport;
