//! What people do: prompts, context, answers, cancels, forks and rewinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::event::{
    CancelScope, EventBody, PermissionAnswer, PlanAnswer, QuestionAnswer, RunOutcome, Seq,
};
use tau_core::{ContentBlock, RunId, ToolCallId};
use tau_runtime::kernel::Input;

use super::World;
use super::session::Kin;
use crate::audit::{Audit, CallAudit, Waits};
use crate::invariant::{Checked, ensure};
use crate::journal::Mode;
use crate::script::{Answer, JobPick, Pick};

/// Sessions of their own that a world has at most: the first and its forks.
const MOST_ROOTS: usize = 3;

impl World {
    /// One of the sessions that somebody writes.
    pub(super) fn pick_open(&self, pick: Pick) -> Option<usize> {
        let open: Vec<usize> =
            (0..self.sessions.len()).filter(|at| self.sessions[*at].writer.is_some()).collect();
        pick.of(open.len()).map(|which| open[which])
    }

    fn pick_root(&self, pick: Pick) -> Option<usize> {
        let is_root =
            |at: &usize| matches!(self.sessions[*at].kin, Kin::Root) && self.sessions[*at].writer.is_some();
        let roots: Vec<usize> = (0..self.sessions.len()).filter(is_root).collect();
        pick.of(roots.len()).map(|which| roots[which])
    }

    pub(super) fn is_open(&self, at: usize) -> bool {
        let audit = &self.sessions[at].audit;
        audit.config.is_some() && !audit.is_closed
    }

    /// Gives an input that is taken just when it is expected to be.
    pub(super) fn give_expecting(&mut self, at: usize, input: Input, is_expected: bool) -> Checked {
        let words = if self.trace.is_some() { format!("{input:?}") } else { String::new() };
        let is_taken = self.give(at, input)?;
        ensure!(
            is_taken == is_expected,
            Stale,
            "session {at} takes an input: {is_taken}, and should: {is_expected} {words}"
        );
        Ok(())
    }

    pub(super) fn prompt(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_root(session) else { return Ok(()) };
        let name = self.name();
        let run = RunId::from_u128(u128::from(name));
        let content = vec![ContentBlock::text(format!("prompt <{name}>"))];
        let is_open = self.is_open(at);
        self.give_expecting(at, Input::Prompt { run, content }, is_open)
    }

    pub(super) fn prompt_again(&mut self, session: Pick, which: Pick) -> Checked {
        let Some(at) = self.pick_root(session) else { return Ok(()) };
        let submitted = &self.sessions[at].submitted;
        let Some(run) = which.of(submitted.len()).map(|which| submitted[which]) else { return Ok(()) };
        self.give_expecting(at, Input::Prompt { run, content: vec![ContentBlock::text("Again")] }, false)
    }

    pub(super) fn prompt_empty(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_root(session) else { return Ok(()) };
        let run = RunId::from_u128(u128::from(self.name()));
        self.give_expecting(at, Input::Prompt { run, content: vec![ContentBlock::text(" \n")] }, false)
    }

    pub(super) fn create_again(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let config = Box::new((*self.sessions[at].config).clone());
        self.give_expecting(at, Input::Create(config), false)
    }

    pub(super) fn inject(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let name = self.name();
        let before = self.sessions[at].audit.transcript.notes();
        let is_open = self.is_open(at);
        let content = vec![ContentBlock::text(format!("note <{name}>"))];
        self.give_expecting(at, Input::Inject { content }, is_open)?;
        let after = self.sessions[at].audit.transcript.notes();
        ensure!(after == before + usize::from(is_open), Context, "injected context is lost");
        Ok(())
    }

    pub(super) fn describe(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let metadata = BTreeMap::from([("title".to_owned(), format!("title <{}>", self.name()))]);
        let is_open = self.is_open(at);
        self.give_expecting(at, Input::Describe { metadata: metadata.clone() }, is_open)?;
        let is_kept = self.sessions[at].log.iter().any(|event| match &**event {
            EventBody::SessionUpdated { metadata: kept } => *kept == metadata,
            _ => false,
        });
        ensure!(is_kept == is_open, Grammar, "what a session is found by is not what was said");
        Ok(())
    }

    /// Calls of all sessions that are as wanted.
    fn pick_call(
        &self,
        pick: Pick,
        is_it: impl Fn(&crate::audit::CallAudit) -> bool,
    ) -> Option<(usize, ToolCallId)> {
        let open = (0..self.sessions.len()).filter(|at| self.sessions[*at].writer.is_some());
        let calls = open.flat_map(|at| self.sessions[at].audit.calls.iter().map(move |call| (at, call)));
        let calls: Vec<_> = calls.filter(|(_, call)| is_it(call)).collect();
        pick.of(calls.len()).map(|which| (calls[which].0, calls[which].1.call.id.clone()))
    }

    pub(super) fn answer(&mut self, call: JobPick, answer: Answer, twice: bool) -> Checked {
        let picked = self.pick_call(call.pick, |audit| call.late != audit.asks().is_some());
        let Some((at, id)) = picked else { return Ok(()) };
        let waits = self.sessions[at].audit.call(&id).and_then(CallAudit::asks);
        let what = waits
            .unwrap_or([Waits::Permission, Waits::Answer, Waits::Decision][usize::from(call.pick.0) % 3]);
        let input = self.answer_of(&id, what, answer);
        self.give_expecting(at, input.clone(), waits.is_some())?;
        if twice { self.give_expecting(at, input, false) } else { Ok(()) }
    }

    pub(super) fn answer_of(&mut self, id: &ToolCallId, what: Waits, answer: Answer) -> Input {
        let call_id = id.clone();
        let name = self.name();
        match what {
            Waits::Permission => {
                let answer = match answer {
                    Answer::Yes => PermissionAnswer::Allow,
                    Answer::Always => PermissionAnswer::AllowAlways,
                    Answer::No => PermissionAnswer::Deny { message: "no".to_owned() },
                    Answer::Edit => PermissionAnswer::Deny { message: String::new() },
                    Answer::Nobody => PermissionAnswer::NobodyToAsk,
                };
                Input::PermissionAnswer { call_id, answer }
            }
            Waits::Answer => {
                let answer = match answer {
                    Answer::Nobody => QuestionAnswer::NobodyToAsk,
                    Answer::No => QuestionAnswer::Answer { text: String::new() },
                    _ => QuestionAnswer::Answer { text: format!("answer <{name}>") },
                };
                Input::QuestionAnswer { call_id, answer }
            }
            Waits::Decision | Waits::Hooks => {
                let answer = match answer {
                    Answer::Nobody => PlanAnswer::NobodyToAsk,
                    Answer::No => PlanAnswer::Reject { message: "no".to_owned() },
                    Answer::Edit => PlanAnswer::Edit { plan: format!("plan <{name}>") },
                    _ => PlanAnswer::Approve,
                };
                Input::PlanAnswer { call_id, answer }
            }
        }
    }

    pub(super) fn cancel_call(&mut self, call: JobPick) -> Checked {
        let picked = self.pick_call(call.pick, |audit| call.late == audit.is_finished);
        let Some((at, call_id)) = picked else { return Ok(()) };
        let input = Input::Cancel { scope: CancelScope::ToolCall { call_id } };
        self.give_expecting(at, input, !call.late)
    }

    pub(super) fn cancel_run(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let audit = &self.sessions[at].audit;
        // One that hooks have not let begin is as good as on.
        let on = audit.on.as_ref().map(|on| on.id).or_else(|| audit.waiting.front().copied());
        let is_on = on.is_some() && self.is_open(at);
        self.give_expecting(at, Input::Cancel { scope: CancelScope::Run }, is_on)?;
        let finished = on.and_then(|run| self.sessions[at].audit.finished.get(&run));
        let is_cancelled = finished.is_some_and(|end| end.outcome == RunOutcome::Cancelled);
        ensure!(is_cancelled == is_on, Cancel, "a run was cancelled and goes on");
        Ok(())
    }

    pub(super) fn cancel_queued(&mut self, pick: JobPick) -> Checked {
        let mut runs = Vec::new();
        for (at, session) in self.sessions.iter().enumerate().filter(|(_, session)| session.writer.is_some())
        {
            let waits = |run: &&RunId| session.audit.waiting.contains(run);
            runs.extend(session.submitted.iter().filter(|run| waits(run) != pick.late).map(|run| (at, *run)));
        }
        let Some((at, run)) = pick.pick.of(runs.len()).map(|which| runs[which]) else { return Ok(()) };
        self.give_expecting(at, Input::Cancel { scope: CancelScope::QueuedRun { run } }, !pick.late)?;
        if !pick.late {
            self.coverage.count("session", "queued run cancelled");
            let finished = self.sessions[at].audit.finished.get(&run);
            let is_cancelled = finished.is_some_and(|end| end.outcome == RunOutcome::Cancelled);
            ensure!(is_cancelled, Cancel, "a run that waits was cancelled and goes on");
        }
        Ok(())
    }

    pub(super) fn cancel_session(&mut self, session: Pick) -> Checked {
        let Some(at) = self.pick_root(session) else { return Ok(()) };
        let is_open = self.is_open(at);
        self.give_expecting(at, Input::Cancel { scope: CancelScope::Session }, is_open)?;
        ensure!(self.sessions[at].audit.is_closed, Cancel, "a session was cancelled and is open");
        self.sessions[at].audit.assert_all_finished()
    }

    pub(super) fn rewind(&mut self, session: Pick, to: Pick) -> Checked {
        let Some(at) = self.pick_root(session) else { return Ok(()) };
        let session = &self.sessions[at];
        let Some(writer) = &session.writer else { return Ok(()) };
        let to = 1 + to.of(session.log.len()).unwrap_or_default();
        let past = Arc::new(writer.kernel.fold(&session.log[..to]));
        let is_possible = self.is_open(at) && to < session.log.len();
        let input = Input::Rewind { to: Seq(to as u64), past };
        self.give_expecting(at, input, is_possible)?;
        if is_possible {
            self.sessions[at].audit.assert_all_finished()?;
            self.check_fold(at)?;
        }
        Ok(())
    }

    pub(super) fn fork(&mut self, session: Pick, place: Pick) -> Checked {
        let roots = self.sessions.iter().filter(|session| matches!(session.kin, Kin::Root)).count();
        let Some(source) = self.pick_root(session).filter(|_| roots < MOST_ROOTS) else { return Ok(()) };
        let place = 1 + place.of(self.sessions[source].log.len()).unwrap_or_default();
        let at = self.add(Arc::clone(&self.sessions[source].config), Kin::Root);
        let from = self.sessions[source].id;
        let is_stalled = self.sessions[source].stores.stores.iter().all(|store| store.mode != Mode::Flowing);
        let log = self.sessions[source].log[..place].to_vec();
        let copy = &mut self.sessions[at];
        copy.log = log;
        copy.ends = vec![place];
        copy.submitted = super::crash::submitted(&copy.log);
        copy.audit = Audit::replay(&copy.log)?;
        copy.audit.recall_begun(|key| self.executions.contains_key(key));
        let gate = copy.stores.recover(place, copy.epoch);
        copy.stores.stores.iter_mut().filter(|_| is_stalled).for_each(|store| store.mode = Mode::Stalled);
        if let Some(writer) = &mut copy.writer {
            writer.gate = gate;
            writer.state = writer.kernel.fold(&copy.log);
        }
        self.coverage.count("session", "forked");
        self.give_expecting(at, Input::Fork { from, at: Seq(place as u64) }, true)?;
        self.set_hooks(at)?;
        self.settle()?;
        // That it is a copy is stored with what was copied; how that was ended may be lost.
        let stores = &mut self.sessions[at].stores.stores;
        stores.iter_mut().for_each(|store| store.stored = store.stored.max(place + 1));
        self.sessions[at].audit.assert_all_finished()?;
        self.check_fold(at)
    }
}
