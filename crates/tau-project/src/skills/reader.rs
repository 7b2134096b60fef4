//! From a skill on disk to what the model reads.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tau_core::config::PermissionConfig;
use tau_core::{EffectClass, SessionId, ToolArguments};
use tau_skills::front_matter::Context;
use tau_skills::invocation::{Answer, Invocation, Variable, Want, plan};
use tau_skills::{Catalogue, Scope, Skill};
use tau_tools::environment::{CommandExit, CommandSpec, Environment, WorkspacePath};
use tau_tools::permission::{Decision, Judged, PermissionPolicy, Surroundings, SystemPaths, Verdict};

/// How long a command in a skill may take.
const COMMAND_TIME: Duration = Duration::from_secs(120);
/// Bytes of a command's output that are kept.
const OUTPUT: usize = 256 * 1024;
/// Bytes of a file that is attached.
const FILE: u64 = 256 * 1024;
/// Files of a skill that are listed.
const RESOURCES: usize = 50;

/// What skills are read with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SkillHost {
    /// What commands run in, and files are read from.
    pub environment: Arc<dyn Environment>,
    /// The rules that their commands are judged by.
    pub permissions: PermissionConfig,
    /// The root of the project.
    pub root: PathBuf,
    /// The user's home folder, which rules may name.
    pub home: PathBuf,
    /// Whether commands of the project's own skills may run.
    pub trusts_project: bool,
}

impl SkillHost {
    /// Skills of a project that is not trusted, under no rules.
    pub fn new(environment: Arc<dyn Environment>, root: impl Into<PathBuf>) -> Self {
        let permissions = PermissionConfig::default();
        Self { environment, permissions, root: root.into(), home: "~".into(), trusts_project: false }
    }
}

/// Reads skills for whoever uses them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SkillReader(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    paths: SystemPaths,
    catalogue: Catalogue,
    host: SkillHost,
}

impl SkillReader {
    /// A reader of these skills.
    #[must_use]
    pub fn new(catalogue: Catalogue, host: SkillHost) -> Self {
        Self(Arc::new(Inner { paths: SystemPaths::default(), catalogue, host }))
    }

    /// The skills.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    /// What a skill says, invoked with these arguments, acting through an environment.
    ///
    /// # Errors
    /// Why it cannot be used, for whoever asked for it.
    pub async fn read(
        &self,
        skill: &Skill,
        arguments: &str,
        session: Option<SessionId>,
        environment: &dyn Environment,
    ) -> Result<String, String> {
        let read = skill.clone();
        let read = tokio::task::spawn_blocking(move || (read.body(), read.resources())).await;
        let (body, resources) = read.map_err(|error| error.to_string())?;
        let body = body.map_err(|error| error.to_string())?;
        let mut invocation = Invocation::new(arguments)
            .of(skill)
            .variable(Variable::ProjectDir, self.0.host.root.to_string_lossy());
        if let Some(session) = session {
            invocation = invocation.variable(Variable::SessionId, session.to_string());
        }
        let plan = plan(&body.text, &skill.front_matter, &invocation);
        let mut answers = Vec::new();
        for want in plan.wants() {
            answers.push(self.fetch(&want, skill, environment).await?);
        }
        let mut text = format!("<skill_content name=\"{}\">\n{}", skill.name, plan.render(&answers));
        if body.truncation.is_some() {
            text.push_str("\n[the rest of the skill is left out: it is too long]");
        }
        text.push_str("\n</skill_content>\n");
        list(&mut text, skill, resources.ok());
        Ok(for_whom(skill, text))
    }

    /// The same for a person who asked for it by its name.
    pub(super) async fn read_for_people(
        &self,
        skill: &Skill,
        arguments: &str,
        session: SessionId,
    ) -> Result<String, String> {
        let policy = PermissionPolicy::new(&self.0.host.permissions);
        let judged = format!("{} {arguments}", skill.name);
        let verdict = self.verdict(&policy, &Judged::of_text("skill", judged.trim()));
        if let (Decision::Deny, Some(rule)) = (verdict.decision, &verdict.rule) {
            return Err(format!("the skill `{}` cannot be used: the rule `{rule}` denies it", skill.name));
        }
        let environment = Arc::clone(&self.0.host.environment);
        self.read(skill, arguments, Some(session), &*environment).await
    }

    fn verdict(&self, policy: &PermissionPolicy, judged: &Judged<'_>) -> Verdict {
        let host = &self.0.host;
        let around = Surroundings::new(host.environment.root(), &host.home, &self.0.paths);
        policy.verdict(judged, &around.with_root(&host.root))
    }

    async fn fetch(
        &self,
        want: &Want,
        skill: &Skill,
        environment: &dyn Environment,
    ) -> Result<Answer, String> {
        match want {
            Want::Command(command) => {
                self.allow(command, skill)?;
                let (output, exit) = run(command, environment).await?;
                match exit {
                    CommandExit::Code(code) if want.accepts(code) => Ok(Answer::text(output)),
                    exit => Err(format!(
                        "the skill `{}` cannot be used: its command `{command}` ended with {}:\n{output}",
                        skill.name,
                        words(exit)
                    )),
                }
            }
            Want::File(path) => Ok(file(path, skill, environment).await),
            _ => Ok(Answer::nothing("not known here")),
        }
    }

    /// Whether a command of a skill may run without anybody being asked.
    fn allow(&self, command: &str, skill: &Skill) -> Result<(), String> {
        let host = &self.0.host;
        let refused = |why: &str| {
            format!("the skill `{}` cannot be used: its command `{command}` may not run: {why}", skill.name)
        };
        if skill.scope == Scope::Project && !host.trusts_project {
            return Err(refused("the project is not trusted (`tau trust`)"));
        }
        let mut policy = PermissionPolicy::new(&host.permissions);
        skill.front_matter.allowed_tools.iter().for_each(|rule| policy.allow(rule));
        let arguments = ToolArguments::from(json!({ "command": command }));
        let judged = Judged::new("bash", &arguments, EffectClass::AtMostOnce);
        let verdict = self.verdict(&policy, &judged);
        if verdict.decision == Decision::Allow { Ok(()) } else { Err(refused(&verdict.reason)) }
    }
}

/// Runs a command to its end, and gives what it printed.
async fn run(command: &str, environment: &dyn Environment) -> Result<(String, CommandExit), String> {
    let kept = Mutex::new(Vec::new());
    let keep = |chunk: &[u8]| {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT.saturating_sub(kept.len());
        kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
    };
    let spec = CommandSpec::new(command);
    let ran = tokio::time::timeout(COMMAND_TIME, environment.run(&spec, &keep)).await;
    let exit = match ran {
        Ok(exit) => exit.map_err(|error| format!("`{command}` cannot be run: {error}"))?,
        Err(_) => return Err(format!("`{command}` was stopped after {} s", COMMAND_TIME.as_secs())),
    };
    let output = kept.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((String::from_utf8_lossy(&output).into_owned(), exit))
}

/// A file that a skill names: relative to the working folder, or to its own.
async fn file(path: &str, skill: &Skill, environment: &dyn Environment) -> Answer {
    let root = environment.root();
    let beside = skill.folder().join(path);
    for candidate in [path, &*beside.to_string_lossy()] {
        let Ok(path) = WorkspacePath::parse(root, candidate) else { continue };
        if let Ok(content) = environment.read(&path, FILE).await {
            return Answer::text(String::from_utf8_lossy(&content));
        }
    }
    Answer::nothing("there is no such file")
}

fn words(exit: CommandExit) -> String {
    match exit {
        CommandExit::Code(code) => format!("code {code}"),
        CommandExit::Signal(signal) => format!("signal {signal}"),
        _ => "an error".to_owned(),
    }
}

/// The third level of disclosure: names alone.
fn list(text: &mut String, skill: &Skill, resources: Option<tau_skills::skill::Resources>) {
    let Some(resources) = resources.filter(|resources| !resources.files.is_empty()) else { return };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "<skill_resources folder=\"{}\">", skill.folder().display());
    for resource in resources.files.iter().take(RESOURCES) {
        let _ = writeln!(text, "- {}", resource.path.display());
    }
    if resources.files.len() > RESOURCES {
        let _ = writeln!(text, "- and {} more", resources.files.len() - RESOURCES);
    }
    text.push_str("</skill_resources>\n");
}

/// A skill for a subagent is given with the word to start one.
fn for_whom(skill: &Skill, text: String) -> String {
    let execution = &skill.front_matter.execution;
    if execution.context != Context::Fork {
        return text;
    }
    let agent = execution.agent.as_deref().map(|agent| format!(" of the kind `{agent}`")).unwrap_or_default();
    format!(
        "This skill is for a subagent{agent}. Start one with the tool `task`, give it all of the following as its prompt, and \
         report what it answers.\n\n{text}"
    )
}
