//! A kernel and a world that does what it decides, slowly.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::sample::Index;
use tau_core::event::{
    CancelScope, EventBody, ModelFailure, ModelFailureKind, PermissionAnswer, SessionConfig, ToolOutcome,
};
use tau_core::{ChatResponse, ContentBlock, FinishReason, HumanDuration, RunId, ToolCallId, ToolResult};
use tau_runtime::kernel::{Decision, Effect, Input, Rejection, State, decide};

use super::audit::{Audit, assert_paired, is_added_to};
use super::{CallSpec, Operation, Pick};
use crate::kernel::support::{answer, call_id, calls_of, cancel, inject, prompt, reply, run_id, with_usage};

/// Something the kernel asked for, and how far it is.
#[derive(Debug, Clone, PartialEq)]
struct Job {
    what: What,
    state: JobState,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    Model { run: RunId, turn: u32 },
    Tool { id: ToolCallId },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum JobState {
    On,
    /// Told to stop; its answer may come all the same.
    Stopped,
    Ended,
}

pub(crate) struct World {
    state: State,
    /// Fed with what a journal gives back.
    shadow: State,
    journal: Vec<EventBody>,
    jobs: Vec<Job>,
    audit: Audit,
    prompts: u128,
    steps: usize,
    rejections: BTreeSet<String>,
}

impl World {
    pub(crate) fn new(config: SessionConfig) -> Self {
        let mut world = Self {
            state: State::default(),
            shadow: State::default(),
            journal: Vec::new(),
            jobs: Vec::new(),
            audit: Audit::new(&config),
            prompts: 0,
            steps: 0,
            rejections: BTreeSet::new(),
        };
        world.give(Input::Create(Box::new(config))).unwrap();
        world
    }

    pub(crate) fn journal(&self) -> &[EventBody] {
        &self.journal
    }

    pub(crate) fn met(&self) -> BTreeSet<String> {
        let mut met = self.rejections.clone();
        met.extend(self.audit.met.iter().map(|what| (*what).to_owned()));
        met
    }

    pub(crate) fn perform(&mut self, operation: Operation) {
        let is_open = !self.state.is_closed();
        match operation {
            Operation::Prompt => {
                self.prompts += 1;
                let taken = self.give(prompt(self.prompts, "Do it"));
                assert_eq!(taken.err(), (!is_open).then_some(Rejection::NotOpen));
            }
            Operation::PromptAgain(index) if self.prompts > 0 => {
                let run = index.index(usize::try_from(self.prompts).unwrap()) as u128 + 1;
                let known = self.audit.was_submitted(run_id(run));
                let refused = if is_open { Rejection::DuplicateRun(run_id(run)) } else { Rejection::NotOpen };
                assert!(known || !is_open);
                assert_eq!(self.give(prompt(run, "Do it")), Err(refused));
            }
            Operation::PromptAgain(_) => {}
            Operation::PromptOfNothing => {
                let refused = if is_open { Rejection::InvalidContent } else { Rejection::NotOpen };
                assert_eq!(self.give(prompt(1_000, " ")), Err(refused));
            }
            Operation::Inject => {
                let taken = self.give(inject("By the way"));
                assert_eq!(taken.err(), (!is_open).then_some(Rejection::NotOpen));
            }
            Operation::Reply { job, calls, tokens } => self.reply(&job, &calls, tokens),
            Operation::Fail { job, kind } => {
                if let Some((at, run, turn)) = self.pick_model(&job) {
                    self.end(at, failed(run, turn, kind));
                }
            }
            Operation::ReplyToNobody { run, turn } => {
                let waits = self.jobs.iter().any(|job| {
                    job.state == JobState::On && job.what == What::Model { run: run_id(run), turn }
                });
                if !waits {
                    assert_eq!(
                        self.give(crate::kernel::support::text(run, turn, "?")),
                        Err(Rejection::Stale)
                    );
                }
            }
            Operation::Finish { job, succeeds } => {
                if let Some((at, id)) = self.pick_tool(&job) {
                    self.end(at, finished(&id, succeeds));
                }
            }
            Operation::FinishUnknown => {
                assert_eq!(self.give(finished(&call_id("stranger"), true)), Err(Rejection::Stale));
            }
            Operation::Answer { call, answer } => self.answer(&call, answer),
            Operation::CancelRun => self.cancel_run(is_open),
            Operation::CancelCall(call) => self.cancel_call(&call, is_open),
            Operation::CancelSession => {
                let taken = self.give(cancel(CancelScope::Session));
                assert_eq!(taken.err(), (!is_open).then_some(Rejection::NotOpen));
                assert!(self.state.is_closed());
                self.audit.assert_all_finished();
            }
        }
    }

    fn reply(&mut self, job: &Pick, calls: &[CallSpec], (tokens_in, tokens_out): (u64, u64)) {
        let Some((at, run, turn)) = self.pick_model(job) else { return };
        let calls: Vec<String> = calls.iter().map(|call| format!("{} {}", call.id, call.tool)).collect();
        let calls: Vec<&str> = calls.iter().map(String::as_str).collect();
        let input = if calls.is_empty() {
            reply(0, turn, ChatResponse::new([ContentBlock::text("Done")], FinishReason::Stop))
        } else {
            calls_of(0, turn, &calls)
        };
        let Input::ModelReply { response, .. } = with_usage(input, tokens_in, tokens_out) else {
            panic!("a reply stays one")
        };
        self.end(at, Input::ModelReply { run, turn, response });
    }

    fn answer(&mut self, call: &Pick, said: PermissionAnswer) {
        let Some(id) = self.pick_call(call, |audit| audit.asked()) else { return };
        let waits = self.audit.asked().contains(&id);
        let was_idle = self.state.active_run().is_none();
        let taken = self.give(answer(id.as_str(), said));
        let refused = if was_idle { Rejection::Stale } else { Rejection::NotWaiting(id) };
        assert_eq!(taken.err(), (!waits).then_some(refused));
    }

    fn cancel_run(&mut self, is_open: bool) {
        let active = self.state.active_run();
        let on: Vec<usize> = self.on().collect();
        let taken = self.give(cancel(CancelScope::Run));
        let refused = if is_open { Rejection::NothingToCancel } else { Rejection::NotOpen };
        assert_eq!(taken.err(), active.is_none().then_some(refused));
        if let Some(run) = active {
            assert!(self.audit.was_cancelled(run));
            assert!(
                on.into_iter().all(|at| self.jobs[at].state == JobState::Stopped),
                "everything was stopped"
            );
        }
    }

    fn cancel_call(&mut self, call: &Pick, is_open: bool) {
        let Some(id) = self.pick_call(call, Audit::unfinished) else { return };
        let was_open = self.audit.unfinished().contains(&id);
        let taken = self.give(cancel(CancelScope::ToolCall { call_id: id }));
        let refused = if is_open { Rejection::NothingToCancel } else { Rejection::NotOpen };
        assert_eq!(taken.err(), (!was_open).then_some(refused));
    }

    /// Sends what ends a job: taken when the job is on, stale in any other case.
    fn end(&mut self, at: usize, input: Input) {
        let was_on = self.jobs[at].state == JobState::On;
        // Before the kernel hears of it, because what it then starts comes after.
        self.jobs[at].state = JobState::Ended;
        let taken = self.give(input);
        assert_eq!(taken.err(), (!was_on).then_some(Rejection::Stale));
    }

    /// Works until nothing is left to do.
    pub(crate) fn drain(&mut self) {
        for round in 0.. {
            assert!(round < 2_000, "it never ends");
            let next = self.on().next();
            if let Some(id) = self.audit.asked().first() {
                let said = [PermissionAnswer::Allow, PermissionAnswer::NobodyToAsk][round % 2].clone();
                self.give(answer(id.as_str(), said)).unwrap();
            } else if let Some(at) = next {
                match self.jobs[at].what.clone() {
                    What::Model { run, turn } => {
                        let response = ChatResponse::new([ContentBlock::text("Done")], FinishReason::Stop);
                        self.end(at, Input::ModelReply { run, turn, response: Box::new(response) });
                    }
                    What::Tool { id } => self.end(at, finished(&id, true)),
                }
            } else {
                break;
            }
        }
        self.audit.assert_all_finished();
        let folded = self.journal.iter().fold(State::default(), |mut state, event| {
            state.apply(event);
            state
        });
        assert_eq!(folded, self.state, "the state is the fold of its journal");
    }

    /// A journal that ends anywhere is a session: it can be stored, and goes on to the same end.
    pub(crate) fn assert_prefix(&self, cut: Index) {
        let (before, after) = self.journal.split_at(cut.index(self.journal.len() + 1));
        let mut state = State::default();
        before.iter().for_each(|event| state.apply(event));
        assert_eq!(state.seq().0, before.len() as u64);
        assert_paired(state.history());
        let mut stored: State = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(stored, state);
        after.iter().for_each(|event| stored.apply(event));
        assert_eq!(stored, self.state);
    }

    /// One step: decides, commits, applies, starts the effects; and checks.
    fn give(&mut self, input: Input) -> Result<Decision, Rejection> {
        self.steps += 1;
        let before = self.state.clone();
        let decided = decide(&self.state, input.clone());
        assert_eq!(decide(&self.state, input), decided, "the same input gives the same decision");
        let decision = match decided {
            Ok(decision) => decision,
            Err(rejection) => {
                assert_eq!(self.state, before, "a rejected input changes nothing");
                let debug = format!("{rejection:?}");
                let name = debug.split('(').next().unwrap_or_default();
                self.rejections.insert(format!("rejected: {name}"));
                return Err(rejection);
            }
        };
        for event in &decision.events {
            self.state.apply(event);
            self.shadow.apply(&serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap());
            self.journal.push(event.clone());
            self.audit.event(event, self.state.history());
        }
        assert!(is_added_to(self.state.history().messages(), before.history().messages()));
        for effect in &decision.effects {
            self.start(effect);
        }
        assert_eq!(self.shadow, self.state, "the state is the fold of its journal");
        if self.steps.is_multiple_of(8) {
            let stored: State = serde_json::from_str(&serde_json::to_string(&self.state).unwrap()).unwrap();
            assert_eq!(stored, self.state);
        }
        self.assert_in_step();
        Ok(decision)
    }

    fn start(&mut self, effect: &Effect) {
        match effect {
            Effect::CallModel { run, turn } => {
                let waits = self.jobs.iter().any(|job| job.state == JobState::On);
                assert!(!waits, "the model is asked when nothing else is on");
                assert_paired(self.state.history());
                assert!(self.state.history().is_ready());
                self.audit.model_called(*run, *turn);
                self.jobs.push(Job { what: What::Model { run: *run, turn: *turn }, state: JobState::On });
            }
            Effect::RunTool { call, .. } => {
                self.audit.tool_started(call);
                self.jobs.push(Job { what: What::Tool { id: call.id.clone() }, state: JobState::On });
            }
            Effect::StopModel => self.stop(|what| matches!(what, What::Model { .. })),
            Effect::StopTool { call_id } => self.stop(|what| *what == What::Tool { id: call_id.clone() }),
            other => panic!("an effect this world does not know: {other:?}"),
        }
    }

    fn stop(&mut self, is_it: impl Fn(&What) -> bool) {
        let job = self.jobs.iter_mut().find(|job| job.state == JobState::On && is_it(&job.what));
        job.expect("what is stopped is on").state = JobState::Stopped;
    }

    /// What the kernel believes to be on is on, and the other way round; and a run always waits for something.
    fn assert_in_step(&self) {
        let on: Vec<&What> = self.on().map(|at| &self.jobs[at].what).collect();
        let models = on.iter().filter(|what| matches!(what, What::Model { .. })).count();
        let tools = on.iter().filter_map(|what| match what {
            What::Tool { id } => Some(id.clone()),
            What::Model { .. } => None,
        });
        assert_eq!(models == 1, self.audit.is_asking());
        assert!(models <= 1);
        assert_eq!(tools.collect::<BTreeSet<_>>(), self.audit.running());
        let waiting: Vec<ToolCallId> = self.state.calls_to_ask().cloned().collect();
        assert_eq!(waiting.into_iter().collect::<BTreeSet<_>>(), self.audit.asked());
        assert_eq!(self.state.active_run(), self.audit.active());
        let is_waiting = !on.is_empty() || !self.audit.asked().is_empty();
        assert_eq!(self.state.active_run().is_some(), is_waiting, "a run that waits for nothing never ends");
    }

    fn on(&self) -> impl Iterator<Item = usize> {
        (0..self.jobs.len()).filter(|at| self.jobs[*at].state == JobState::On)
    }

    fn pick_job(&self, pick: &Pick, is_it: impl Fn(&What) -> bool) -> Option<usize> {
        let there: Vec<usize> = (0..self.jobs.len())
            .filter(|at| is_it(&self.jobs[*at].what) && (pick.any || self.jobs[*at].state == JobState::On))
            .collect();
        (!there.is_empty()).then(|| *pick.index.get(&there))
    }

    fn pick_model(&self, pick: &Pick) -> Option<(usize, RunId, u32)> {
        let at = self.pick_job(pick, |what| matches!(what, What::Model { .. }))?;
        // A turn that is asked again has the same name as before: its newest request is meant.
        let at = (at..self.jobs.len()).rfind(|later| self.jobs[*later].what == self.jobs[at].what)?;
        let What::Model { run, turn } = self.jobs[at].what else { return None };
        Some((at, run, turn))
    }

    fn pick_tool(&self, pick: &Pick) -> Option<(usize, ToolCallId)> {
        let at = self.pick_job(pick, |what| matches!(what, What::Tool { .. }))?;
        let What::Tool { id } = &self.jobs[at].what else { return None };
        Some((at, id.clone()))
    }

    fn pick_call(&self, pick: &Pick, open: impl Fn(&Audit) -> BTreeSet<ToolCallId>) -> Option<ToolCallId> {
        let there = if pick.any { self.audit.known() } else { open(&self.audit) };
        let there: Vec<ToolCallId> = there.into_iter().collect();
        (!there.is_empty()).then(|| pick.index.get(&there).clone())
    }
}

fn finished(id: &ToolCallId, succeeds: bool) -> Input {
    let (outcome, result) = if succeeds {
        (ToolOutcome::Succeeded, ToolResult::success(id.clone(), []))
    } else {
        (ToolOutcome::Failed, ToolResult::error(id.clone(), "no"))
    };
    Input::ToolFinished { outcome, result, elapsed: HumanDuration::from(Duration::from_millis(3)) }
}

fn failed(run: RunId, turn: u32, kind: ModelFailureKind) -> Input {
    Input::ModelFailure { run, turn, failure: ModelFailure::new(kind, "no answer") }
}
