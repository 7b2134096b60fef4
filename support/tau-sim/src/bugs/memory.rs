//! Decisions with a mistake in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tau_core::event::{EventBody, PermissionAnswer, RunOutcome, ToolOutcome};
use tau_core::{ContentBlock, Message, RunId, ToolCall, ToolCallId};
use tau_runtime::kernel::{Decision, Effect, Input, Rejection, State, decide};

use super::{Bug, hooks, people};

/// What a mistake remembers between decisions.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Calls that were announced, with their keys.
    pub(super) calls: Vec<(ToolCall, String)>,
    has_run_twice: bool,
    /// Prompts that were submitted.
    pub(super) prompts: BTreeMap<RunId, Vec<ContentBlock>>,
    /// Calls of the conversation that was imported.
    pub(super) imported: BTreeSet<ToolCallId>,
}

impl Memory {
    pub(crate) fn decide(&mut self, bug: Bug, state: &State, input: Input) -> Result<Decision, Rejection> {
        let input = before(bug, state, input);
        let heard = input.clone();
        let decided = decide(state, input);
        if let Ok(decision) = &decided {
            self.remember(decision);
        }
        match decided {
            Ok(decision) => {
                let mut decision = self.after(bug, state, &heard, decision);
                hooks::mistake(self, bug, state, &heard, &mut decision);
                Ok(decision)
            }
            Err(Rejection::Stale) if bug == Bug::TakesLate => late(heard),
            Err(rejection) if people::takes(bug, &rejection) => people::take(heard, rejection),
            Err(rejection) => Err(rejection),
        }
    }

    fn remember(&mut self, decision: &Decision) {
        for event in &decision.events {
            match event {
                EventBody::ToolRequested { call, idempotency_key, .. } => {
                    self.calls.push((call.clone(), idempotency_key.clone()));
                }
                EventBody::PromptSubmitted { run, content, .. } => {
                    self.prompts.insert(*run, content.clone());
                }
                EventBody::HistoryImported { messages } => {
                    let calls = messages.iter().flat_map(Message::tool_calls);
                    self.imported.extend(calls.map(|call| call.id.clone()));
                }
                _ => {}
            }
        }
    }

    /// An effect that runs a call.
    pub(super) fn run(&self, state: &State, id: &ToolCallId) -> Option<Effect> {
        let known = self.calls.iter().find(|(call, _)| call.id == *id);
        let (call, idempotency_key) = known.cloned().or_else(|| in_history(state, id))?;
        Some(Effect::RunTool { run: state.active_run()?, call, at_once: false, idempotency_key })
    }

    fn after(&mut self, bug: Bug, state: &State, input: &Input, mut decision: Decision) -> Decision {
        let Decision { events, effects, .. } = &mut decision;
        match (bug, input) {
            (Bug::RunsAgain, Input::Resume) => {
                if let Some(at) = events.iter().position(is_unknown)
                    && let EventBody::ToolFinished { result, .. } = &events[at]
                    && let Some(effect) = self.run(state, &result.call_id)
                {
                    events.remove(at);
                    events.retain(|event| !matches!(event, EventBody::ModelRequested { .. }));
                    effects.retain(|effect| {
                        !matches!(effect, Effect::CallModel { .. } | Effect::Compact { .. })
                    });
                    effects.push(effect);
                }
            }
            (Bug::ForgetsCancelled, Input::Cancel { .. }) => {
                let cancelled = |event: &EventBody| {
                    matches!(event, EventBody::ToolFinished { outcome: ToolOutcome::Cancelled, .. })
                };
                if let Some(at) = events.iter().position(cancelled) {
                    events.remove(at);
                }
            }
            (Bug::BeginsAtOnce, _) => begun(effects).for_each(|(at_once, _)| *at_once = true),
            (Bug::RunsPromptTwice, _) => self.run_twice(&mut decision),
            (Bug::OneTurnMore, _) => one_turn_more(state, &mut decision),
            (Bug::LeavesSubagent, _) => {
                effects.retain(|effect| !matches!(effect, Effect::StopSubagent { .. }))
            }
            (Bug::LeavesTool, Input::Cancel { .. }) => {
                effects.retain(|effect| !matches!(effect, Effect::StopTool { .. }));
            }
            (Bug::WholeBudget | Bug::WiderChild, _) => widen(bug, state, &mut decision),
            (
                Bug::OutOfOrder,
                Input::PermissionAnswer { .. } | Input::QuestionAnswer { .. } | Input::ModelReply { .. },
            ) => {
                effects.reverse();
            }
            (Bug::ReusesIds, Input::ModelReply { response, .. }) => {
                restore_ids(response, &mut decision, |_| true);
            }
            (Bug::ForgetsImported, Input::ModelReply { response, .. }) => {
                restore_ids(response, &mut decision, |id| self.imported.contains(id));
            }
            (Bug::ForkRuns, Input::Fork { .. }) => {
                let at = events.iter().position(is_unknown);
                if let Some(EventBody::ToolFinished { result, .. }) = at.map(|at| &events[at])
                    && let Some(effect) = self.run(state, &result.call_id)
                {
                    events.truncate(at.unwrap_or_default());
                    effects.push(effect);
                }
            }
            (Bug::RunsDenied, Input::PermissionAnswer { call_id, answer: PermissionAnswer::Deny { .. } }) => {
                effects.extend(self.run(state, call_id));
                events.truncate(1);
                effects.retain(|effect| matches!(effect, Effect::RunTool { .. }));
            }
            (Bug::AnswersTwice, Input::ToolFinished { .. }) => events.insert(0, events[0].clone()),
            (Bug::NewKey, Input::Resume) => begun(effects).for_each(|(_, key)| key.push('2')),
            (Bug::AsksEarly, Input::ToolFinished { .. }) => {
                if let Some((run, turn)) =
                    state.active_run().filter(|_| events.len() == 1).zip(turn_of(state))
                {
                    events.push(EventBody::ModelRequested { run, turn });
                    effects.push(Effect::CallModel { run, turn });
                }
            }
            (Bug::RunsUnjudged, Input::Resume) => {
                for event in std::mem::take(events) {
                    match event {
                        EventBody::PermissionRequested { call_id, .. } => {
                            effects.extend(self.run(state, &call_id))
                        }
                        other => events.push(other),
                    }
                }
            }
            (Bug::ForgetsToSettle, Input::Resume) => {
                let settles = |event: &EventBody| matches!(event, EventBody::ToolFinished { result, .. } if result.text().contains("went back"));
                if events.iter().any(settles) {
                    events.truncate(1);
                }
            }
            (Bug::ReportsFirst, Input::SubagentFinished(_)) if events.len() > 1 => events.swap(0, 1),
            (Bug::NeverAsks, Input::Resume) => {
                effects.retain(|effect| !matches!(effect, Effect::CallModel { .. }));
            }
            (Bug::LosesInjected, Input::Inject { .. }) if state.active_run().is_some() => events.clear(),
            _ => people::mistake(self, bug, input, events),
        }
        decision
    }

    fn run_twice(&mut self, decision: &mut Decision) {
        let finished = decision.events.iter().find_map(|event| match event {
            EventBody::RunFinished { run, .. } => Some(*run),
            _ => None,
        });
        let starts = decision.events.iter().any(|event| {
            matches!(
                event,
                EventBody::RunStarted { .. } | EventBody::SessionClosed | EventBody::Rewound { .. }
            )
        });
        if let Some(run) = finished.filter(|_| !starts && !self.has_run_twice) {
            self.has_run_twice = true;
            let again = [EventBody::RunStarted { run }, EventBody::ModelRequested { run, turn: 1 }];
            decision.events.extend(again);
            decision.effects.push(Effect::CallModel { run, turn: 1 });
        }
    }
}

/// What goes in with a mistake.
fn before(bug: Bug, state: &State, mut input: Input) -> Input {
    people::before(bug, state, &mut input);
    if let Input::Compacted { compaction: Some(compaction), .. } = &mut input {
        match (bug, state.plan()) {
            (Bug::TornCompaction, _) => {
                let results =
                    state.history().messages().iter().find(|message| message.tool_results().next().is_some());
                compaction.replacement.extend(results.map(|message| Message::clone(message)));
            }
            (Bug::DropsPlan, Some(plan)) => {
                for message in &mut compaction.replacement {
                    let text = message.text().replace(plan, "");
                    *message = Message::user([ContentBlock::text(text)]);
                }
            }
            _ => {}
        }
    }
    input
}

fn late(input: Input) -> Result<Decision, Rejection> {
    let Input::ToolFinished { outcome, result, elapsed } = input else { return Err(Rejection::Stale) };
    let mut decision = Decision::default();
    decision.events.push(EventBody::ToolFinished { outcome, result, elapsed });
    Ok(decision)
}

/// Of each call that begins, whether it waits for nothing, and its key.
fn begun(effects: &mut [Effect]) -> impl Iterator<Item = (&mut bool, &mut String)> {
    effects.iter_mut().filter_map(|effect| match effect {
        Effect::RunTool { at_once, idempotency_key, .. } => Some((at_once, idempotency_key)),
        _ => None,
    })
}

fn is_unknown(event: &EventBody) -> bool {
    matches!(event, EventBody::ToolFinished { outcome: ToolOutcome::Unknown, .. })
}

fn in_history(state: &State, id: &ToolCallId) -> Option<(ToolCall, String)> {
    let mut calls = state.history().messages().iter().flat_map(|message| message.tool_calls());
    calls.find(|call| call.id == *id).map(|call| (call.clone(), String::new()))
}

/// A turn after all that there can have been.
fn turn_of(state: &State) -> Option<u32> {
    u32::try_from(state.history().messages().len()).ok()
}

fn one_turn_more(state: &State, decision: &mut Decision) {
    let limit = decision.events.iter().enumerate().find_map(|(at, event)| match event {
        EventBody::RunFinished { run, outcome: RunOutcome::TurnLimit { limit } } => Some((at, *run, *limit)),
        _ => None,
    });
    let Some((at, run, limit)) = limit.filter(|(_, run, _)| state.active_run() == Some(*run)) else { return };
    let turn = limit + 1;
    decision.events.truncate(at);
    decision.events.push(EventBody::ModelRequested { run, turn });
    decision.effects.retain(|effect| !matches!(effect, Effect::CallModel { .. } | Effect::SetTimer { .. }));
    decision.effects.push(Effect::CallModel { run, turn });
}

fn widen(bug: Bug, state: &State, decision: &mut Decision) {
    let Some(config) = state.config() else { return };
    for event in &mut decision.events {
        if let (Bug::WholeBudget, EventBody::SubagentStarted { budget, .. }) = (bug, event) {
            *budget = config.budget;
        }
    }
    for effect in &mut decision.effects {
        if let Effect::StartSubagent { config: child, .. } = effect {
            if bug == Bug::WholeBudget {
                child.budget = config.budget;
            } else {
                child.permissions.deny.clear();
                child.permissions.mode = Some(tau_core::config::PermissionMode::Bypass);
            }
        }
    }
}

/// Gives calls the ids back that the model gave them, where those are some to reuse.
fn restore_ids(
    response: &tau_core::ChatResponse,
    decision: &mut Decision,
    is_reused: impl Fn(&ToolCallId) -> bool,
) {
    let originals = || {
        response.content.iter().filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call.id.clone()),
            _ => None,
        })
    };
    let mut announced = originals();
    for event in &mut decision.events {
        match event {
            EventBody::ModelReplied { response: reply, .. } => {
                let mut said = originals();
                let reply = Arc::make_mut(reply);
                for block in Arc::make_mut(&mut reply.content) {
                    if let ContentBlock::ToolCall(call) = block
                        && let Some(id) = said.next().filter(&is_reused)
                    {
                        call.id = id;
                    }
                }
            }
            EventBody::ToolRequested { call, .. } => {
                if let Some(id) = announced.next().filter(&is_reused) {
                    call.id = id;
                }
            }
            _ => {}
        }
    }
}
