//! What a session has of its project: skills, as a tool and in the place of prompts, and agents, as kinds of subagents.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::config::PermissionMode;
use tau_core::event::{AgentProfile, ModelChoice, ToolSpec};
use tau_project::agents::AgentHost;
use tau_project::skills::{self, SkillHost, SkillPrompts, SkillReader, SkillTool};
use tau_project::trust::Trust;
use tau_runtime::hooks::{Hooks, SeveralHooks};
use tau_runtime::{SessionOptions, SystemPrompt, loop_tools};
use tau_skills::{Catalogue, Skill};
use tau_tools::tool_of_alias;

use crate::config::Loaded;
use crate::{environment, knowledge, session};

/// The tool that gives skills.
pub(crate) const SKILL: &str = "skill";

/// Calls of the model in a run with its subagents, where nobody said: a tree takes more than one session does.
const TURNS: u32 = 1_000;

/// Gives a session what its project has. To be called when its tools are known.
pub(crate) fn equip(loaded: &Loaded, options: &mut SessionOptions) {
    let catalogue = knowledge::skills(loaded);
    let has_agents = !loaded.project.agents.agents.is_empty();
    if !has_agents && catalogue.skills.is_empty() {
        offer_plan(loaded, options);
        return;
    }
    give_skills(loaded, options, &catalogue);
    if !is_wanted(loaded, "task") {
        return;
    }
    options.config.agents = agents(loaded, options, &catalogue);
    options.models = models(loaded, &options.config.agents);
    options.config.budget.max_turns.get_or_insert(TURNS);
    offer(options, loop_tools::task(&options.config.agents));
    if is_wanted(loaded, "ask_user") {
        offer(options, loop_tools::ask_user());
    }
    offer_plan(loaded, options);
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

/// The agents of the project and the user, as kinds of subagents.
fn agents(loaded: &Loaded, options: &SessionOptions, skills: &Catalogue) -> BTreeMap<String, AgentProfile> {
    let of_loop = options.config.tools.iter().map(|tool| tool.definition.name.clone());
    let tools = options.tools.names().map(str::to_owned).chain(of_loop);
    let instructions = knowledge::instructions(loaded).load();
    let system = |own: &str| {
        let prompt = SystemPrompt::new(&loaded.working_dir).instructions(own).memory(instructions.clone());
        prompt.skills(skills.clone()).render()
    };
    let model = |name: &str| model(loaded, name);
    AgentHost::new(tools, skills, &model, &system).profiles(&loaded.project.agents).0
}

/// The model that an agent names, where the configuration knows it.
fn model(loaded: &Loaded, name: &str) -> Option<ModelChoice> {
    let agent = session::agent(loaded.config.resolve(name).ok()?).ok()?;
    let mut choice = ModelChoice::new(name);
    choice.prices.clone_from(&agent.model().prices);
    choice.options.clone_from(agent.options());
    Some(choice)
}

/// The ways to the models that agents name.
fn models(loaded: &Loaded, agents: &BTreeMap<String, AgentProfile>) -> BTreeMap<String, tau_agent::Agent> {
    let named = agents.values().filter_map(|profile| profile.model.as_ref()).map(|model| model.name.clone());
    let agent = |name: String| {
        let agent = session::agent(loaded.config.resolve(&name).ok()?).ok()?;
        Some((name, agent))
    };
    named.filter_map(agent).collect()
}
