//! What a session has of its project: skills, as a tool and in the place of prompts, and agents, as kinds of subagents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tau_agent::Agent;
use tau_core::config::PermissionMode;
use tau_core::event::{AgentProfile, ModelChoice, ToolKind, ToolSpec};
use tau_project::Finding;
use tau_project::agents::AgentHost;
use tau_project::memory::NestedMemory;
use tau_project::plans::PlanFiles;
use tau_project::skills::{self, SkillHost, SkillPrompts, SkillReader, SkillTool};
use tau_project::trust::Trust;
use tau_runtime::hooks::{Hooks, SeveralHooks};
use tau_runtime::{Observer, SessionOptions, SystemPrompt, loop_tools};
use tau_skills::{Catalogue, Skill};
use tau_tools::tool_of_alias;

use crate::config::Loaded;
use crate::knowledge::Known;
use crate::{environment, knowledge, session};

/// The tool that gives skills.
pub(crate) const SKILL: &str = "skill";

/// Calls of the model in a run with its subagents, where nobody said: a tree takes more than one session does.
const TURNS: u32 = 1_000;

/// Gives a session what its project has, and says what of it does not count. To be called when its tools are known.
pub(crate) fn equip(loaded: &Loaded, options: &mut SessionOptions, known: &Known) -> Vec<String> {
    let has_agents = !loaded.project.agents.agents.is_empty();
    if !has_agents && known.skills.skills.is_empty() {
        offer_plan(loaded, options);
        return Vec::new();
    }
    give_skills(loaded, options, &known.skills);
    if !is_wanted(loaded, "task") {
        offer_plan(loaded, options);
        return Vec::new();
    }
    let models = models(loaded);
    let (agents, findings) = agents(loaded, options, known, &models);
    options.config.agents = agents;
    options.models = models;
    options.config.budget.max_turns.get_or_insert(TURNS);
    offer(options, loop_tools::task(&options.config.agents));
    if is_wanted(loaded, "ask_user") {
        offer(options, loop_tools::ask_user());
    }
    offer_plan(loaded, options);
    findings.iter().map(ToString::to_string).collect()
}

/// Has the instructions of folders and files come with what the session works on. To be called when it has all its tools and
/// hooks.
pub(crate) fn follow(loaded: &Loaded, options: &mut SessionOptions, known: &Known) {
    let instructions = knowledge::instructions(loaded);
    let memory = NestedMemory::new(instructions, known.instructions.clone(), &loaded.working_dir);
    options.tools = memory.watch(&options.tools);
    let own = options.hooks.take().into_iter();
    let memory: Arc<dyn Hooks> = Arc::new(memory);
    options.hooks = Some(Arc::new(SeveralHooks::new(own.chain([memory]).collect())));
}

/// Whether a tool is offered, which the project has use for.
fn is_wanted(loaded: &Loaded, tool: &str) -> bool {
    let names = loaded.config.agent.tools.as_ref();
    names.is_none_or(|names| names.iter().any(|name| tool_of_alias(name).unwrap_or(name) == tool))
}

/// Offers a tool that the loop answers itself, in the place of one of its name.
fn offer(options: &mut SessionOptions, tool: ToolSpec) {
    let tools = &mut options.config.tools;
    match tools.iter_mut().find(|known| known.definition.name == tool.definition.name) {
        Some(known) => *known = tool,
        None => tools.push(tool),
    }
}

/// Whoever plans needs a way to say what.
fn offer_plan(loaded: &Loaded, options: &mut SessionOptions) {
    if loaded.config.permissions.mode == Some(PermissionMode::Plan) && is_wanted(loaded, "propose_plan") {
        offer(options, loop_tools::propose_plan());
    }
    let is_offered = |tool: &ToolSpec| tool.kind == ToolKind::ProposePlan;
    if options.config.tools.iter().any(is_offered) {
        options.observer = plan_files(loaded).map(|files| Arc::new(files) as Arc<dyn Observer>);
    }
}

/// Where plans are kept: as settings say, or else in the folder of the user's state.
fn plan_files(loaded: &Loaded) -> Option<PlanFiles> {
    if let Some(folder) = &loaded.project.effective.plans_directory {
        return Some(PlanFiles::new(loaded.project_root.join(folder), &loaded.project_root));
    }
    let state = environment::state_dir()?;
    Some(PlanFiles::new(state.join("plans"), state))
}

fn give_skills(loaded: &Loaded, options: &mut SessionOptions, catalogue: &Catalogue) {
    let trusts_project = loaded.project.trust == Trust::Trusted;
    let mut host = SkillHost::new(Arc::clone(&options.environment), &loaded.project_root);
    host.permissions = options.config.permissions.clone();
    host.home = environment::home_dir().unwrap_or_else(|| "~".into());
    host.trusts_project = trusts_project;
    let reader = SkillReader::new(catalogue.clone(), host);
    let any = |is_so: fn(&Skill) -> bool| catalogue.skills.values().any(is_so);
    if any(|skill| skill.front_matter.is_user_invocable()) {
        let own = options.hooks.take().into_iter();
        let prompts: Arc<dyn Hooks> = Arc::new(SkillPrompts::new(reader.clone()));
        options.hooks = Some(Arc::new(SeveralHooks::new(own.chain([prompts]).collect())));
    }
    if any(|skill| skill.front_matter.is_model_invocable()) && is_wanted(loaded, SKILL) {
        options.tools.add(Arc::new(SkillTool::new(reader)));
        // What it gives was written for the agent; commands in it are judged each by itself.
        options.config.permissions.allow.push(SKILL.to_owned());
    }
    options.config.skills = skills::profiles(catalogue, trusts_project);
}

/// The agents of the project and the user, as kinds of subagents, and what of their files does not count.
fn agents(
    loaded: &Loaded,
    options: &SessionOptions,
    known: &Known,
    models: &BTreeMap<String, Agent>,
) -> (BTreeMap<String, AgentProfile>, Vec<Finding>) {
    let of_loop = options.config.tools.iter().map(|tool| tool.definition.name.clone());
    let tools = options.tools.names().map(str::to_owned).chain(of_loop);
    let system = |own: &str| {
        let prompt = SystemPrompt::new(&loaded.working_dir).instructions(own);
        prompt.memory(known.instructions.clone()).skills(known.skills.clone()).render()
    };
    let model = |name: &str| {
        let agent = models.get(name)?;
        let mut choice = ModelChoice::new(name);
        choice.prices.clone_from(&agent.model().prices);
        choice.options.clone_from(agent.options());
        Some(choice)
    };
    AgentHost::new(tools, &known.skills, &model, &system).profiles(&loaded.project.agents)
}

/// The ways to the models that agents name, where the configuration knows them.
fn models(loaded: &Loaded) -> BTreeMap<String, Agent> {
    let named = loaded.project.agents.agents.values().filter_map(|agent| agent.model.as_ref());
    let named: BTreeSet<&String> = named.collect();
    let agent = |name: &String| session::agent(loaded.config.resolve(name).ok()?).ok();
    named.into_iter().filter_map(|name| Some((name.clone(), agent(name)?))).collect()
}
