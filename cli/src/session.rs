//! A session, put together from the configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tau_agent::prices::PriceTable;
use tau_agent::transport::{Matching, Recording, ReplayTransport};
use tau_agent::{Agent, Limits, provider};
use tau_core::config::{PermissionConfig, ResolvedModel};
use tau_core::event::{CompactionPolicy, CompactionStrategy, SessionConfig, ToolSpec};
use tau_core::{HumanDuration, Secret, SessionId};
use tau_runtime::attach::RemoteEnvironment;
use tau_runtime::{SessionOptions, SystemPrompt, loop_tools};
use tau_tools::environment::{
    Environment, LocalEnvironment, NoEnvironment, ResultLimits, WithFetch, WithResults,
};
use tau_tools::permission::{GuardedEnvironment, PermissionPolicy, is_alias, tool_name};
use tau_tools::undo::UndoableEnvironment;
use tau_tools::{ToolRegistry, builtin, tool_of_alias};

use crate::config::{LoadError, Loaded, REPLAY};
use crate::exit::UsageError;
use crate::knowledge::Known;
use crate::mcp;
use crate::memory_tool::MemoryTool;
use crate::sandbox;
use crate::store::Place;
use crate::{environment, equip, knowledge, token};

/// A model that is ready, and how people know it.
#[derive(Debug)]
pub(crate) struct ChosenModel {
    pub(crate) agent: Agent,
    /// The name it was asked for by.
    pub(crate) name: String,
    /// What there is to say about how it was chosen.
    pub(crate) note: Option<String>,
}

/// What a session's tools act through.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Files<'a> {
    /// This machine, below the working folder.
    Here,
    /// What an extension gives.
    Provided(&'a RemoteEnvironment),
    /// Nothing.
    None,
}

/// The options of a session for a run. One that is kept says where, and who it is.
pub(crate) async fn options(
    loaded: &Loaded,
    kept: Option<(&Place, SessionId)>,
) -> miette::Result<(SessionOptions, ChosenModel)> {
    options_with(loaded, kept, Files::Here).await
}

/// The same of a session whose tools may act through something else.
pub(crate) async fn options_with(
    loaded: &Loaded,
    kept: Option<(&Place, SessionId)>,
    files: Files<'_>,
) -> miette::Result<(SessionOptions, ChosenModel)> {
    let chosen = choose_model(loaded).await?;
    let known = if let Files::Here = files { Known::of(loaded) } else { Known::default() };
    let (mut options, mut chosen) = options_of(loaded, chosen, kept, files, &known)?;
    if let Files::Here = files {
        options.hooks = loaded.project.hooks(&loaded.working_dir, variables(loaded), &loaded.config);
        let mut notes = mcp::add_servers(loaded, &mut options).await;
        notes.extend(equip::equip(loaded, &mut options, &known));
        equip::follow(loaded, &mut options, &known);
        chosen.note = Some(chosen.note.into_iter().chain(notes).collect::<Vec<_>>().join("\n"));
        chosen.note = chosen.note.filter(|note| !note.is_empty());
    }
    Ok((options, chosen))
}

/// The options of a session that calls one tool and asks no model, and what there is to say about them: the hooks of its
/// project are asked as in any other.
pub(crate) async fn options_for_call(
    loaded: &Loaded,
    chosen: ChosenModel,
    kept: Option<(&Place, SessionId)>,
    tool: &str,
) -> miette::Result<(SessionOptions, Vec<String>)> {
    let (mut options, _) = options_of(loaded, chosen, kept, Files::Here, &Known::default())?;
    options.hooks = loaded.project.hooks(&loaded.working_dir, variables(loaded), &loaded.config);
    let is_of_server = tool.starts_with("mcp__");
    let notes = if is_of_server { mcp::add_servers(loaded, &mut options).await } else { Vec::new() };
    Ok((options, notes))
}

/// The options of a session for a run with a model that is chosen, without what its project has.
pub(crate) fn options_of(
    loaded: &Loaded,
    chosen: ChosenModel,
    kept: Option<(&Place, SessionId)>,
    files: Files<'_>,
    known: &Known,
) -> miette::Result<(SessionOptions, ChosenModel)> {
    let (mut tools, loop_tools) = check_names(loaded)?;
    if let Files::None = files {
        // Each of them needs files or processes.
        tools = ToolRegistry::default();
    }
    if matches!(files, Files::Provided(_)) && tools.get(tau_memory::working::tools::NAME).is_some() {
        let help = "take `memory` out of agent.tools for sessions that work in an extension's files";
        return Err(UsageError::new("notes are kept in files of this machine", help).into());
    }
    let mut config = SessionConfig::new(&chosen.name);
    let model = chosen.agent.model();
    config.prices.clone_from(&model.prices);
    config.options.clone_from(chosen.agent.options());
    config.compaction = model.capabilities.context_window.map(compaction);
    config.system = system_prompt(loaded, files, known).render();
    config.budget = loaded.config.agent.budget;
    config.permissions = loaded.config.permissions.clone();
    if let Files::Here = files {
        config.metadata.insert("working_dir".to_owned(), loaded.working_dir.display().to_string());
        if let Some(home) = environment::home_dir() {
            config.metadata.insert("home_dir".to_owned(), home.display().to_string());
        }
    }
    config.tools = loop_tools;
    let environment = match files {
        Files::Here => environment(loaded, kept)?,
        Files::Provided(provided) => elsewhere(loaded, kept, provided)?,
        Files::None => Arc::new(NoEnvironment::default()),
    };
    let mut options = SessionOptions::new(config, chosen.agent.clone(), tools, environment);
    options.parallel_tools = loaded.config.agent.parallel_tools();
    options.tool_timeout = loaded.config.agent.tool_timeout();
    Ok((options, chosen))
}

/// The history is summarised when it fills three quarters of the window, and brought to a third: that leaves room for
/// the largest results of one turn, and keeps the prompt cache for many.
const fn compaction(window: u64) -> CompactionPolicy {
    CompactionPolicy::new(window / 4 * 3, window / 3, CompactionStrategy::Summary)
}

/// The tools of the configuration, once every name of a tool or of a wire format in it is known to mean one.
pub(crate) fn check_names(loaded: &Loaded) -> Result<(ToolRegistry, Vec<ToolSpec>), UsageError> {
    if let Some(problem) = provider::check(&loaded.config).first() {
        return Err(UsageError::new(problem.to_string(), "see `tau config show --origin`"));
    }
    let mut all = builtin::all();
    all.add(Arc::new(MemoryTool::new(knowledge::notes(loaded))));
    let loop_tools = [loop_tools::ask_user(), loop_tools::propose_plan(), loop_tools::task(&BTreeMap::new())];
    check_rules(&own_rules(loaded), &all, &loop_tools)?;
    let Some(names) = &loaded.config.agent.tools else { return Ok((builtin::standard(), Vec::new())) };
    let names: Vec<&str> = names.iter().map(|name| tool_of_alias(name).unwrap_or(name)).collect();
    let is_chosen = |tool: &ToolSpec| names.contains(&tool.definition.name.as_str());
    let (chosen, left): (Vec<ToolSpec>, Vec<ToolSpec>) = loop_tools.into_iter().partition(is_chosen);
    drop(left);
    let run: Vec<String> = names
        .iter()
        .filter(|name| !chosen.iter().any(|tool| tool.definition.name == **name))
        // Tools of MCP servers are known when the servers run, and skills are the project's.
        .filter(|name| !name.starts_with("mcp__") && **name != equip::SKILL)
        .map(|name| (*name).to_owned())
        .collect();
    let selected = all.select(&run).map_err(|problem| {
        UsageError::new(format!("agent.tools: {problem}"), "see `tau config show --origin`")
    })?;
    Ok((selected, chosen))
}

/// Whether there is a tool of this name, be it one that the loop answers itself.
pub(crate) fn is_tool(name: &str) -> bool {
    let loop_tools = [loop_tools::ask_user(), loop_tools::propose_plan(), loop_tools::task(&BTreeMap::new())];
    builtin::all().get(name).is_some()
        || name == tau_memory::working::tools::NAME
        || name == equip::SKILL
        || loop_tools.iter().any(|tool| tool.definition.name == name)
}

/// The rules that were written for tau. Those of other agents name tools of theirs, and `tau doctor` tells of them.
fn own_rules(loaded: &Loaded) -> PermissionConfig {
    let mut own = loaded.config.permissions.clone();
    let others = &loaded.project.effective.permissions;
    own.allow.retain(|rule| !others.allow.contains(rule));
    own.ask.retain(|rule| !others.ask.contains(rule));
    own.deny.retain(|rule| !others.deny.contains(rule));
    own
}

/// A rule that means no tool would silently protect nothing. One for a tool that is not offered is right.
fn check_rules(
    rules: &PermissionConfig,
    tools: &ToolRegistry,
    loop_tools: &[ToolSpec],
) -> Result<(), UsageError> {
    let help = "a rule is the name of a tool, such as `bash`, or part of what it does, such as `Bash(git *)`";
    if let Some(rule) = PermissionPolicy::unclear_rules(rules).next() {
        return Err(UsageError::new(format!("the permission rule `{rule}` is not understood"), help));
    }
    let is_unknown = |rule: &&String| {
        let name = tool_name(rule);
        let is_offered =
            tools.get(name).is_some() || loop_tools.iter().any(|tool| tool.definition.name == name);
        // Tools that other sources bring, and those that have names elsewhere, are not known here.
        let may_come =
            name.starts_with("mcp__") || name.contains('*') || is_alias(rule) || name == equip::SKILL;
        !is_offered && !may_come
    };
    let unknown = [&rules.allow, &rules.ask, &rules.deny].into_iter().flatten().find(is_unknown);
    match unknown {
        Some(rule) => {
            let loop_tools = loop_tools.iter().map(|tool| tool.definition.name.as_str());
            let names: Vec<&str> = tools.names().chain(loop_tools).collect();
            let message =
                format!("the permission rule `{rule}` names no tool; the tools are {}", names.join(", "));
            Err(UsageError::new(message, help))
        }
        None => Ok(()),
    }
}

/// The variables of commands and hooks: those of this process with those of settings, without the keys of providers.
fn variables(loaded: &Loaded) -> BTreeMap<String, String> {
    let mut variables = environment::all();
    variables.extend(loaded.project.effective.env.clone());
    without_keys(loaded, variables)
}

/// Variables that programs may see which are nobody's of ours.
pub(crate) fn without_keys(
    loaded: &Loaded,
    mut variables: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    // These can hold a key or a header themselves.
    variables.retain(|name, _| !name.to_ascii_uppercase().starts_with("TAU_PROVIDERS"));
    for provider in loaded.config.providers.values() {
        for name in [&provider.api_key_env, &provider.token.env].into_iter().flatten() {
            variables.remove(name);
        }
    }
    variables
}

/// This machine, and the web as far as it may be reached.
fn environment(loaded: &Loaded, kept: Option<(&Place, SessionId)>) -> miette::Result<Arc<dyn Environment>> {
    let files = files(loaded, kept)?;
    Ok(match sandbox::web(loaded)? {
        Some(web) => Arc::new(WithFetch::new(files, Arc::new(web))),
        None => files,
    })
}

/// The machine, without the keys of providers among the variables of commands. For a session that is kept, results
/// that are too long are kept too, and so is what is needed to put files back.
fn files(loaded: &Loaded, kept: Option<(&Place, SessionId)>) -> miette::Result<Arc<dyn Environment>> {
    let environment = LocalEnvironment::new(&loaded.working_dir)
        .map_err(|error| miette::miette!("cannot work in {}: {error}", loaded.working_dir.display()))?;
    let environment = environment.with_env(variables(loaded));
    let environment = match sandbox::launcher(loaded)? {
        Some(launcher) => {
            let environment = environment.with_launcher(launcher);
            let may_leave = loaded.config.sandbox.escalation.unwrap_or(true);
            if may_leave { environment.with_commands_outside() } else { environment }
        }
        None => environment,
    };
    let rules = &loaded.config.permissions;
    let guarded = |environment| -> Arc<dyn Environment> {
        let home = environment::home_dir().unwrap_or_else(|| "~".into());
        Arc::new(GuardedEnvironment::new(Arc::new(environment), rules, home))
    };
    let Some((place, session)) = kept else { return Ok(guarded(environment)) };
    let results = place.results(session);
    let environment = environment
        .with_results(&results, ResultLimits::default())
        .map_err(|error| miette::miette!("{} cannot be used: {error}", results.display()))?;
    Ok(Arc::new(UndoableEnvironment::new(guarded(environment), Arc::new(place.undo_log()))))
}

/// What an extension gives. Results that are too long stay here: its files are not the place for them.
fn elsewhere(
    loaded: &Loaded,
    kept: Option<(&Place, SessionId)>,
    provided: &RemoteEnvironment,
) -> miette::Result<Arc<dyn Environment>> {
    let provided = Arc::new(provided.clone());
    let Some((place, session)) = kept else { return Ok(provided) };
    let results = place.results(session);
    let keeper = LocalEnvironment::new(&loaded.working_dir)
        .and_then(|keeper| keeper.with_results(&results, ResultLimits::default()))
        .map_err(|error| miette::miette!("{} cannot be used: {error}", results.display()))?;
    Ok(Arc::new(WithResults::new(provided, Arc::new(keeper))))
}

fn system_prompt(loaded: &Loaded, files: Files<'_>, known: &Known) -> SystemPrompt {
    let prompt = match files {
        Files::Here => SystemPrompt::new(&loaded.working_dir)
            .memory(known.instructions.clone())
            .skills(known.skills.clone()),
        // Instructions and skills of a folder of this machine are not for work that is done elsewhere.
        Files::Provided(provided) => {
            let about = [provided.system(), provided.shell()].into_iter().filter(|text| !text.is_empty());
            let about = about.collect::<Vec<_>>().join(", ");
            let about = if about.is_empty() { "not known".to_owned() } else { about };
            SystemPrompt::new(provided.root()).platform(about)
        }
        Files::None => SystemPrompt::without_files(),
    };
    match &loaded.config.agent.system_prompt {
        Some(text) => prompt.instructions(text),
        None => prompt,
    }
}

/// The model to use: as configured, or else one that a local Ollama has.
pub(crate) async fn choose_model(loaded: &Loaded) -> miette::Result<ChosenModel> {
    let name = loaded.config.model.clone();
    let problems = loaded.problems();
    if !problems.is_empty() {
        return Err(LoadError::from_problems(&problems).into());
    }
    if let Some(path) = name.as_deref().and_then(|name| name.strip_prefix(REPLAY)) {
        return replay(Path::new(path));
    }
    match name {
        Some(name) => {
            let resolved =
                loaded.config.resolve(&name).map_err(|problem| LoadError::from_problems(&[problem]))?;
            Ok(ChosenModel { agent: agent(resolved)?, name, note: None })
        }
        None => local_ollama(loaded).await,
    }
}

/// What stands before the file of a recording that is to answer requests that differ, too.
const TOLERANT: &str = "tolerant:";

fn replay(path: &Path) -> miette::Result<ChosenModel> {
    let tolerant = path.to_str().and_then(|path| path.strip_prefix(TOLERANT));
    let matching = if tolerant.is_some() { Matching::Tolerant } else { Matching::Strict };
    let path = tolerant.map_or(path, Path::new);
    let recording = recording(path)?;
    let name = format!("{REPLAY}{}", recording.model());
    let agent = Agent::replay(Arc::new(ReplayTransport::matching(recording, matching)))
        .map_err(|error| UsageError::new(error.to_string(), "it was made by another version of tau"))?;
    let note = format!("the model is a recording, {}: no model is asked, the tools are real", path.display());
    Ok(ChosenModel { agent, name, note: Some(note) })
}

/// The recording in a file.
pub(crate) fn recording(path: &Path) -> Result<Recording, UsageError> {
    let help = "give the file of a recording: --model replay:FILE";
    let text = std::fs::read_to_string(path).map_err(|error| {
        UsageError::new(format!("the recording {} cannot be read: {error}", path.display()), help)
    })?;
    text.parse().map_err(|error| UsageError::new(format!("{}: {error}", path.display()), help))
}

/// What all sessions of this process keep together of each provider.
fn limits() -> &'static Limits {
    static LIMITS: OnceLock<Limits> = OnceLock::new();
    LIMITS.get_or_init(Limits::new)
}

/// An agent whose keys are read from where the configuration says they are, with what is published of its model where
/// the configuration says nothing.
pub(crate) fn agent(mut resolved: ResolvedModel) -> miette::Result<Agent> {
    PriceTable::builtin().complete(&mut resolved);
    read_key(&mut resolved)?;
    for fallback in &mut resolved.fallbacks {
        read_key(fallback)?;
    }
    let fallbacks = std::mem::take(&mut resolved.fallbacks);
    let agent = connect(&resolved)?;
    Ok(agent.with_fallbacks(fallbacks.iter().map(connect).collect::<miette::Result<_>>()?))
}

/// An agent with the key that was read, or with tokens that are renewed.
fn connect(resolved: &ResolvedModel) -> miette::Result<Agent> {
    let agent = match token::source(&resolved.provider.token) {
        Some(source) => Agent::with_credentials(resolved, source, limits()),
        None => Agent::with_limits(resolved, limits()),
    };
    agent.map_err(|error| miette::miette!("{error}"))
}

fn read_key(resolved: &mut ResolvedModel) -> Result<(), UsageError> {
    let provider = &mut resolved.provider;
    let path = format!("providers.{}", resolved.provider_name);
    if let Some(variable) = &provider.api_key_env {
        let key = environment::variable(variable).ok_or_else(|| {
            let message = format!(
                "provider `{}` needs its key in the variable {variable}, which is not set",
                resolved.provider_name
            );
            UsageError::new(message, format!("export {variable}=..., or set `{path}.api_key_file`"))
        })?;
        provider.api_key = Some(Secret::new(key.trim()));
    } else if let Some(file) = &provider.api_key_file {
        let key = std::fs::read_to_string(file).map_err(|error| {
            let message = format!("{path}.api_key_file: {} cannot be read: {error}", file.display());
            UsageError::new(message, "write the key into that file, or set `api_key_env` instead")
        })?;
        if key.trim().is_empty() {
            let message = format!("{path}.api_key_file: {} is empty", file.display());
            return Err(UsageError::new(message, "write the key into that file"));
        }
        provider.api_key = Some(Secret::new(key.trim()));
    }
    Ok(())
}

/// How long a local server may take to say which models it has.
const LOCAL_TIMEOUT: Duration = Duration::from_millis(500);

/// The first model of a local Ollama.
async fn local_ollama(loaded: &Loaded) -> miette::Result<ChosenModel> {
    let models = list_models(loaded, "ollama").await.unwrap_or_default();
    let Some(first) = models.first() else { return Err(no_model(loaded).into()) };
    let name = format!("ollama/{first}");
    let resolved = loaded.config.resolve(&name).map_err(|problem| LoadError::from_problems(&[problem]))?;
    let note = format!(
        "no model is configured; using `{name}` of the local Ollama (choose with --model or `model = ...`)"
    );
    Ok(ChosenModel { agent: agent(resolved)?, name, note: Some(note) })
}

/// The models of a provider that should answer at once.
pub(crate) async fn list_models(loaded: &Loaded, provider: &str) -> miette::Result<Vec<String>> {
    let resolved = loaded.config.resolve(&format!("{provider}/-"));
    let mut resolved = resolved.map_err(|problem| LoadError::from_problems(&[problem]))?;
    resolved.provider.client.connect_timeout = Some(HumanDuration::from(LOCAL_TIMEOUT));
    agent(resolved)?.list_models().await.map_err(|error| miette::miette!("{error}"))
}

fn no_model(loaded: &Loaded) -> UsageError {
    let address = loaded.shown().providers.remove("ollama").and_then(|ollama| ollama.base_url);
    let address = address.unwrap_or_default();
    UsageError::new(
        format!("no model is configured, and no local Ollama with a model answers at {address}"),
        "do one of these:\n\
         - install Ollama and get a model: `ollama pull qwen3:8b`, then run tau again\n\
         - use a provider: `export OPENAI_API_KEY=...`, then `tau run --model openai/MODEL ...`\n\
         - use any OpenAI-compatible server: put this into the file that `tau doctor` names\n\
         \x20   model = \"mine/MODEL\"\n\
         \x20   [providers.mine]\n\
         \x20   base_url = \"http://localhost:8000/v1\"",
    )
}
