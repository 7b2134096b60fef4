//! The loop as a pure state machine.
//!
//! ```text
//!            Prompt                 ModelReply without calls
//!  Idle ───────────────▶ Asking ─────────────────────────────▶ Idle (run finished)
//!                         ▲  │ ModelReply with calls
//!        all results in   │  ▼
//!                        Acting ◀─┐ ToolFinished, SubagentFinished, an answer of a person
//!                            └────┘
//!  Where hooks are asked, a prompt, a turn, a call or its result waits for what they decide.
//!  Cancel, a budget met or a model that cannot be asked lead from any state to Idle,
//!  with a result for every call that was open.
//! ```
//!
//! [`decide`] is one match; each operation has a file of its own. Within a decision the events said so far are
//! applied to a copy of the small `Control` part of the state, never to the history.

mod budget;
mod cancel;
mod compaction;
mod control;
mod decision;
mod fork;
pub mod gate;
mod hooks;
mod import;
mod inject;
mod input;
mod permission;
mod plan;
mod prompt;
mod question;
mod resume;
mod rewind;
mod run;
mod skills;
mod state;
mod step;
mod subagent;
mod tools;
mod turn;

use step::Step;

pub use control::FinishedRun;
pub use decision::{Decision, Effect, Rejection};
pub use input::Input;
pub use state::{State, before_prompts};
pub use subagent::{GENERAL_PURPOSE, SUBAGENT_KEY, SubagentReport};

/// Decides what an input leads to. Pure: the same state and input give the same decision.
///
/// # Errors
/// When the input does not fit the state; nothing happens then.
pub fn decide(state: &State, input: Input) -> Result<Decision, Rejection> {
    let mut step = Step::new(state);
    match input {
        Input::Create(config) => prompt::create(&mut step, config)?,
        Input::Describe { metadata } => prompt::describe(&mut step, metadata)?,
        Input::Import { messages } => import::import(&mut step, messages)?,
        Input::Prompt { run, content } => prompt::submit(&mut step, run, content)?,
        Input::Inject { content } => inject::inject(&mut step, content)?,
        Input::ModelReply { run, turn, response } => turn::replied(&mut step, run, turn, *response)?,
        Input::ModelFailure { run, turn, failure } => turn::failed(&mut step, run, turn, failure)?,
        Input::ToolFinished { outcome, result, elapsed } => {
            tools::finished(&mut step, outcome, result, elapsed)?
        }
        Input::PermissionAnswer { call_id, answer } => permission::answered(&mut step, &call_id, answer)?,
        Input::QuestionAnswer { call_id, answer } => question::answered(&mut step, &call_id, answer)?,
        Input::PlanAnswer { call_id, answer } => plan::answered(&mut step, &call_id, answer)?,
        Input::SubagentFinished(report) => subagent::finished(&mut step, *report)?,
        Input::Cancel { scope } => cancel::cancel(&mut step, scope)?,
        Input::CancelRun { run } => cancel::cancel_run(&mut step, run)?,
        Input::Compacted { run, turn, compaction } => compaction::finished(&mut step, run, turn, compaction)?,
        Input::SetHooks { points } => hooks::set(&mut step, points)?,
        Input::HooksDecided { point, about, decision } => hooks::decided(&mut step, point, about, *decision)?,
        Input::TimeUp { run } => budget::time_up(&mut step, run)?,
        Input::Resume => resume::resume(&mut step)?,
        Input::Fork { from, at } => fork::fork(&mut step, from, at)?,
        Input::Rewind { to, past } => return rewind::rewind(state, to, &past),
    }
    Ok(step.into_decision())
}
