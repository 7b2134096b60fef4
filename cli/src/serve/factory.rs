//! What the server's sessions are made of: the configuration it was started with, and what each caller changes of it.

use std::path::{Path, PathBuf};

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::config::{Config, Merge, PermissionMode};
use tau_core::{HumanDuration, SessionId};
use tau_runtime::SessionOptions;
use tau_runtime::attach::RemoteEnvironment;
use tau_runtime::runtime::{
    AgentSummary, EnvironmentChoice, FactoryError, FactoryErrorKind, NewSession, OldSession, SessionFactory,
};
use tau_tools::CALL_TOOL;

use crate::config::{Loaded, REPLAY};
use crate::exit::UsageError;
use crate::host::AGENT;
use crate::session::{self, Files};
use crate::store::Place;

/// What the names of tools of MCP servers begin with.
const OF_SERVERS: &str = "mcp__";

/// Makes sessions as the configuration says.
///
/// Whoever reaches the server may use the configured models and work in the allowed folders. It may not lift the question
/// whether a call may run at all, unless the configuration does: that is the operator's to decide.
#[derive(Debug)]
pub(crate) struct ConfiguredFactory {
    loaded: Loaded,
    place: Option<Place>,
    /// Folders in which, and below which, sessions may work; the first is the usual one.
    roots: Vec<PathBuf>,
}

impl ConfiguredFactory {
    pub(crate) fn new(loaded: Loaded, place: Option<Place>, roots: Vec<PathBuf>) -> Self {
        Self { loaded, place, roots }
    }

    async fn make(
        &self,
        id: SessionId,
        loaded: &Loaded,
        files: Files<'_>,
    ) -> Result<SessionOptions, FactoryError> {
        session::check_names(loaded).map_err(|error| refused(FactoryErrorKind::UnknownTool, &error))?;
        if let Some(problem) = loaded.problems().first() {
            let kind = match problem.path() {
                "model" => FactoryErrorKind::UnknownModel,
                _ => FactoryErrorKind::InvalidConfig,
            };
            return Err(FactoryError::new(kind, problem.to_string(), problem.hint().unwrap_or_default()));
        }
        let kept = self.place.as_ref().map(|place| (place, id));
        match session::options_with(loaded, kept, files).await {
            Ok((options, _)) => Ok(options),
            Err(report) => {
                let hint = report.help().map(|help| help.to_string()).unwrap_or_default();
                Err(FactoryError::new(FactoryErrorKind::Unavailable, report.to_string(), hint))
            }
        }
    }

    /// The highest folder that a session in `folder` may know.
    fn boundary<'a>(&'a self, folder: &'a Path) -> &'a Path {
        let around = self.roots.iter().map(PathBuf::as_path).filter(|root| folder.starts_with(root));
        around.min_by_key(|root| root.components().count()).unwrap_or(folder)
    }

    /// What a session's tools act through, and the folder here that it is about.
    fn place<'a>(
        &self,
        choice: &EnvironmentChoice,
        provided: Option<&'a RemoteEnvironment>,
        usual: Option<&Path>,
    ) -> Result<(PathBuf, Files<'a>), FactoryError> {
        match (provided, choice) {
            (Some(provided), _) => Ok((self.loaded.working_dir.clone(), Files::Provided(provided))),
            (None, EnvironmentChoice::None) => Ok((self.loaded.working_dir.clone(), Files::None)),
            (None, EnvironmentChoice::Folder(folder)) => Ok((self.folder(Some(folder))?, Files::Here)),
            (None, EnvironmentChoice::Usual) => Ok((self.folder(usual)?, Files::Here)),
            // Not found is not the same as not asked for: nothing else is taken in its place.
            (None, _) => Err(not_allowed(
                "the environment that is asked for is not there".to_owned(),
                "attach the extension that provides it, or ask for another",
            )),
        }
    }

    /// The folder that is asked for, if sessions may work there.
    fn folder(&self, asked: Option<&Path>) -> Result<PathBuf, FactoryError> {
        // The server's own folder need not be one of them.
        let Some(asked) = asked.or_else(|| self.roots.first().map(PathBuf::as_path)) else {
            return Err(not_allowed(
                "this server has no folder to work in".to_owned(),
                "start it with --root",
            ));
        };
        // Resolved first: a link must not lead out of the roots.
        let real = asked
            .canonicalize()
            .map_err(|error| not_allowed(format!("{} cannot be used: {error}", asked.display()), ""))?;
        if self.roots.iter().any(|root| real.starts_with(root)) {
            return Ok(real);
        }
        let roots: Vec<String> = self.roots.iter().map(|root| root.display().to_string()).collect();
        let hint = format!("work below {}, or start the server with --root", roots.join(" or "));
        Err(not_allowed(format!("sessions may not work in {}", asked.display()), &hint))
    }

    fn check_mode(&self, asked: Option<PermissionMode>) -> Result<(), FactoryError> {
        let is_allowed = asked != Some(PermissionMode::Bypass)
            || self.loaded.config.permissions.mode == Some(PermissionMode::Bypass);
        if is_allowed {
            return Ok(());
        }
        let hint =
            "allow tools by name, or set `permissions.mode = \"bypass\"` in the server's configuration";
        let message = "this server lets nobody bypass its permissions";
        Err(FactoryError::new(FactoryErrorKind::PermissionModeNotAllowed, message, hint))
    }
}

impl SessionFactory for ConfiguredFactory {
    fn create<'a>(&'a self, request: &'a NewSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move {
            if let Some(agent) = request.agent.as_deref().filter(|agent| *agent != AGENT) {
                let message = format!("there is no agent `{agent}`");
                return Err(FactoryError::new(
                    FactoryErrorKind::UnknownAgent,
                    message,
                    format!("leave it out, or say `{AGENT}`"),
                ));
            }
            self.check_mode(request.overrides.permissions.mode)?;
            let (folder, files) = self.place(&request.environment, request.provided.as_ref(), None)?;
            let boundary = self.boundary(&folder).to_owned();
            let loaded = self.loaded.with_request(layer(request), folder, &boundary);
            let mut options = self.make(request.id, &loaded, files).await?;
            if let Some(compaction) = &request.overrides.compaction {
                options.config.compaction = (compaction.at_tokens > 0).then(|| compaction.clone());
            }
            if let Some(depth) = request.overrides.subagent_depth {
                options.config.subagent_depth = depth;
            }
            options.config.metadata.extend(request.overrides.metadata.clone());
            Ok(options)
        }
        .boxed()
    }

    fn resume<'a>(&'a self, request: &'a OldSession) -> BoxFuture<'a, Result<SessionOptions, FactoryError>> {
        async move {
            let usual = request.metadata.get("working_dir").map(Path::new);
            let (folder, files) = self.place(&request.environment, request.provided.as_ref(), usual)?;
            let mut layer = Config::default();
            // A journal knows a recording by its name, and the server by its file.
            let is_recording = request.config.model.starts_with(REPLAY);
            let own = Some(&request.config.model).filter(|_| !is_recording);
            layer.model = request.model.as_ref().or(own).cloned();
            let tools = request.config.tools.iter().map(|tool| tool.definition.name.clone());
            layer.agent.tools = Some(known_again(tools));
            let boundary = self.boundary(&folder).to_owned();
            self.make(request.id, &self.loaded.with_request(layer, folder, &boundary), files).await
        }
        .boxed()
    }

    fn agents(&self) -> Vec<AgentSummary> {
        let model = self.loaded.config.model.clone().unwrap_or_default();
        let tools = session::check_names(&self.loaded).map(|(tools, of_loop)| {
            let of_loop = of_loop.into_iter().map(|tool| tool.definition.name);
            tools.names().map(str::to_owned).chain(of_loop).collect()
        });
        vec![AgentSummary::new(AGENT, "The agent of the configuration.", model, tools.unwrap_or_default())]
    }
}

/// The tools that a session had and can have again. Those of servers that were only to be searched for have no names in it.
fn known_again(tools: impl Iterator<Item = String>) -> Vec<String> {
    let mut tools: Vec<String> = tools
        .filter(|tool| session::is_tool(tool) || tool == CALL_TOOL || tool.starts_with(OF_SERVERS))
        .collect();
    if let Some(at) = tools.iter().position(|tool| tool == CALL_TOOL) {
        tools[at] = format!("{OF_SERVERS}*");
    }
    tools
}

/// What a request changes, as one more layer of the configuration.
fn layer(request: &NewSession) -> Config {
    let overrides = &request.overrides;
    let mut layer = Config::default();
    layer.model.clone_from(&overrides.model);
    layer.permissions.clone_from(&overrides.permissions);
    layer.agent.tools.clone_from(&overrides.tools);
    layer.agent.system_prompt.clone_from(&overrides.system);
    layer.agent.budget = overrides.budget;
    layer.agent.options = layer.agent.options.merge(overrides.options.clone());
    layer.agent.parallel_tools = overrides.parallel_tools.and_then(|tools| u32::try_from(tools).ok());
    layer.agent.tool_timeout = overrides.tool_timeout.map(HumanDuration::from);
    layer
}

fn refused(kind: FactoryErrorKind, error: &UsageError) -> FactoryError {
    FactoryError::new(kind, error.to_string(), error.help.clone().unwrap_or_default())
}

fn not_allowed(message: String, hint: &str) -> FactoryError {
    FactoryError::new(FactoryErrorKind::EnvironmentNotAllowed, message, hint)
}
