//! Effects that the gate lets go, and whether what is on is what must be on.

use tau_core::event::{HookPoint, HookSubject, Seq, ToolKind};
use tau_core::{EffectClass, SessionId, ToolDefinition};
use tau_runtime::kernel::Effect;

use super::session::{Job, JobState, Kin, What};
use super::wire::Request;
use super::{Execution, World};
use crate::audit;
use crate::audit::Audit;
use crate::invariant::{Checked, Invariant, Violation, ensure};

impl World {
    /// Does what the gate let go.
    pub(super) fn start(&mut self, at: usize, released: Vec<Effect>) -> Checked {
        for effect in released {
            if let Effect::StopSubagent { child } = effect {
                self.stop_child(at, child)?;
            }
            let Some(what) = What::of(&effect).filter(|what| !matches!(what, What::Timer { .. })) else {
                continue;
            };
            let session = &mut self.sessions[at];
            let Some(writer) = &mut session.writer else { continue };
            let waits = |job: &&Job| job.state == JobState::Waiting && matches!(job.what, What::Tool { .. });
            if let (What::Tool { call, .. }, Some(first)) = (&what, writer.jobs.iter().find(waits)) {
                ensure!(first.what == what, Order, "{} begins while {:?} waits", call.id, first.what);
            }
            let job = writer.jobs.iter_mut().find(|job| job.state == JobState::Waiting && job.what == what);
            let job = job.ok_or_else(|| {
                Violation::new(Invariant::CommitBeforeEffect, format!("nobody asked for {what:?}"))
            })?;
            let is_durable =
                session.stores.durable() >= job.after && writer.gate.durable() >= Seq(job.after as u64);
            // Whether that is so of this call was judged when it was decided.
            let may_start = is_durable || matches!(effect, Effect::RunTool { at_once: true, .. });
            ensure!(may_start, CommitBeforeEffect, "{what:?} starts before event {} is durable", job.after);
            job.state = JobState::On;
            match effect {
                Effect::CallModel { run, turn } => self.call_model(at, run, turn)?,
                Effect::RunTool { at_once, .. } => self.run_tool(at, what, at_once)?,
                Effect::StartSubagent { child, config, prompt, .. } => {
                    self.start_child(at, child, *config, prompt)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn run_tool(&mut self, at: usize, what: What, at_once: bool) -> Checked {
        let What::Tool { call, key } = what else { return Ok(()) };
        let Some(spec) = self.sessions[at].config.tool(&call.name) else { return Ok(()) };
        ensure!(spec.kind == ToolKind::Run, Grammar, "{} is no tool that is run", call.name);
        let effect = spec.effect;
        let announced = self.sessions[at].audit.call(&call.id).map_or(0, |call| call.permitted_at);
        let durable = self.sessions[at].stores.durable() as u64;
        ensure!(
            announced <= durable || at_once,
            CommitBeforeEffect,
            "{} runs before it is durable that it may",
            call.id
        );
        let execution = self.executions.entry(key).or_insert(Execution { effect, count: 0 });
        execution.count += 1;
        let is_fine = execution.effect != EffectClass::AtMostOnce || execution.count == 1;
        ensure!(is_fine, AtMostOnce, "{} runs a second time", call.id);
        Ok(())
    }

    fn call_model(&mut self, at: usize, run: tau_core::RunId, turn: u32) -> Checked {
        self.check_tree_budget(at)?;
        let session = &mut self.sessions[at];
        let Some(writer) = &session.writer else { return Ok(()) };
        let history = writer.state.history();
        ensure!(history.is_ready(), Pairing, "the model is asked while a call is open");
        audit::check_paired(history.messages())?;
        session.audit.transcript.compare(history.messages())?;
        let requested_at = session.audit.on.as_ref().map_or(0, |on| on.requested_at);
        let durable = session.stores.durable() as u64;
        ensure!(requested_at <= durable, CommitBeforeEffect, "turn {turn} is asked before it is durable");
        if self.checks_bytes {
            let config = &session.config;
            let tools: Vec<ToolDefinition> =
                config.tools.iter().map(|spec| spec.definition.clone()).collect();
            let system = writer.kernel.instructions(&config.system, session.epoch);
            let messages = history.messages();
            let request = Request { system: &system, tools: &tools, messages, run, turn };
            session.wire.send(&request, &session.log)?;
        }
        Ok(())
    }

    /// The turns of the whole tree are within the budget of each session above, and so are its tokens and money; a
    /// subagent counts with its grant at most, because a limit stops the next request and not the reply before.
    fn check_tree_budget(&self, at: usize) -> Checked {
        let mut above = Some(at);
        while let Some(at) = above {
            let session = &self.sessions[at];
            let (turns, tokens, cost) = self.truly_spent(&session.audit);
            let budget = session.audit.budget();
            let is_within = turns <= budget.max_turns()
                && budget.max_tokens.is_none_or(|most| tokens <= most)
                && budget.max_cost.is_none_or(|most| cost <= most.as_nanos());
            ensure!(is_within, Budget, "{turns} turns, {tokens} tokens and ${cost} of {budget:?}");
            above = match session.kin {
                Kin::Child { parent, .. } => Some(parent),
                Kin::Root => None,
            };
        }
        Ok(())
    }

    fn truly_spent(&self, audit: &Audit) -> (u32, u64, u64) {
        let Some(on) = &audit.on else { return (0, 0, 0) };
        let mut turns = on.own.turns;
        let (mut tokens, mut cost) = (on.own.usage.total(), on.own.cost.as_nanos());
        // Beside subagents that nobody waits for, the reply that goes beyond the limit is not the last thing that is spent.
        if audit.children.values().any(|child| child.is_at_work_for(on.id)) {
            tokens -= on.newest.usage.total();
            cost -= on.newest.cost.as_nanos();
        }
        for (id, child) in audit.children.iter().filter(|(_, child)| child.run == on.id) {
            let Some(session) = self.sessions.iter().find(|session| session.id == *id) else { continue };
            let spent = session.audit.spent();
            turns += spent.turns;
            let most = child.grant.max_tokens.unwrap_or(u64::MAX);
            tokens += spent.usage.total().min(most);
            cost += spent.cost.as_nanos().min(child.grant.max_cost.map_or(u64::MAX, |most| most.as_nanos()));
        }
        (turns, tokens, cost)
    }

    /// Hooks are asked about whatever waits for them. Gives how much that is, beside the turn that is on.
    fn check_asked(&self, at: usize) -> Checked<usize> {
        let session = &self.sessions[at];
        let Some(writer) = &session.writer else { return Ok(0) };
        let audit = &session.audit;
        let calls = audit.awaited_calls().filter(|_| audit.on.is_some()).map(|(point, call)| What::Hooks {
            point,
            about: HookSubject::Call { call_id: call.call.id.clone() },
        });
        let mut waited: Vec<What> = calls.collect();
        if audit.awaits_start() {
            waited.push(What::Hooks { point: HookPoint::SessionStarted, about: HookSubject::Session });
        } else if let (None, Some(run)) = (&audit.on, audit.waiting.front()) {
            let about = HookSubject::Run { run: *run };
            waited.push(What::Hooks { point: HookPoint::BeforePrompt, about });
        }
        for what in &waited {
            let is_on = writer.jobs.iter().any(|job| job.is_live() && job.what == *what);
            ensure!(is_on, Liveness, "nothing brings {what:?}");
        }
        Ok(waited.len())
    }

    /// What must be on is on, and nothing else: a run that waits for nothing never ends, and what nobody waits for was
    /// not stopped.
    pub(super) fn check_in_step(&self, at: usize) -> Checked {
        let session = &self.sessions[at];
        let Some(writer) = &session.writer else { return Ok(()) };
        let audit = &session.audit;
        let live = || writer.jobs.iter().filter(|job| job.is_live());
        let mut expected = self.check_asked(at)?;
        if let Some(on) = &audit.on {
            let is_done = audit.open_calls().next().is_none() && audit.awaited_calls().next().is_none();
            let in_background = audit.children.iter().filter(|(_, child)| child.is_at_work_for(on.id));
            let in_background: Vec<SessionId> = in_background.map(|(child, _)| *child).collect();
            for child in &in_background {
                let is_on =
                    live().any(|job| matches!(&job.what, What::Child { child: on, .. } if on == child));
                ensure!(is_on, Liveness, "nothing brings the report of {child}");
            }
            expected += in_background.len();
            let waits_for_reports = on.is_answered && !in_background.is_empty();
            if (on.is_asking || is_done) && !waits_for_reports {
                let (run, turn) = (on.id, on.turn);
                let hooks = |point, turn| What::Hooks { point, about: HookSubject::Turn { run, turn } };
                let waited = if on.is_asking {
                    vec![What::Model { run, turn }]
                } else if on.is_answered {
                    vec![hooks(HookPoint::BeforeStop, turn)]
                } else {
                    let points =
                        [HookPoint::BeforeCompaction, HookPoint::AfterCompaction, HookPoint::BeforeModel];
                    let asked = points.map(|point| hooks(point, turn + 1));
                    asked.into_iter().chain([What::Compact { run, turn: turn + 1 }]).collect()
                };
                let is_on = live().any(|job| waited.contains(&job.what));
                ensure!(is_on, Liveness, "nothing brings any of {waited:?}");
                expected += 1;
            }
        }
        for call in audit.open_calls().filter(|call| call.waits.is_none() && !audit.is_held(call)) {
            let is_on = live().any(|job| match &job.what {
                What::Tool { call: on, .. } => on.id == call.call.id,
                What::Child { call_id, .. } => *call_id == call.call.id,
                _ => false,
            });
            ensure!(is_on, Liveness, "nothing brings the result of {}", call.call.id);
            expected += 1;
        }
        let others = live().filter(|job| !matches!(job.what, What::Timer { .. })).count();
        ensure!(others == expected, Cancel, "{others} things are on, and {expected} are waited for");
        Ok(())
    }
}
