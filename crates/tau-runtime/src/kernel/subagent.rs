//! Subagents: a call that gives work to a session of its own, out of this session's budget.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tau_core::config::Budget;
use tau_core::event::{
    AgentProfile, DenialReason, EventBody, HookPoint, RunOutcome, SessionConfig, Spending, ToolKind,
    ToolOutcome,
};
use tau_core::{
    ContentBlock, HumanDuration, Money, RunId, SessionId, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};

use super::control::{Child, Control};
use super::run::{Call, CallState, Phase};
use super::step::Step;
use super::{Effect, Rejection, budget, hooks, tools, turn};
use crate::names;

/// What a subagent that is as the session itself is called, where a kind is named.
pub const GENERAL_PURPOSE: &str = "general-purpose";

/// What the model is told of a subagent that nobody waits for.
const IN_BACKGROUND: &str =
    "The subagent works in the background. Go on with what does not need it; its report comes by itself.";

/// The key of a subagent's metadata that names its kind, for whoever follows it and for hooks.
pub const SUBAGENT_KEY: &str = "tau.subagent";

/// How a subagent ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SubagentReport {
    /// Its session.
    pub child: SessionId,
    /// How its work ended.
    pub outcome: RunOutcome,
    /// What it spent, with the subagents below it.
    pub spent: Spending,
    /// What it has to say, for the model.
    pub text: String,
    /// How long it worked.
    pub elapsed: HumanDuration,
}

impl SubagentReport {
    /// A report of no cost and no time.
    pub fn new(child: SessionId, outcome: RunOutcome, text: impl Into<String>) -> Self {
        let elapsed = HumanDuration::from(Duration::ZERO);
        Self { child, outcome, spent: Spending::default(), text: text.into(), elapsed }
    }
}

/// Starts a subagent for a call that may run, or says why not.
pub(super) fn start(step: &mut Step<'_>, call: ToolCall) {
    let (Some(run), Some(config)) = (step.control.run(), step.control.config()) else { return };
    let (run, started) = (run.id, run.subagents);
    let Work { prompt, agent, background } = match Work::of(&call, &config.agents) {
        Ok(work) => work,
        Err(problem) => return tools::fail(step, &call.id, problem),
    };
    if config.subagent_depth == 0 {
        let text = "Not run: a subagent here may not start another. Do the work yourself.";
        return tools::refuse(step, &call.id, DenialReason::Rule, text);
    }
    if started >= config.subagent_limit {
        let text =
            format!("Not run: {started} subagents are all that one run may start. Do the work yourself.");
        return tools::refuse(step, &call.id, DenialReason::Rule, text);
    }
    let profile = agent.and_then(|name| config.agents.get(name));
    let Some(budget) = share(&step.control, profile) else {
        let text = "Not run: what is left of the budget is not enough for a subagent. Do the work yourself.";
        return tools::refuse(step, &call.id, DenialReason::Rule, text);
    };
    let child = child_id(run, &call.id);
    // What hooks look at before the model does is waited for.
    let background = (background || profile.is_some_and(|profile| profile.background))
        && !step.control.is_hooked(HookPoint::AfterSubagent);
    let mut config = child_config(config, &step.control, profile, budget);
    name_kind(&mut config, agent);
    step.emit(EventBody::SubagentStarted { call_id: call.id.clone(), child, budget, background });
    if background {
        answer_at_once(step, call.id.clone());
    }
    begin(step, call.id, child, config, prompt);
}

/// Starts again, after a crash, the subagent of a call whose report is missing. It goes on where its journal ends.
pub(super) fn take_up(step: &mut Step<'_>, call: &ToolCall) {
    let run = step.control.run().map(|run| run.id);
    let started = run.and_then(|run| step.control.child_of(run, &call.id));
    let Some((child, started)) = started.map(|(child, started)| (child, started.clone())) else { return };
    if started.in_background.is_some() {
        return answer_at_once(step, call.id.clone());
    }
    begin_again(step, call, child, started.budget);
}

/// Starts again, after a crash, the subagents that nobody waits for.
pub(super) fn take_up_in_background(step: &mut Step<'_>) {
    let at_work = step.control.children_in_background();
    let at_work: Vec<(SessionId, Child)> = at_work.map(|(id, child)| (id, child.clone())).collect();
    for (id, child) in at_work {
        if let Some(call) = child.in_background {
            begin_again(step, &call, id, child.budget);
        }
    }
}

/// Stops the subagents that nobody waits for: the run ends, and they report what they spent.
pub(super) fn stop_in_background(step: &mut Step<'_>) {
    let at_work: Vec<SessionId> = step.control.children_in_background().map(|(child, _)| child).collect();
    at_work.into_iter().for_each(|child| step.effect(Effect::StopSubagent { child }));
}

fn begin_again(step: &mut Step<'_>, call: &ToolCall, child: SessionId, budget: Budget) {
    let Some(config) = step.control.config() else { return };
    let work = Work::of(call, &config.agents).unwrap_or_default();
    let profile = work.agent.and_then(|name| config.agents.get(name));
    let mut config = child_config(config, &step.control, profile, budget);
    name_kind(&mut config, work.agent);
    begin(step, call.id.clone(), child, config, work.prompt);
}

/// Ends the call of a subagent that nobody waits for.
fn answer_at_once(step: &mut Step<'_>, call_id: ToolCallId) {
    let result = ToolResult::success(call_id, [ToolResultBlock::text(IN_BACKGROUND)]);
    tools::end(step, ToolOutcome::Succeeded, result);
}

fn begin(step: &mut Step<'_>, call_id: ToolCallId, child: SessionId, config: SessionConfig, prompt: String) {
    step.effect(Effect::StartSubagent { call_id, child, config: Box::new(config), prompt });
}

/// A subagent ended: what it spent is counted, and its words are the result of its call.
pub(super) fn finished(step: &mut Step<'_>, report: SubagentReport) -> Result<(), Rejection> {
    let SubagentReport { child, outcome, spent, text, elapsed } = report;
    let started = step.control.children().get(&child).cloned().ok_or(Rejection::Stale)?;
    let run = step.control.run().filter(|run| run.id == started.run);
    let is_open =
        run.and_then(|run| run.call(&started.call_id)).is_some_and(|call| call.state == CallState::Running);
    let (is_on, call_id) = (run.is_some(), started.call_id.clone());
    // Else a request is on its way, or comes with the results of what is open.
    let was_done = run.is_some_and(|run| run.phase == Phase::Answered);
    // The result first: where a journal ends between the two, the report is asked for again, and counted once.
    if is_open {
        let (outcome, is_error) = match &outcome {
            RunOutcome::Completed => (ToolOutcome::Succeeded, false),
            RunOutcome::Cancelled => (ToolOutcome::Cancelled, true),
            _ => (ToolOutcome::Failed, true),
        };
        let mut result = ToolResult::success(started.call_id, [ToolResultBlock::text(text)]);
        result.is_error = is_error;
        step.emit(EventBody::ToolFinished { outcome, result, elapsed });
    } else if is_on && started.in_background.is_some() {
        let text = format!("The subagent of the call {} has ended. It reports:\n\n{text}", started.call_id);
        step.emit(EventBody::ContextInjected { content: vec![ContentBlock::text(text)] });
    }
    step.emit(EventBody::SubagentFinished { child, outcome, spent });
    if was_done {
        turn::ask(step);
    } else if is_open {
        hooks::ask_after(step, &call_id);
        tools::ask_when_ready(step);
    }
    Ok(())
}

/// What a call asks for: `{"prompt": "...", "agent": "...", "background": false}`.
#[derive(Default)]
struct Work<'a> {
    prompt: String,
    /// The kind of subagent; `None` for one that is as the session itself.
    agent: Option<&'a str>,
    /// Whether nobody waits for it.
    background: bool,
}

impl<'a> Work<'a> {
    fn of(call: &ToolCall, agents: &'a BTreeMap<String, AgentProfile>) -> Result<Self, String> {
        let value = tools::arguments(call)?;
        let prompt = value.get("prompt").and_then(Value::as_str).map(str::trim).unwrap_or_default();
        if prompt.is_empty() {
            return Err("The subagent needs work: give it as text in `prompt`.".to_owned());
        }
        let name = value.get("agent").and_then(Value::as_str).unwrap_or_default();
        let agent = agents.get_key_value(name).map(|(name, _)| name.as_str());
        if agent.is_none() && !name.is_empty() && name != GENERAL_PURPOSE {
            let names = names::list(agents.keys().map(String::as_str).chain([GENERAL_PURPOSE]));
            return Err(format!("There is no subagent `{name}`. There are: {names}."));
        }
        let background = value.get("background").and_then(Value::as_bool).unwrap_or_default();
        Ok(Self { prompt: prompt.to_owned(), agent, background })
    }
}

/// The session of a subagent, the same whenever it is asked for: a call that is taken up again finds its journal.
fn child_id(run: RunId, call: &ToolCallId) -> SessionId {
    SessionId::derive(&[run.as_bytes(), call.as_str().as_bytes()])
}

/// The configuration of a subagent: nothing in it goes beyond this session's.
fn child_config(
    parent: &SessionConfig,
    control: &Control,
    profile: Option<&AgentProfile>,
    budget: Budget,
) -> SessionConfig {
    let mut config = parent.clone();
    config.budget = budget;
    config.subagent_depth = parent.subagent_depth.saturating_sub(1);
    if config.subagent_depth == 0 {
        config.agents.clear();
    }
    // A subagent reports to the session that started it, not to a person.
    config.tools.retain(|tool| match tool.kind {
        ToolKind::Subagent => config.subagent_depth > 0,
        kind => kind.is_executed(),
    });
    config.permissions.mode = control.mode();
    let allowed = control.granted().iter().map(String::as_str).chain(control.allowed_by_skills());
    config.permissions.allow.extend(allowed.map(str::to_owned));
    if let Some(profile) = profile {
        narrow(&mut config, profile);
    }
    config
}

/// Says of what kind it is; that of the session which starts it is not its own.
fn name_kind(config: &mut SessionConfig, agent: Option<&str>) {
    config.metadata.remove(SUBAGENT_KEY);
    if let Some(agent) = agent {
        config.metadata.insert(SUBAGENT_KEY.to_owned(), agent.to_owned());
    }
}

/// Makes a configuration that of a kind of subagent.
fn narrow(config: &mut SessionConfig, profile: &AgentProfile) {
    if !profile.system.is_empty() {
        config.system.clone_from(&profile.system);
    }
    if let Some(tools) = &profile.tools {
        config.tools.retain(|tool| tools.contains(&tool.definition.name));
    }
    if let Some(model) = &profile.model {
        config.model.clone_from(&model.name);
        config.prices.clone_from(&model.prices);
        config.options.clone_from(&model.options);
    }
    if let Some(mode) = profile.mode {
        config.permissions.mode = Some(mode.within(config.permissions.mode.unwrap_or_default()));
    }
}

/// An equal part of what is left for each subagent of this reply that has not started, and one for the session
/// itself; `None` when there is nothing to share. A kind may have fewer turns. The time is the session's own: its timer stops the subagents too.
fn share(control: &Control, profile: Option<&AgentProfile>) -> Option<Budget> {
    let (run, limits) = (control.run()?, control.config()?.budget);
    let waits = |call: &&Call| {
        call.kind == ToolKind::Subagent
            && call.state != CallState::Finished
            && control.child_of(run.id, &call.call.id).is_none()
    };
    let parts = run.calls.iter().filter(waits).count() as u64 + 1;
    let of_run = control.children().values().filter(|child| child.run == run.id);
    let taken = budget::with_grants(run.spent, of_run.map(|child| &child.budget));
    let part = |limit: u64, taken: u64| limit.saturating_sub(taken) / parts;
    let small = |part: u64| u32::try_from(part).unwrap_or(u32::MAX);
    let mut budget = limits;
    budget.max_time = None;
    let turns = small(part(limits.max_turns().into(), taken.turns.into()));
    budget.max_turns =
        Some(profile.and_then(|profile| profile.max_turns).map_or(turns, |most| turns.min(most)));
    budget.max_tokens = limits.max_tokens.map(|most| part(most, taken.usage.total()));
    budget.max_cost =
        limits.max_cost.map(|most| Money::from_nanos(part(most.as_nanos(), taken.cost.as_nanos())));
    budget.max_tool_calls =
        limits.max_tool_calls.map(|most| small(part(most.into(), taken.tool_calls.into())));
    let is_enough =
        budget.max_turns != Some(0) && budget.max_tokens != Some(0) && budget.max_cost != Some(Money::ZERO);
    is_enough.then_some(budget)
}
