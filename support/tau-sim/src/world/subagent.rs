//! Subagents: sessions of their own, which the effects of their parents start, stop and take up.

use std::sync::Arc;

use tau_core::event::{CancelScope, RunOutcome, SessionConfig};
use tau_core::{ContentBlock, RunId, SessionId};
use tau_runtime::kernel::{Input, SubagentReport};

use super::World;
use super::session::{JobState, Kin, What};
use crate::invariant::{Checked, ensure};

impl World {
    pub(super) fn find(&self, id: SessionId) -> Option<usize> {
        self.sessions.iter().position(|session| session.id == id)
    }

    /// A subagent starts, or goes on where its journal ends.
    pub(super) fn start_child(
        &mut self,
        parent: usize,
        child: SessionId,
        mut config: SessionConfig,
        prompt: String,
    ) -> Checked {
        config.parent = Some(self.sessions[parent].id);
        if let Some(at) = self.find(child) {
            ensure!(self.sessions[at].writer.is_none(), Grammar, "{child} is started while it is on");
            self.coverage.count("session", "subagent taken up");
            self.take_up(at)?;
            return self.prompt_child(at);
        }
        let depth = match self.sessions[parent].kin {
            Kin::Child { depth, .. } => depth + 1,
            Kin::Root => 1,
        };
        self.coverage.count("session", if depth == 1 { "depth 1" } else { "depth 2" });
        let run = RunId::from_u128(u128::from(self.name()));
        let at = self.add(Arc::new(config), Kin::Child { parent, prompt, run, depth });
        self.sessions[at].id = child;
        let config = Box::new((*self.sessions[at].config).clone());
        self.inbox.push_back((at, Input::Create(config)));
        if !self.hooked.is_empty() {
            self.inbox.push_back((at, Input::SetHooks { points: self.hooked.clone() }));
        }
        self.prompt_child(at)
    }

    /// Gives a subagent its work, unless its journal holds it.
    fn prompt_child(&mut self, at: usize) -> Checked {
        let session = &self.sessions[at];
        let Kin::Child { run, prompt, .. } = &session.kin else { return Ok(()) };
        if !session.submitted.contains(run) {
            let content = vec![ContentBlock::text(prompt.clone())];
            self.inbox.push_back((at, Input::Prompt { run: *run, content }));
        }
        self.report_when_done(at);
        Ok(())
    }

    /// A subagent is cancelled. One that is not on since a crash is taken up for that, so that it tells what it spent;
    /// one that never started has its end told all the same.
    pub(super) fn stop_child(&mut self, parent: usize, child: SessionId) -> Checked {
        let found = self.find(child).filter(|at| {
            let session = &self.sessions[*at];
            let has_work = matches!(&session.kin, Kin::Child { run, .. } if session.submitted.contains(run));
            session.writer.is_some() || has_work
        });
        let Some(at) = found else {
            let report = SubagentReport::new(child, RunOutcome::Cancelled, "It never started.");
            self.inbox.push_back((parent, Input::SubagentFinished(Box::new(report))));
            return Ok(());
        };
        if self.sessions[at].writer.is_none() {
            self.coverage.count("session", "stopped again");
            self.take_up(at)?;
        }
        self.inbox.push_back((at, Input::Cancel { scope: CancelScope::Session }));
        Ok(())
    }

    /// Tells the parent of a subagent its end, once that is durable.
    pub(super) fn report_when_done(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        let Kin::Child { parent, run, .. } = &session.kin else { return };
        let Some(writer) = &mut session.writer else { return };
        let Some(end) = session.audit.finished.get(run) else { return };
        if writer.has_reported || writer.gate.durable().0 < end.at {
            return;
        }
        writer.has_reported = true;
        let mut report = SubagentReport::new(session.id, end.outcome.clone(), format!("end of {run}"));
        report.spent = end.spent;
        self.inbox.push_back((*parent, Input::SubagentFinished(Box::new(report))));
    }

    /// What one session says to another.
    pub(super) fn deliver(&mut self, to: usize, input: Input) -> Checked {
        let child = match &input {
            Input::SubagentFinished(report) => Some(report.child),
            _ => None,
        };
        let Some(child) = child else {
            self.step(to, input)?;
            return Ok(());
        };
        let session = &mut self.sessions[to];
        let is_known = session.audit.children.get(&child).is_some_and(|child| child.reported.is_none());
        let Some(writer) = &mut session.writer else { return Ok(()) };
        let jobs = writer.jobs.iter_mut();
        jobs.filter(|job| matches!(job.what, What::Child { child: on, .. } if on == child) && job.is_live())
            .for_each(|job| job.state = JobState::Ended);
        let is_taken = self.step(to, input)?;
        ensure!(
            is_taken == is_known,
            Stale,
            "the end of a subagent is taken: {is_taken}, and waited for: {is_known}"
        );
        Ok(())
    }
}
