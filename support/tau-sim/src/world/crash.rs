//! Crashes and take-overs: what survives is what journals hold, and a part of what nobody acknowledged.

use std::sync::Arc;

use tau_core::RunId;
use tau_core::event::{EventBody, Seq};
use tau_runtime::kernel::Input;
use tau_runtime::kernel::gate::{RefusalReason, StopReason, Verdict};

use super::World;
use super::session::{JobState, Kin, Old, Session, What};
use crate::audit::Audit;
use crate::invariant::{Checked, ensure};
use crate::journal::{NAMES, position};
use crate::script::Pick;

/// Whether the writer before knows that it is none any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    IsGone,
    GoesOn,
}

impl World {
    /// The process ends at whatever it is doing, and is started again.
    pub(super) fn crash(&mut self, kept: Pick) -> Checked {
        for at in 0..self.sessions.len() {
            self.end_writer(at, kept, Before::IsGone)?;
            self.sessions[at].old = None;
        }
        self.inbox.clear();
        for at in 0..self.sessions.len() {
            if matches!(self.sessions[at].kin, Kin::Root) {
                self.take_up(at)?;
                self.settle()?;
            }
        }
        Ok(())
    }

    /// Another process takes a tree of sessions over.
    pub(super) fn take_over(&mut self, session: Pick, kept: Pick) -> Checked {
        let Some(picked) = session.of(self.sessions.len()) else { return Ok(()) };
        let root = self.root(picked);
        for at in 0..self.sessions.len() {
            if self.root(at) == root {
                self.end_writer(at, kept, Before::GoesOn)?;
            }
        }
        self.coverage.count("journal", "taken over");
        self.take_up(root)?;
        self.settle()
    }

    fn root(&self, at: usize) -> usize {
        match self.sessions[at].kin {
            Kin::Child { parent, .. } => self.root(parent),
            Kin::Root => at,
        }
    }

    /// A writer is gone, and with it whatever no journal holds.
    fn end_writer(&mut self, at: usize, kept: Pick, before: Before) -> Checked {
        self.check_fold(at)?;
        let session = &mut self.sessions[at];
        let Some(writer) = session.writer.take() else { return Ok(()) };
        let committed = session.log.len();
        let survives = survives(session, kept);
        let is_busy = writer
            .jobs
            .iter()
            .any(|job| job.state == JobState::On && !matches!(job.what, What::Timer { .. }));
        if is_busy {
            self.coverage.count("crash", "work under way");
        }
        let is_whole = survives == 0 || session.ends.contains(&survives);
        self.coverage.count(
            "crash",
            match survives {
                _ if survives == committed => "all kept",
                0 => "nothing kept",
                _ if is_whole => "between appends",
                _ => "inside an append",
            },
        );
        if let Some(last) = survives.checked_sub(1) {
            self.coverage.count("crash after", session.log[last].kind());
        }
        if before == Before::GoesOn {
            session.old = Some(Old { writer, epoch: session.epoch, committed });
        }
        session.log.truncate(survives);
        session.ends.retain(|end| *end <= survives);
        if !is_whole {
            session.ends.push(survives);
        }
        session.submitted = submitted(&session.log);
        session.audit = Audit::replay(&session.log)?;
        session.audit.recall_begun(|key| self.executions.contains_key(key));
        session.wire.forget_cache();
        self.say(|| format!("    [{at}] {survives} of {committed} events are kept"));
        Ok(())
    }

    /// A new writer takes a session up where its journal ends.
    pub(super) fn take_up(&mut self, at: usize) -> Checked {
        let session = &mut self.sessions[at];
        session.epoch += 1;
        let gate = session.stores.recover(session.log.len(), session.epoch);
        let mut writer = self.writer(gate);
        let session = &mut self.sessions[at];
        writer.state = writer.kernel.fold(&session.log);
        ensure!(writer.state.seq() == Seq(session.log.len() as u64), Fold, "a prefix has its length");
        session.writer = Some(writer);
        if session.audit.config.is_none() {
            let config = Box::new((*session.config).clone());
            self.step(at, Input::Create(config))?;
            return self.set_hooks(at);
        }
        let is_open = !session.audit.is_closed;
        let is_taken = self.step(at, Input::Resume)?;
        ensure!(is_taken == is_open, Fold, "a session is taken up: {is_taken}, and it is open: {is_open}");
        // What a rewind or fork left under way is ended, and not taken up.
        if self.sessions[at].audit.is_settled {
            self.sessions[at].audit.assert_all_finished()?;
        }
        self.set_hooks(at)?;
        self.report_when_done(at);
        Ok(())
    }

    /// A writer that was replaced goes on: it may stop things, and begin nothing that is gated.
    pub(super) fn old_goes_on(&mut self, pick: Pick) -> Checked {
        let olds: Vec<usize> =
            (0..self.sessions.len()).filter(|at| self.sessions[*at].old.is_some()).collect();
        let Some(which) = pick.of(olds.len()) else { return Ok(()) };
        let Some(mut old) = self.sessions[olds[which]].old.take() else { return Ok(()) };
        let writer = &mut old.writer;
        let is_on = |state: JobState| state == JobState::On;
        let Some(job) = writer.jobs.iter().find(|job| is_on(job.state)).cloned() else { return Ok(()) };
        let Some(input) = self.normal_end(&job.what) else { return Ok(()) };
        let Ok(decision) = writer.kernel.decide(&writer.state, input) else { return Ok(()) };
        if decision.events.is_empty() {
            return Ok(());
        }
        let last = old.committed + decision.events.len();
        let mut released = writer.kernel.commit(&mut writer.gate, Seq(last as u64), decision.effects);
        let at = position(old.epoch, last);
        for name in &NAMES[..self.setup.journals] {
            let (verdict, more) =
                writer.kernel.refused(&mut writer.gate, name, at, RefusalReason::Final(StopReason::Fenced));
            released.extend(more);
            ensure!(
                verdict == Ok(Verdict::Stop(StopReason::Fenced)),
                CommitBeforeEffect,
                "a writer that was replaced goes on: {verdict:?}"
            );
        }
        self.coverage.count("journal", "fenced");
        let begun = released.iter().find(|effect| effect.is_gated());
        ensure!(begun.is_none(), CommitBeforeEffect, "a writer that was replaced begins {begun:?}");
        Ok(())
    }
}

/// How many events of a session are left when its writer goes away.
fn survives(session: &Session, kept: Pick) -> usize {
    let (held, committed) = (session.stores.durable(), session.log.len());
    held + kept.of(committed - held + 1).unwrap_or_default()
}

/// Every run that a journal was ever given, also those that a rewind took back.
pub(super) fn submitted(log: &[Arc<EventBody>]) -> Vec<RunId> {
    let runs = log.iter().filter_map(|event| match **event {
        EventBody::PromptSubmitted { run, .. } => Some(run),
        _ => None,
    });
    runs.collect()
}
