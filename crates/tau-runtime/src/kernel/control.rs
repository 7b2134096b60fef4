//! The control part of the state: where the loop stands. Small, whatever the length of the conversation.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use tau_core::config::{Budget, PermissionMode};
use tau_core::event::{
    EventBody, HookPoint, HookSubject, HookVerdict, PermissionAnswer, RunOutcome, SessionConfig, Spending,
    ToolKind, ToolOutcome,
};
use tau_core::{EffectClass, RunId, SessionId, ToolCall, ToolCallId};
use tau_tools::permission::{Judged, PermissionPolicy, Resolved, Surroundings, Verdict};

use super::plan::Plans;
use super::run::Run;
use super::skills::Skills;

/// Where the loop stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Control {
    config: Option<Arc<SessionConfig>>,
    closed: bool,
    /// Whether the session was copied or went back, and has no new prompt since.
    settling: bool,
    queue: VecDeque<RunId>,
    run: Option<Run>,
    finished: Option<FinishedRun>,
    /// Subagents that have not reported their end.
    children: BTreeMap<SessionId, Child>,
    /// Rules that someone granted for the rest of the session.
    granted: BTreeSet<String>,
    #[serde(skip)]
    rules: Rules,
    plans: Plans,
    #[serde(default)]
    hooks: Hooked,
    #[serde(default)]
    skills: Skills,
}

/// The rules in force, read once: a copy of what the session's configuration and its grants say.
#[derive(Debug, Clone, Default)]
struct Rules(OnceLock<Arc<PermissionPolicy>>);

impl PartialEq for Rules {
    /// What it is a copy of is compared.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What hooks have to do with before a run begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Hooked {
    /// Where they are asked and told.
    points: BTreeSet<HookPoint>,
    /// Whether the session has started, or was taken up, and no run has begun since.
    starting: bool,
    /// The run whose prompt they have let in, until it begins.
    admitted: Option<RunId>,
}

/// How a run ended, and what it cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FinishedRun {
    /// The run.
    pub id: RunId,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it spent, with its subagents.
    pub spent: Spending,
}

/// A subagent that has not reported its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) run: RunId,
    pub(crate) call_id: ToolCallId,
    pub(crate) budget: Budget,
    /// What it was asked for, where nobody waits for it: the call itself is over before it is.
    #[serde(default)]
    pub(crate) in_background: Option<Arc<ToolCall>>,
}

impl Control {
    pub(crate) fn is_open(&self) -> bool {
        self.config.is_some() && !self.closed
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether what was under way at the place of a fork or rewind may still be to be ended.
    pub(crate) fn is_settling(&self) -> bool {
        self.settling
    }

    pub(crate) const fn hooked(&self) -> &BTreeSet<HookPoint> {
        &self.hooks.points
    }

    pub(crate) fn is_hooked(&self, point: HookPoint) -> bool {
        self.hooks.points.contains(&point)
    }

    pub(crate) const fn is_starting(&self) -> bool {
        self.hooks.starting
    }

    /// Whether the next run waits for what hooks say of the session's start.
    pub(crate) fn awaits_start(&self) -> bool {
        self.hooks.starting && self.is_hooked(HookPoint::SessionStarted)
    }

    /// Whether hooks have to let a prompt in that is not.
    pub(crate) fn awaits_admission(&self, run: RunId) -> bool {
        self.is_hooked(HookPoint::BeforePrompt) && self.hooks.admitted != Some(run)
    }

    pub(crate) fn config(&self) -> Option<&SessionConfig> {
        self.config.as_deref()
    }

    pub(crate) fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    pub(crate) fn finished(&self) -> Option<&FinishedRun> {
        self.finished.as_ref()
    }

    pub(crate) fn queue(&self) -> &VecDeque<RunId> {
        &self.queue
    }

    pub(crate) fn children(&self) -> &BTreeMap<SessionId, Child> {
        &self.children
    }

    /// The subagent that a call started and that has not reported its end.
    pub(crate) fn child_of(&self, run: RunId, call_id: &ToolCallId) -> Option<(SessionId, &Child)> {
        let mut children = self.children.iter();
        let found = children.find(|(_, child)| child.run == run && child.call_id == *call_id);
        found.map(|(id, child)| (*id, child))
    }

    /// Subagents whose call has ended, and that have not reported.
    pub(crate) fn children_without_call(&self) -> impl Iterator<Item = (SessionId, &Child)> {
        let is_open = |child: &Child| {
            let run = self.run.as_ref().filter(|run| run.id == child.run);
            run.is_some_and(|run| run.open_calls().any(|call| call.call.id == child.call_id))
        };
        self.children.iter().filter(move |(_, child)| !is_open(child)).map(|(id, child)| (*id, child))
    }

    /// Subagents of the run that is on which nobody waits for.
    pub(crate) fn children_in_background(&self) -> impl Iterator<Item = (SessionId, &Child)> {
        let run = self.run.as_ref().map(|run| run.id);
        let is_at_work = move |child: &Child| child.in_background.is_some() && Some(child.run) == run;
        self.children.iter().filter(move |(_, child)| is_at_work(child)).map(|(id, child)| (*id, child))
    }

    pub(crate) fn granted(&self) -> &BTreeSet<String> {
        &self.granted
    }

    pub(crate) fn plan(&self) -> Option<&str> {
        self.plans.approved()
    }

    /// Names and texts of the skills in use, the latest last.
    pub(crate) fn skills_in_use(&self) -> impl Iterator<Item = (&str, &str)> {
        self.skills.in_use()
    }

    /// The rules in force: those of the session, what people granted since, and what the skills of the run allow.
    fn policy(&self) -> &PermissionPolicy {
        self.rules.0.get_or_init(|| {
            let Some(config) = self.config() else { return Arc::default() };
            let mut permissions = config.permissions.clone();
            permissions.mode = self.mode();
            let mut policy = PermissionPolicy::new(&permissions);
            self.allowed_by_skills().for_each(|rule| policy.allow(rule));
            self.granted.iter().for_each(|rule| policy.grant(rule));
            Arc::new(policy)
        })
    }

    /// What the skills of the run allow.
    pub(crate) fn allowed_by_skills(&self) -> impl Iterator<Item = &str> {
        let known = self.config().map(|config| &config.skills);
        let used = self.skills.of_run().filter_map(move |name| known?.get(name));
        used.flat_map(|skill| skill.allowed_tools.iter().map(String::as_str))
    }

    /// What happens with calls that no rule decides. A session that is to plan carries the plan out that a person approved.
    pub(crate) fn mode(&self) -> Option<PermissionMode> {
        let mode = self.config().and_then(|config| config.permissions.mode);
        let is_planned = mode == Some(PermissionMode::Plan) && self.plans.approved().is_some();
        mode.filter(|_| !is_planned)
    }

    /// What the rules say of a call.
    pub(crate) fn verdict(&self, call: &ToolCall) -> Verdict {
        let effect = self.effect_class(&call.name);
        self.with_surroundings(|around| {
            self.policy().verdict(&Judged::new(&call.name, &call.arguments, effect), around)
        })
    }

    /// The rules that are granted with a call that someone lets run for good.
    fn grants(&self, call: &ToolCall) -> Vec<String> {
        let effect = self.effect_class(&call.name);
        self.with_surroundings(|around| {
            self.policy().grants(&Judged::new(&call.name, &call.arguments, effect), around)
        })
    }

    /// What stands around a call, of what the journal says: paths are taken as they are written. Where they lead is for the
    /// environment, which follows no link out of its root, and none to what is denied where it is a `GuardedEnvironment`.
    fn with_surroundings<T>(&self, ask: impl FnOnce(&Surroundings<'_>) -> T) -> T {
        let known = |key: &str| self.config().and_then(|config| config.metadata.get(key)).map(Path::new);
        // Where home is not known, it is known by its tilde.
        let (cwd, home) = (known("working_dir"), known("home_dir").unwrap_or(Path::new("~")));
        let as_written = |path: &Path| Resolved::plain(path);
        ask(&Surroundings::new(cwd.unwrap_or(Path::new("/")), home, &as_written))
    }

    /// What may be repeated after a crash; the strictest for a tool that the session does not have.
    pub(crate) fn effect_class(&self, tool: &str) -> EffectClass {
        let spec = self.config().and_then(|config| config.tool(tool));
        spec.map(|spec| spec.effect).unwrap_or_default()
    }

    pub(crate) fn has_tool(&self, tool: &str) -> bool {
        self.config().is_some_and(|config| config.tool(tool).is_some())
    }

    /// Takes the next event in.
    pub(crate) fn apply(&mut self, event: &EventBody) {
        self.fold(event);
        let has_other_skills = self.skills.apply(event, self.run.as_ref());
        if self.plans.apply(event) || has_other_skills {
            self.rules = Rules::default();
        }
    }

    fn fold(&mut self, event: &EventBody) {
        match event {
            EventBody::SessionCreated(config) => {
                (self.config, self.hooks.starting) = (Some(Arc::new((**config).clone())), true);
                self.rules = Rules::default();
            }
            // What was copied may have been closed; the copy goes on.
            EventBody::SessionForked { .. } => {
                (self.closed, self.settling, self.hooks.starting) = (false, true, true);
            }
            EventBody::SessionResumed => self.hooks.starting = true,
            EventBody::HooksSet { points } => self.hooks.points.clone_from(points),
            EventBody::HooksDecided { point: HookPoint::SessionStarted, .. } => self.hooks.starting = false,
            EventBody::HooksDecided { about: HookSubject::Run { run }, decision, .. } => {
                self.hooks.admitted = Some(*run).filter(|_| decision.verdict != HookVerdict::Deny);
            }
            // Of the start of what is gone back to, nobody waits for a word.
            EventBody::Rewound { .. } => (self.settling, self.hooks.starting) = (true, false),
            EventBody::SessionClosed => self.closed = true,
            EventBody::PromptSubmitted { run, .. } => {
                self.settling = false;
                self.queue.push_back(*run);
            }
            EventBody::RunStarted { run } => {
                self.queue.retain(|queued| queued != run);
                (self.hooks.starting, self.hooks.admitted) = (false, None);
                self.run = Some(Run::new(*run));
            }
            // One that never started.
            EventBody::RunFinished { run, .. } if self.queue.contains(run) => {
                self.queue.retain(|queued| queued != run);
            }
            EventBody::RunFinished { run, outcome } => {
                let spent = self.run.take().map(|run| run.spent).unwrap_or_default();
                self.finished = Some(FinishedRun { id: *run, outcome: outcome.clone(), spent });
            }
            EventBody::SubagentStarted { call_id, child, budget, background } => {
                if let Some(run) = &mut self.run {
                    run.subagents += 1;
                    let call = run.call(call_id).filter(|_| *background).map(|call| Arc::clone(&call.call));
                    let (run, call_id) = (run.id, call_id.clone());
                    let started = Child { run, call_id, budget: *budget, in_background: call };
                    self.children.insert(*child, started);
                }
            }
            EventBody::SubagentFinished { child, spent, .. } => {
                let child = self.children.remove(child);
                let run = child.as_ref().map(|child| child.run);
                self.spend(run, *spent);
                let has_news = child.is_some_and(|child| child.in_background.is_some());
                if let Some(on) = self.run.as_mut().filter(|on| has_news && run == Some(on.id)) {
                    on.hear();
                }
            }
            other => self.apply_to_run(other),
        }
    }

    fn apply_to_run(&mut self, event: &EventBody) {
        let config = self.config.as_deref();
        if let Some(run) = &mut self.run {
            let kind = |tool: &str| {
                config.and_then(|config| config.tool(tool)).map(|spec| spec.kind).unwrap_or_default()
            };
            run.apply(event, kind, &self.hooks.points);
        }
        match event {
            EventBody::ModelReplied { response, .. } => self.spend_tokens(response.usage, response.cost),
            EventBody::Compacted { usage, .. } => self.spend_tokens(*usage, None),
            EventBody::PermissionAnswered { call_id, answer: PermissionAnswer::AllowAlways } => {
                let call = self.run.as_ref().and_then(|run| run.call(call_id));
                let rules = call.map(|call| self.grants(&call.call)).unwrap_or_default();
                self.granted.extend(rules);
                self.rules = Rules::default();
            }
            EventBody::ToolFinished { outcome, result, .. } => self.await_after(&result.call_id, *outcome),
            _ => {}
        }
    }

    /// Counts tokens, at the prices of the session's model where it is not told what they cost.
    fn spend_tokens(&mut self, usage: Option<tau_core::TokenUsage>, cost: Option<tau_core::Money>) {
        let Some(usage) = usage else { return };
        let prices = self.config.as_ref().and_then(|config| config.prices.as_ref());
        let mut spent = Spending::default();
        spent.usage = usage;
        spent.cost = cost.or(prices.map(|prices| prices.cost(&usage))).unwrap_or_default();
        self.spend(self.run.as_ref().map(|run| run.id), spent);
    }

    /// Counts what was spent for a run, while it is on.
    fn spend(&mut self, run: Option<RunId>, spent: Spending) {
        if let Some(on) = &mut self.run
            && run == Some(on.id)
        {
            on.spent += spent;
        }
    }

    /// Hooks look at what a tool or a subagent gave before the model does. A subagent that never began
    /// gave nothing, nor has one that nobody waits for.
    fn await_after(&mut self, call_id: &ToolCallId, outcome: ToolOutcome) {
        let has_ended =
            matches!(outcome, ToolOutcome::Succeeded | ToolOutcome::Failed | ToolOutcome::TimedOut);
        let Some(run) = self.run.as_ref().map(|run| run.id).filter(|_| has_ended) else { return };
        let child = self.child_of(run, call_id);
        let is_waited_for = child.is_some_and(|(_, child)| child.in_background.is_none());
        let hooked = &self.hooks.points;
        let call =
            self.run.as_mut().and_then(|run| run.calls.iter_mut().find(|call| call.call.id == *call_id));
        let Some(call) = call else { return };
        let point = match call.kind {
            ToolKind::Run | ToolKind::Skill => HookPoint::AfterTool,
            ToolKind::Subagent if is_waited_for => HookPoint::AfterSubagent,
            _ => return,
        };
        call.awaits = Some(point).filter(|point| hooked.contains(point));
    }
}
