//! What models, tools and timers do.

use std::time::Duration;

use tau_core::event::{
    CancelScope, HookPoint, HookSubject, ModelFailure, ModelFailureKind, PermissionAnswer, RunOutcome,
    ToolOutcome,
};
use tau_core::{
    ChatResponse, ContentBlock, FinishReason, HumanDuration, RunId, SessionId, TokenUsage, ToolArguments,
    ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_runtime::kernel::{Input, SubagentReport};
use tau_session::compaction::{Compaction, Compactor, Pinned, SlidingWindow, Summary, Truncation};

use super::World;
use super::session::{JobState, What};
use crate::audit::check_paired;
use crate::invariant::{Checked, ensure};
use crate::script::{Answer, CallSpec, End, JobPick, Pick, Shorter};

/// Messages that a sliding window keeps.
const WINDOW: usize = 2;

/// Characters of a tool's result that floods.
const FLOOD: usize = 1_000;

impl World {
    /// A job: of those that are on, or of those that are no more and were not asked for again.
    pub(super) fn pick_job(&self, pick: JobPick, is_it: impl Fn(&What) -> bool) -> Option<(usize, usize)> {
        let mut found = Vec::new();
        for (at, session) in self.sessions.iter().enumerate() {
            let Some(writer) = &session.writer else { continue };
            for (which, job) in writer.jobs.iter().enumerate().filter(|(_, job)| is_it(&job.what)) {
                let is_wanted = if pick.late {
                    !writer.jobs.iter().any(|other| other.is_live() && other.what == job.what)
                } else {
                    job.state == JobState::On
                };
                if is_wanted {
                    found.push((at, which));
                }
            }
        }
        pick.pick.of(found.len()).map(|which| found[which])
    }

    /// What a job does, and whether its end is waited for. It is over then.
    pub(super) fn end_job(&mut self, (at, which): (usize, usize)) -> Option<(What, bool)> {
        let job = self.sessions[at].writer.as_mut()?.jobs.get_mut(which)?;
        let was_on = job.state == JobState::On;
        if was_on {
            job.state = JobState::Ended;
        }
        Some((job.what.clone(), was_on))
    }

    pub(super) fn reply(&mut self, pick: JobPick, calls: &[CallSpec], usage: Option<(u64, u64)>) -> Checked {
        let job = self.pick_job(pick, |what| matches!(what, What::Model { .. }));
        let Some(job) = job else { return Ok(()) };
        let Some((What::Model { run, turn }, was_on)) = self.end_job(job) else { return Ok(()) };
        let mut content = Vec::new();
        let name = self.name();
        // Some say nothing at all.
        if !name.is_multiple_of(7) {
            content.push(ContentBlock::text(format!("reply <{name}>")));
        }
        let calls: Vec<ToolCall> = calls.iter().map(|call| self.call_of(*call)).collect();
        let finish = if calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        content.extend(calls.into_iter().map(ContentBlock::ToolCall));
        let mut response = ChatResponse::new(content, finish);
        if let Some((input, output)) = usage {
            response = response.with_usage(TokenUsage { input, output, ..TokenUsage::default() });
        }
        self.give_expecting(job.0, Input::ModelReply { run, turn, response: Box::new(response) }, was_on)
    }

    fn call_of(&mut self, spec: CallSpec) -> ToolCall {
        let name = self.name();
        let arguments = match spec.tool {
            _ if spec.bad => "{oops".to_owned(),
            "ask" => format!(r#"{{"question":"question <{name}>"}}"#),
            "plan" => format!(r#"{{"plan":"plan <{name}>"}}"#),
            "task" if name.is_multiple_of(3) => format!(r#"{{"prompt":"task <{name}>","background":true}}"#),
            "task" => format!(r#"{{"prompt":"task <{name}>"}}"#),
            _ => format!(r#"{{"n":{name}}}"#),
        };
        ToolCall::new(ToolCallId::new(spec.id), spec.tool, ToolArguments::parse(arguments))
    }

    pub(super) fn fail(&mut self, pick: JobPick, kind: ModelFailureKind) -> Checked {
        let job = self.pick_job(pick, |what| matches!(what, What::Model { .. }));
        let Some(job) = job else { return Ok(()) };
        let Some((What::Model { run, turn }, was_on)) = self.end_job(job) else { return Ok(()) };
        let failure = ModelFailure::new(kind, "no answer");
        self.give_expecting(job.0, Input::ModelFailure { run, turn, failure }, was_on)
    }

    pub(super) fn shorten(&mut self, pick: JobPick, how: Shorter, usage: Option<u64>) -> Checked {
        let job = self.pick_job(pick, |what| matches!(what, What::Compact { .. }));
        let Some(job) = job else { return Ok(()) };
        // No journal knows of a turn that hooks are asked about whether its history was made shorter: a driver says so once.
        if pick.late && self.is_turn_asked_about(job.0) {
            return Ok(());
        }
        let Some((What::Compact { run, turn }, was_on)) = self.end_job(job) else { return Ok(()) };
        let compaction = self.compaction(job.0, how, usage)?;
        if compaction.is_some() && was_on {
            self.coverage.count("session", "compacted");
            if self.sessions[job.0].audit.plan.is_some() {
                self.coverage.count("session", "plan kept");
            }
        }
        self.give_expecting(job.0, Input::Compacted { run, turn, compaction }, was_on)
    }

    fn compaction(&mut self, at: usize, how: Shorter, usage: Option<u64>) -> Checked<Option<Compaction>> {
        let name = self.name();
        let session = &self.sessions[at];
        let (Some(writer), Some(policy)) = (&session.writer, &session.config.compaction) else {
            return Ok(None);
        };
        let mut pinned = Pinned::default();
        if let Some(plan) = writer.state.plan() {
            pinned = pinned.with("The plan", plan);
        }
        let (history, target) = (writer.state.history(), policy.to_tokens);
        Ok(match how {
            Shorter::Truncation => Truncation.compact(history, &pinned, target),
            Shorter::Window => SlidingWindow::new(WINDOW).compact(history, &pinned, target),
            Shorter::Summary => {
                let Some(request) = Summary::new(target / 2).request(history) else { return Ok(None) };
                check_paired(&request.messages)?;
                let usage = usage.map(|input| TokenUsage { input, ..TokenUsage::default() });
                let compaction = request.answered(history, &pinned, &format!("summary <{name}>"));
                compaction.map(|compaction| compaction.with_usage(usage))
            }
            Shorter::Nothing => None,
        })
    }

    pub(super) fn finish(&mut self, pick: JobPick, end: End, twice: bool) -> Checked {
        let job = self.pick_job(pick, |what| matches!(what, What::Tool { .. }));
        let Some(job) = job else { return Ok(()) };
        let Some((What::Tool { call, .. }, was_on)) = self.end_job(job) else { return Ok(()) };
        let name = self.name();
        let input = finished(call.id, end, name);
        self.give_expecting(job.0, input.clone(), was_on)?;
        if twice { self.give_expecting(job.0, input, false) } else { Ok(()) }
    }

    pub(super) fn time_up(&mut self, pick: JobPick) -> Checked {
        let job = self.pick_job(pick, |what| matches!(what, What::Timer { .. }));
        let Some(job) = job else { return Ok(()) };
        let Some((What::Timer { run }, _)) = self.end_job(job) else { return Ok(()) };
        let is_on = self.sessions[job.0].audit.on.as_ref().is_some_and(|on| on.id == run);
        self.give_expecting(job.0, Input::TimeUp { run }, is_on)
    }

    /// What nobody asked for.
    pub(super) fn stray(&mut self, session: Pick, what: Pick) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let run = RunId::from_u128(u128::MAX);
        let call_id = ToolCallId::new("stranger");
        let input = match what.0 % 10 {
            0 => {
                let response = ChatResponse::new([ContentBlock::text("?")], FinishReason::Stop);
                Input::ModelReply { run, turn: 1, response: Box::new(response) }
            }
            1 => finished(call_id, End::Succeeds, 0),
            2 => {
                let child = SessionId::from_u128(u128::MAX);
                Input::SubagentFinished(Box::new(SubagentReport::new(child, RunOutcome::Completed, "?")))
            }
            3 => Input::PermissionAnswer { call_id, answer: PermissionAnswer::AllowAlways },
            4 => Input::Compacted { run, turn: 1, compaction: None },
            5 => Input::TimeUp { run },
            6 => Input::Cancel { scope: CancelScope::QueuedRun { run } },
            7 => Input::HooksDecided {
                point: HookPoint::BeforeModel,
                about: HookSubject::Turn { run, turn: 1 },
                decision: Box::default(),
            },
            8 => Input::HooksDecided {
                point: HookPoint::BeforeTool,
                about: HookSubject::Call { call_id },
                decision: Box::default(),
            },
            _ => Input::Cancel { scope: CancelScope::ToolCall { call_id } },
        };
        self.give_expecting(at, input, false)
    }

    /// How a job ends when nothing goes wrong; `None` when it ends by itself.
    pub(super) fn normal_end(&mut self, what: &What) -> Option<Input> {
        match what {
            What::Model { run, turn } => {
                let response = ChatResponse::new([ContentBlock::text("Done")], FinishReason::Stop);
                Some(Input::ModelReply { run: *run, turn: *turn, response: Box::new(response) })
            }
            What::Compact { run, turn } => {
                Some(Input::Compacted { run: *run, turn: *turn, compaction: None })
            }
            What::Tool { call, .. } => Some(finished(call.id.clone(), End::Succeeds, 0)),
            What::Hooks { point, about } => {
                Some(Input::HooksDecided { point: *point, about: about.clone(), decision: Box::default() })
            }
            What::Child { .. } | What::Timer { .. } => None,
        }
    }

    /// Brings one thing to its end; false when nothing is left to do.
    pub(super) fn work_once(&mut self, round: usize) -> Checked<bool> {
        for at in 0..self.sessions.len() {
            let session = &self.sessions[at];
            let Some(writer) = &session.writer else { continue };
            let asked = session
                .audit
                .open_calls()
                .find_map(|call| call.asks().map(|waits| (call.call.id.clone(), waits)));
            if let Some((id, waits)) = asked {
                let answer = if round.is_multiple_of(2) { Answer::Yes } else { Answer::Nobody };
                let input = self.answer_of(&id, waits, answer);
                self.give_expecting(at, input, true)?;
                return Ok(true);
            }
            let on = writer.jobs.iter().position(|job| {
                job.state == JobState::On && !matches!(job.what, What::Child { .. } | What::Timer { .. })
            });
            if let Some(which) = on {
                let Some((what, _)) = self.end_job((at, which)) else { continue };
                if let Some(input) = self.normal_end(&what) {
                    if let What::Hooks { point, about } = what {
                        self.sessions[at].audit.deciding = Some((point, about));
                    }
                    self.give_expecting(at, input, true)?;
                    return Ok(true);
                }
            }
            ensure!(session_is_quiet(self, at), Liveness, "session {at} waits for nothing that comes");
        }
        Ok(false)
    }
}

/// Whether nothing of a session waits in its gate.
fn session_is_quiet(world: &World, at: usize) -> bool {
    let writer = world.sessions[at].writer.as_ref();
    writer.is_none_or(|writer| writer.jobs.iter().all(|job| job.state != JobState::Waiting))
}

fn finished(call_id: ToolCallId, end: End, name: u64) -> Input {
    let text = match end {
        End::Floods => "x".repeat(FLOOD),
        _ => format!("result <{name}>"),
    };
    let (outcome, result) = match end {
        End::Succeeds | End::Floods => {
            (ToolOutcome::Succeeded, ToolResult::success(call_id, [ToolResultBlock::text(text)]))
        }
        End::Fails => (ToolOutcome::Failed, ToolResult::error(call_id, text)),
        End::TimesOut => (ToolOutcome::TimedOut, ToolResult::error(call_id, text)),
    };
    Input::ToolFinished { outcome, result, elapsed: HumanDuration::from(Duration::from_millis(3)) }
}
