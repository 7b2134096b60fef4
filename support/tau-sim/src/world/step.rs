//! One step of a session: decides, commits, applies, lets effects go; and checks.

use std::sync::Arc;

use tau_core::event::{BudgetLimit, DenialReason, EventBody, RunOutcome, Seq, ToolOutcome};
use tau_runtime::kernel::{Effect, Input, Rejection, State};

use super::World;
use super::session::{Job, JobState, What, name};
use crate::audit::{Audit, Cause, effective};
use crate::coverage::Coverage;
use crate::invariant::{Checked, ensure};

impl World {
    /// Gives an input to a session, and whatever that leads to between sessions. Tells whether it was taken.
    pub(super) fn give(&mut self, at: usize, input: Input) -> Checked<bool> {
        let is_taken = self.step(at, input)?;
        self.settle()?;
        Ok(is_taken)
    }

    /// Lets the sessions speak to one another until they have nothing to say.
    pub(super) fn settle(&mut self) -> Checked {
        while let Some((to, input)) = self.inbox.pop_front() {
            self.deliver(to, input)?;
        }
        for at in 0..self.sessions.len() {
            self.check_in_step(at)?;
        }
        Ok(())
    }

    /// Without what it leads to elsewhere.
    pub(super) fn step(&mut self, at: usize, input: Input) -> Checked<bool> {
        self.inputs += 1;
        let cause = match input {
            Input::Resume => Cause::Resume,
            Input::Fork { .. } => Cause::Fork,
            Input::Rewind { .. } => Cause::Rewind,
            _ => Cause::Other,
        };
        let samples = self.bug.is_none() && self.sampling.percent(2);
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(false) };
        let again = samples.then(|| input.clone());
        let decided = writer.kernel.decide(&writer.state, input);
        if let Some(again) = again {
            let same = writer.kernel.decide(&writer.state, again);
            ensure!(same == decided, Fold, "the same input gives another decision");
        }
        let decision = match decided {
            Ok(decision) => decision,
            Err(rejection) => {
                session.audit.deciding = None;
                self.coverage.count("rejection", rejection_name(&rejection));
                return Ok(false);
            }
        };
        let begun = session.audit.must_be_unknown();
        self.commit(at, &decision.events, cause)?;
        self.sessions[at].audit.deciding = None;
        if cause == Cause::Resume {
            let told: Vec<_> = decision.events.iter().filter_map(unknown_of).collect();
            let missing = begun.iter().find(|id| !told.contains(id));
            ensure!(missing.is_none(), AtMostOnce, "{missing:?} may have run, and nobody says so");
        }
        self.register(at, &decision.effects)?;
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(false) };
        let last = Seq(session.log.len() as u64);
        let released = writer.kernel.commit(&mut writer.gate, last, decision.effects);
        self.start(at, released)?;
        self.store(at)?;
        if samples {
            self.check_fold(at)?;
        }
        Ok(true)
    }

    /// Takes events into the journal, the state and the second opinion.
    fn commit(&mut self, at: usize, events: &[EventBody], cause: Cause) -> Checked {
        let session = &mut self.sessions[at];
        let Some(writer) = &mut session.writer else { return Ok(()) };
        for event in events {
            let event = Arc::new(event.clone());
            session.log.push(Arc::clone(&event));
            let seq = session.log.len();
            count_event(&mut self.coverage, &event);
            if let EventBody::PromptSubmitted { run, .. } = *event {
                session.submitted.push(run);
            }
            if let EventBody::Rewound { to } = *event {
                self.coverage.count("session", "rewound");
                writer.kernel.rewind(&mut writer.state, &session.log, to);
                session.audit = Audit::replay(&session.log)?;
                session.audit.recall_begun(|key| self.executions.contains_key(key));
            } else {
                session.audit.event(seq as u64, &event, cause)?;
                writer.kernel.apply(&mut writer.state, &event);
            }
        }
        session.ends.push(session.log.len());
        if self.trace.is_some() {
            let first = session.log.len() - events.len() + 1;
            let lines: Vec<String> = events
                .iter()
                .enumerate()
                .map(|(place, event)| format!("    [{at}] {}: {}", first + place, summary(event)))
                .collect();
            lines.into_iter().for_each(|line| self.say(|| line));
        }
        Ok(())
    }

    /// Takes down what the kernel asks for, before the gate lets it go.
    fn register(&mut self, at: usize, effects: &[Effect]) -> Checked {
        for effect in effects {
            self.coverage.count("effect", name(effect));
            self.say(|| format!("    [{at}] > {}", name(effect)));
            let session = &mut self.sessions[at];
            session.audit.effect(effect)?;
            let Some(writer) = &mut session.writer else { return Ok(()) };
            let live = writer.jobs.iter_mut().filter(|job| job.is_live());
            live.filter(|job| job.what.is_stopped_by(effect)).for_each(|job| job.state = JobState::Stopped);
            if let Some(what) = What::of(effect) {
                let is_double = writer.jobs.iter().any(|job| job.is_live() && job.what == what);
                ensure!(!is_double, Grammar, "it is on already: {what:?}");
                let after = session.log.len();
                // A timer never waits.
                let is_timer = matches!(what, What::Timer { .. });
                let state = if is_timer { JobState::On } else { JobState::Waiting };
                writer.jobs.push(Job { what, state, after });
            }
        }
        Ok(())
    }

    /// The live state is the fold of the journal, in memory and as it is stored.
    pub(super) fn check_fold(&self, at: usize) -> Checked {
        let session = &self.sessions[at];
        let Some(writer) = &session.writer else { return Ok(()) };
        let (state, log) = (&writer.state, &session.log);
        ensure!(
            state.seq() == Seq(log.len() as u64),
            Fold,
            "{} events, and the state counts {}",
            log.len(),
            state.seq().0
        );
        ensure!(writer.kernel.fold(log) == *state, Fold, "the live state is not the fold of its journal");
        ensure!(state.plan() == session.audit.plan.as_deref(), Survival, "the plan is {:?}", state.plan());
        let requests = state.history().requests().len();
        ensure!(requests == session.audit.transcript.requests(), Survival, "{requests} requests are known");
        let stored =
            serde_json::to_string(state).ok().and_then(|text| serde_json::from_str::<State>(&text).ok());
        ensure!(stored.as_ref() == Some(state), Fold, "a stored state is another");
        let count = effective(log, log.len()).len();
        ensure!(count <= log.len(), Fold, "more events count than there are");
        Ok(())
    }
}

fn unknown_of(event: &EventBody) -> Option<&tau_core::ToolCallId> {
    match event {
        EventBody::ToolFinished { outcome: ToolOutcome::Unknown, result, .. } => Some(&result.call_id),
        _ => None,
    }
}

fn count_event(coverage: &mut Coverage, event: &EventBody) {
    coverage.count("event", event.kind());
    match event {
        EventBody::RunFinished { outcome, .. } => coverage.count(
            "run outcome",
            match outcome {
                RunOutcome::Completed => "completed",
                RunOutcome::TurnLimit { .. } => "turn_limit",
                RunOutcome::BudgetExceeded { limit: BudgetLimit::Tokens } => "tokens",
                RunOutcome::BudgetExceeded { limit: BudgetLimit::Cost } => "cost",
                RunOutcome::BudgetExceeded { limit: BudgetLimit::ToolCalls } => "tool_calls",
                RunOutcome::BudgetExceeded { .. } => "wall_time",
                RunOutcome::Cancelled => "cancelled",
                RunOutcome::Denied { .. } => "denied",
                _ => "failed",
            },
        ),
        EventBody::ToolFinished { outcome, .. } => coverage.count(
            "tool outcome",
            match outcome {
                ToolOutcome::Succeeded => "succeeded",
                ToolOutcome::Failed => "failed",
                ToolOutcome::Denied { reason: DenialReason::Rule } => "denied by rule",
                ToolOutcome::Denied { reason: DenialReason::Person } => "denied by person",
                ToolOutcome::Denied { reason: DenialReason::Hook } => "denied by hook",
                ToolOutcome::Denied { .. } => "denied by nobody",
                ToolOutcome::TimedOut => "timed_out",
                ToolOutcome::Cancelled => "cancelled",
                _ => "unknown",
            },
        ),
        _ => {}
    }
}

const fn rejection_name(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::NotOpen => "not_open",
        Rejection::AlreadyCreated => "already_created",
        Rejection::AlreadyBegun => "already_begun",
        Rejection::InvalidConversation(_) => "invalid_conversation",
        Rejection::DuplicateRun(_) => "duplicate_run",
        Rejection::InvalidContent => "invalid_content",
        Rejection::NotWaiting(_) => "not_waiting",
        Rejection::NoSuchPlace(_) => "no_such_place",
        Rejection::NothingToCancel => "nothing_to_cancel",
        _ => "stale",
    }
}

/// An event in few words.
fn summary(event: &EventBody) -> String {
    let kind = event.kind();
    match event {
        EventBody::ToolRequested { call, .. } => {
            format!("{kind} {}#{} {}", call.name, call.id, call.arguments.raw())
        }
        EventBody::ToolFinished { outcome, result, .. } => {
            let text: String = result.text().chars().take(60).collect();
            format!("{kind} {} {outcome:?}: {text}", result.call_id)
        }
        EventBody::RunFinished { outcome, .. } => format!("{kind} {outcome:?}"),
        EventBody::ModelRequested { turn, .. } => format!("{kind} {turn}"),
        EventBody::PermissionRequested { call_id, .. }
        | EventBody::PermissionAnswered { call_id, .. }
        | EventBody::QuestionAsked { call_id, .. }
        | EventBody::QuestionAnswered { call_id, .. }
        | EventBody::PlanProposed { call_id, .. }
        | EventBody::PlanAnswered { call_id, .. } => format!("{kind} {call_id}"),
        EventBody::SubagentStarted { call_id, budget, .. } => format!("{kind} {call_id} {budget:?}"),
        EventBody::SubagentFinished { outcome, spent, .. } => format!("{kind} {outcome:?} {spent:?}"),
        EventBody::Rewound { to } => format!("{kind} {}", to.0),
        EventBody::HooksSet { points } => format!("{kind} {points:?}"),
        EventBody::HooksAsked { point, call_id } => format!("{kind} {point:?} {call_id}"),
        EventBody::HooksDecided { point, about, decision } => {
            format!("{kind} {point:?} {about:?} {:?} {:?}", decision.verdict, decision.change)
        }
        EventBody::CancelRequested { scope } => format!("{kind} {scope:?}"),
        _ => kind.to_owned(),
    }
}
