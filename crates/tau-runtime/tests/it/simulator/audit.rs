//! A second opinion: what the events and effects may be, judged from the events alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tau_core::config::{Budget, PermissionMode};
use tau_core::event::{
    BudgetLimit, DenialReason, EventBody, ModelFailureKind, PermissionAnswer, RunOutcome, SessionConfig,
    ToolOutcome,
};
use tau_core::{ChatResponse, ContentBlock, Message, Role, RunId, ToolCall, ToolCallId};
use tau_session::History;

/// What was heard so far.
#[derive(Debug)]
pub(crate) struct Audit {
    mode: PermissionMode,
    budget: Budget,
    granted: BTreeSet<String>,
    submitted: Vec<RunId>,
    started: usize,
    finished: BTreeMap<RunId, RunOutcome>,
    on: Option<RunAudit>,
    /// Calls of the newest reply that are not announced yet.
    unannounced: VecDeque<ToolCall>,
    calls: BTreeMap<ToolCallId, CallAudit>,
    pub(crate) met: BTreeSet<&'static str>,
}

#[derive(Debug)]
struct RunAudit {
    id: RunId,
    turn: u32,
    /// How often the turn that is on was asked.
    tries: u32,
    asking: bool,
    may_ask_again: bool,
    tokens: u64,
    announced: u32,
    ran: u32,
    is_out_of_calls: bool,
}

#[derive(Debug)]
struct CallAudit {
    call: ToolCall,
    is_asked: bool,
    is_allowed: bool,
    has_run: bool,
    has_result: bool,
}

enum Verdict {
    Allow,
    Ask,
    Deny,
}

impl Audit {
    pub(crate) fn new(config: &SessionConfig) -> Self {
        Self {
            mode: config.permissions.mode.unwrap(),
            budget: config.budget,
            granted: BTreeSet::new(),
            submitted: Vec::new(),
            started: 0,
            finished: BTreeMap::new(),
            on: None,
            unannounced: VecDeque::new(),
            calls: BTreeMap::new(),
            met: BTreeSet::new(),
        }
    }

    /// Written down once more, for the tools of the tests alone.
    fn verdict(&self, tool: &str) -> Verdict {
        let must_ask = || if self.mode == PermissionMode::DontAsk { Verdict::Deny } else { Verdict::Ask };
        match tool {
            "banned" => Verdict::Deny,
            "look" | "free" | "nonsense" => Verdict::Allow,
            _ if self.mode == PermissionMode::Bypass || self.granted.contains(tool) => Verdict::Allow,
            _ => must_ask(),
        }
    }

    /// Takes an event in; the history has it already.
    pub(crate) fn event(&mut self, event: &EventBody, history: &History) {
        if !matches!(event, EventBody::ToolRequested { .. }) {
            assert!(self.unannounced.is_empty(), "all calls are announced at once, before {event:?}");
        }
        match event {
            EventBody::PromptSubmitted { run, .. } => {
                assert!(!self.was_submitted(*run));
                self.submitted.push(*run);
            }
            EventBody::RunStarted { run } => self.run_started(*run),
            EventBody::RunFinished { run, outcome } => self.run_finished(*run, outcome),
            EventBody::ModelRequested { run, turn } => {
                assert!(history.is_ready() && history.open_calls().next().is_none());
                assert_paired(history);
                self.model_requested(*run, *turn);
            }
            EventBody::ModelReplied { turn, response } => self.model_replied(*turn, response),
            EventBody::ModelFailed { turn, failure } => {
                let run = self.on.as_mut().unwrap();
                assert!(run.asking && run.turn == *turn);
                run.asking = false;
                run.may_ask_again = failure.kind == ModelFailureKind::Interrupted && run.tries < 3;
            }
            EventBody::ToolRequested { call, .. } => self.call_announced(call),
            EventBody::ToolFinished { outcome, result, .. } => self.call_finished(&result.call_id, *outcome),
            EventBody::PermissionRequested { call_id, .. } => {
                self.met.insert("call asked about");
                assert!(matches!(self.verdict(&self.calls[call_id].call.name.clone()), Verdict::Ask));
                let call = self.calls.get_mut(call_id).unwrap();
                assert!(!call.has_run && !call.has_result && !call.is_asked);
                call.is_asked = true;
            }
            EventBody::PermissionAnswered { call_id, answer } => self.call_answered(call_id, answer),
            EventBody::SessionClosed => {
                self.met.insert("session closed");
            }
            _ => {}
        }
    }

    fn run_started(&mut self, run: RunId) {
        assert!(self.on.is_none(), "one run at a time");
        assert_eq!(self.submitted.get(self.started), Some(&run), "runs start in the order of their prompts");
        self.started += 1;
        self.on = Some(RunAudit {
            id: run,
            turn: 0,
            tries: 0,
            asking: false,
            may_ask_again: false,
            tokens: 0,
            announced: 0,
            ran: 0,
            is_out_of_calls: false,
        });
    }

    fn run_finished(&mut self, run: RunId, outcome: &RunOutcome) {
        let on = self.on.take().expect("a run that ends was on");
        assert_eq!(on.id, run);
        assert!(self.unfinished().is_empty(), "every call has its result before the run ends");
        assert!(self.finished.insert(run, outcome.clone()).is_none(), "a run ends once");
        self.met.insert(match outcome {
            RunOutcome::Completed => "run completed",
            RunOutcome::Cancelled => "run cancelled",
            RunOutcome::Failed { .. } => {
                assert!(!on.may_ask_again, "an answer that broke off is asked for again first");
                "run failed"
            }
            RunOutcome::TurnLimit { limit } => {
                assert_eq!((Some(*limit), on.turn), (self.budget.max_turns, *limit));
                "run out of turns"
            }
            RunOutcome::BudgetExceeded { limit: BudgetLimit::Tokens } => {
                assert!(on.tokens >= self.budget.max_tokens.unwrap());
                "run out of tokens"
            }
            RunOutcome::BudgetExceeded { limit: BudgetLimit::ToolCalls } => {
                assert!(on.is_out_of_calls);
                "run out of calls"
            }
            other => panic!("no such limit was set: {other:?}"),
        });
    }

    fn model_requested(&mut self, run: RunId, turn: u32) {
        assert!(self.unfinished().is_empty());
        let on = self.on.as_mut().unwrap();
        assert!(on.id == run && !on.asking && !on.is_out_of_calls);
        if on.may_ask_again {
            self.met.insert("turn asked again");
            assert_eq!(turn, on.turn);
            on.tries += 1;
        } else {
            assert_eq!(turn, on.turn + 1);
            on.tries = 1;
            assert!(self.budget.max_tokens.is_none_or(|most| on.tokens < most));
        }
        assert!(turn <= self.budget.max_turns());
        (on.turn, on.asking, on.may_ask_again) = (turn, true, false);
    }

    fn model_replied(&mut self, turn: u32, response: &ChatResponse) {
        let on = self.on.as_mut().unwrap();
        assert!(on.asking && on.turn == turn);
        on.asking = false;
        on.tokens += response.usage.map_or(0, |usage| usage.total());
        let calls = response.content.iter().filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call.clone()),
            _ => None,
        });
        self.unannounced = calls.collect();
    }

    fn call_announced(&mut self, call: &ToolCall) {
        assert_eq!(self.unannounced.pop_front().as_ref(), Some(call), "calls are announced in their order");
        assert!(!call.id.as_str().is_empty());
        let on = self.on.as_mut().unwrap();
        on.announced += 1;
        on.is_out_of_calls = self.budget.max_tool_calls.is_some_and(|most| on.announced > most);
        let audit = CallAudit {
            call: call.clone(),
            is_asked: false,
            is_allowed: false,
            has_run: false,
            has_result: false,
        };
        assert!(self.calls.insert(call.id.clone(), audit).is_none(), "an id is used once in a session");
    }

    fn call_answered(&mut self, id: &ToolCallId, answer: &PermissionAnswer) {
        let call = self.calls.get_mut(id).unwrap();
        assert!(call.is_asked && !call.has_result);
        call.is_asked = false;
        call.is_allowed = matches!(answer, PermissionAnswer::Allow | PermissionAnswer::AllowAlways);
        if *answer == PermissionAnswer::AllowAlways {
            self.granted.insert(call.call.name.clone());
        }
    }

    fn call_finished(&mut self, id: &ToolCallId, outcome: ToolOutcome) {
        let is_out_of_calls = self.on.as_ref().unwrap().is_out_of_calls;
        let by_rule = matches!(self.verdict(&self.calls[id].call.name), Verdict::Deny) || is_out_of_calls;
        let call = self.calls.get_mut(id).unwrap();
        assert!(!call.has_result, "a call has one result");
        call.has_result = true;
        call.is_asked = false;
        self.met.insert(match outcome {
            ToolOutcome::Succeeded => "call succeeded",
            ToolOutcome::Failed => "call failed",
            ToolOutcome::Cancelled => "call cancelled",
            ToolOutcome::Denied { reason } => {
                assert!(!call.has_run && !call.is_allowed);
                assert_eq!(reason == DenialReason::Rule, by_rule);
                match reason {
                    DenialReason::Rule => "call denied by rule",
                    DenialReason::Person => "call denied by person",
                    _ => "call denied by nobody",
                }
            }
            other => panic!("nobody said {other:?}"),
        });
        assert!(call.has_run || !matches!(outcome, ToolOutcome::Succeeded | ToolOutcome::Failed));
    }

    pub(crate) fn model_called(&self, run: RunId, turn: u32) {
        let on = self.on.as_ref().unwrap();
        assert!(on.asking && on.id == run && on.turn == turn, "the request was announced");
    }

    pub(crate) fn tool_started(&mut self, announced: &ToolCall) {
        let may_run = matches!(self.verdict(&announced.name), Verdict::Allow);
        let call = self.calls.get_mut(&announced.id).expect("a call runs after it was announced");
        assert_eq!(call.call, *announced);
        assert!(!call.has_run, "a call runs once");
        assert!(!call.has_result && !call.is_asked && (may_run || call.is_allowed));
        call.has_run = true;
        let on = self.on.as_mut().unwrap();
        on.ran += 1;
        assert!(self.budget.max_tool_calls.is_none_or(|most| on.ran <= most));
    }

    fn calls_that(&self, is_it: impl Fn(&CallAudit) -> bool) -> BTreeSet<ToolCallId> {
        self.calls.values().filter(|call| is_it(call)).map(|call| call.call.id.clone()).collect()
    }

    pub(crate) fn known(&self) -> BTreeSet<ToolCallId> {
        self.calls_that(|_| true)
    }

    pub(crate) fn unfinished(&self) -> BTreeSet<ToolCallId> {
        self.calls_that(|call| !call.has_result)
    }

    pub(crate) fn running(&self) -> BTreeSet<ToolCallId> {
        self.calls_that(|call| call.has_run && !call.has_result)
    }

    pub(crate) fn asked(&self) -> BTreeSet<ToolCallId> {
        self.calls_that(|call| call.is_asked)
    }

    pub(crate) fn active(&self) -> Option<RunId> {
        self.on.as_ref().map(|run| run.id)
    }

    pub(crate) fn is_asking(&self) -> bool {
        self.on.as_ref().is_some_and(|run| run.asking)
    }

    pub(crate) fn was_submitted(&self, run: RunId) -> bool {
        self.submitted.contains(&run)
    }

    pub(crate) fn was_cancelled(&self, run: RunId) -> bool {
        self.finished.get(&run) == Some(&RunOutcome::Cancelled)
    }

    pub(crate) fn assert_all_finished(&self) {
        assert_eq!(self.started, self.submitted.len());
        assert!(self.submitted.iter().all(|run| self.finished.contains_key(run)));
        assert_eq!(self.finished.len(), self.submitted.len());
        assert!(self.unfinished().is_empty());
    }
}

/// Every call has one result, in order, in the very next message; only the newest may still wait.
pub(crate) fn assert_paired(history: &History) {
    let messages = history.messages();
    for (position, message) in messages.iter().enumerate() {
        let calls: Vec<_> = message.tool_calls().map(|call| &call.id).collect();
        match messages.get(position + 1) {
            Some(next) => {
                let results: Vec<_> = next.tool_results().map(|result| &result.call_id).collect();
                assert_eq!(results, calls);
                assert_eq!(next.role == Role::Tool, !calls.is_empty());
            }
            None => assert_eq!(history.is_ready(), calls.is_empty()),
        }
        assert!(!message.content.is_empty(), "providers refuse empty messages");
    }
}

pub(crate) fn is_added_to(messages: &[Arc<Message>], before: &[Arc<Message>]) -> bool {
    messages.len() >= before.len() && messages.iter().zip(before).all(|(a, b)| Arc::ptr_eq(a, b))
}
