//! What hooks decide, and when they come and go.

use tau_core::event::{HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, RunOutcome};
use tau_core::{ContentBlock, ToolArguments, ToolResultBlock};
use tau_runtime::kernel::Input;

use super::World;
use super::session::What;
use crate::invariant::{Checked, ensure};
use crate::script::{JobPick, Pick, Ruling};

impl World {
    /// Says where hooks are asked of a session, as a driver does when it has begun or was taken up.
    pub(super) fn set_hooks(&mut self, at: usize) -> Checked {
        let points = self.hooked.clone();
        let is_open = self.is_open(at);
        if is_open && (!points.is_empty() || !self.sessions[at].audit.hooked.is_empty()) {
            let is_taken = self.step(at, Input::SetHooks { points })?;
            ensure!(is_taken, Stale, "hooks of session {at} are not taken");
        }
        Ok(())
    }

    /// Hooks come or go at one point; those of the start stay as they are.
    pub(super) fn rehook(&mut self, which: Pick) -> Checked {
        let points: Vec<HookPoint> =
            POINTS.into_iter().filter(|point| *point != HookPoint::SessionStarted).collect();
        let Some(point) = which.of(points.len()).map(|which| points[which]) else { return Ok(()) };
        if !self.hooked.remove(&point) {
            self.hooked.insert(point);
        }
        for at in 0..self.sessions.len() {
            if self.sessions[at].writer.is_some() {
                self.set_hooks(at)?;
            }
        }
        self.settle()
    }

    pub(super) fn decide_hook(&mut self, pick: JobPick, ruling: Ruling, twice: bool) -> Checked {
        // Of a compaction that is on no journal knows whether hooks were asked: their driver answers once.
        let can_be_late = |point: &HookPoint| !pick.late || *point != HookPoint::BeforeCompaction;
        let job = self.pick_job(pick, |what| matches!(what, What::Hooks { point, .. } if can_be_late(point)));
        let Some(job) = job else { return Ok(()) };
        let Some((What::Hooks { point, about }, was_on)) = self.end_job(job) else { return Ok(()) };
        let decision = self.decision(point, ruling);
        self.coverage.count("ruling", ruling_name(ruling));
        self.give_decision(job.0, point, &about, decision.clone(), was_on)?;
        if was_on {
            self.check_denied(job.0, point, &about, &decision)?;
        }
        if twice && can_be_late(&point) && point != HookPoint::BeforeCompaction {
            self.give_decision(job.0, point, &about, decision, false)?;
        }
        Ok(())
    }

    /// Whether hooks are asked about the turn that is next.
    pub(super) fn is_turn_asked_about(&self, at: usize) -> bool {
        let jobs = self.sessions[at].writer.iter().flat_map(|writer| &writer.jobs);
        jobs.filter(|job| job.is_live())
            .any(|job| matches!(job.what, What::Hooks { about: HookSubject::Turn { .. }, .. }))
    }

    /// Gives a decision, of which the second opinion knows that it is one.
    pub(super) fn give_decision(
        &mut self,
        at: usize,
        point: HookPoint,
        about: &HookSubject,
        decision: HookDecision,
        is_expected: bool,
    ) -> Checked {
        self.sessions[at].audit.deciding = Some((point, about.clone()));
        let decision = Box::new(decision);
        let input = Input::HooksDecided { point, about: about.clone(), decision };
        self.give_expecting(at, input, is_expected)
    }

    /// A prompt that hooks denied ends with that, and nobody reads it.
    fn check_denied(
        &self,
        at: usize,
        point: HookPoint,
        about: &HookSubject,
        decision: &HookDecision,
    ) -> Checked {
        let (HookSubject::Run { run }, HookVerdict::Deny) = (about, decision.verdict) else { return Ok(()) };
        let ended = self.sessions[at].audit.finished.get(run);
        let is_denied = ended.is_some_and(|end| matches!(end.outcome, RunOutcome::Denied { .. }));
        ensure!(is_denied, Hooks, "{run} was denied at {point:?}, and goes on");
        Ok(())
    }

    /// Also what a point does not allow: nothing may come of that.
    fn decision(&mut self, point: HookPoint, ruling: Ruling) -> HookDecision {
        let name = self.name();
        let verdict = |verdict| HookDecision::new(verdict, format!("hook <{name}>"));
        let words = || format!("by hook <{name}>");
        match ruling {
            Ruling::Nothing => HookDecision::default(),
            Ruling::Allow => verdict(HookVerdict::Allow),
            Ruling::Ask => verdict(HookVerdict::Ask),
            Ruling::Deny => verdict(HookVerdict::Deny),
            Ruling::Context => HookDecision::default().with_context([ContentBlock::text(words())]),
            Ruling::Change => HookDecision::default().with_change(match point {
                HookPoint::BeforeTool => {
                    let arguments =
                        format!(r#"{{"n":{name},"prompt":"{0}","plan":"{0}","question":"{0}"}}"#, words());
                    HookChange::Arguments { arguments: ToolArguments::parse(arguments) }
                }
                HookPoint::BeforePrompt | HookPoint::BeforeSubagent => {
                    HookChange::Prompt { content: vec![ContentBlock::text(words())], skill: None }
                }
                _ => HookChange::Result { content: vec![ToolResultBlock::text(words())], is_error: false },
            }),
        }
    }
}

/// Where hooks are asked or told.
pub(crate) const POINTS: [HookPoint; 13] = [
    HookPoint::SessionStarted,
    HookPoint::BeforePrompt,
    HookPoint::BeforeModel,
    HookPoint::AfterModel,
    HookPoint::BeforeTool,
    HookPoint::AfterTool,
    HookPoint::PermissionRequested,
    HookPoint::BeforeSubagent,
    HookPoint::AfterSubagent,
    HookPoint::BeforeStop,
    HookPoint::BeforeCompaction,
    HookPoint::AfterCompaction,
    HookPoint::Notification,
];

const fn ruling_name(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Nothing => "nothing",
        Ruling::Allow => "allow",
        Ruling::Ask => "ask",
        Ruling::Deny => "deny",
        Ruling::Change => "change",
        Ruling::Context => "context",
    }
}
