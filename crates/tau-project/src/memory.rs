//! Instructions that come with the files they are about: those of folders below the working folder, rules for certain files,
//! and the names of skills that such folders have. What they are is [`tau_memory`]'s business and `tau_skills`'; here they reach the model, once in a session, behind the result of the
//! call that first touched such a file.
//!
//! [`NestedMemory::watch`] has the tools of files say what they touch, and as a hook before the model is asked it adds what
//! applies. So it is journaled as any context of hooks is, and a session that is taken up sends the same bytes again. A
//! session in which nothing of this kind is touched asks no hook and journals nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::event::{HookDecision, HookPoint, ToolKind};
use tau_core::{ContentBlock, EffectClass, SessionId, ToolDefinition};
use tau_memory::{Bootstrap, SystemContext};
use tau_runtime::hooks::{Hook, HookAsk, HookFailure, HookSpec, Hooks, RegisteredHook};
use tau_skills::{Discovery, Scope, nested_roots};
use tau_tools::{Concurrency, ToolContext, ToolExecutor, ToolOutput, ToolRegistry};

use crate::hooks::files_of_patch;

/// Tools that read or change files which they name.
const TOOLS: [&str; 4] = ["read", "write", "edit", "apply_patch"];
/// Bytes of what one skill says of itself, and of all that are told of at once.
const ABOUT: usize = 300;
const SKILLS: usize = 8_000;
/// Before other hooks see what the model is about to be asked.
const FIRST: i32 = 1_000;

/// Gives the model the instructions of the folders and files that it works on, as it comes to them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct NestedMemory {
    inner: Arc<Inner>,
    /// The subagent whose hooks these are; `None` for the session.
    child: Option<SessionId>,
}

#[derive(Debug)]
struct Inner {
    bootstrap: Bootstrap,
    /// What every session is told from the start.
    loaded: SystemContext,
    working_dir: PathBuf,
    sessions: Mutex<BTreeMap<Option<SessionId>, Seen>>,
    /// Held while files are read, so that two calls do not bring the same. Nobody waits for it but them.
    reading: Mutex<()>,
}

/// What one session has seen.
#[derive(Debug)]
struct Seen {
    loaded: SystemContext,
    /// Files, or folders where no rule is for certain files, about which there is nothing more to say.
    touched: BTreeSet<PathBuf>,
    /// Folders of skills that it was told of.
    skills: BTreeSet<PathBuf>,
    /// What the model is told next.
    waiting: String,
    /// Whether it was told anything that a compaction takes away.
    was_told: bool,
}

impl NestedMemory {
    /// For sessions whose system prompt has what is loaded.
    #[must_use]
    pub fn new(bootstrap: Bootstrap, loaded: SystemContext, working_dir: impl Into<PathBuf>) -> Self {
        let main = (None, Seen::of(&loaded));
        let sessions = Mutex::new([main].into_iter().collect());
        let working_dir = working_dir.into();
        Self {
            inner: Arc::new(Inner { bootstrap, loaded, working_dir, sessions, reading: Mutex::default() }),
            child: None,
        }
    }

    /// The same tools, of which those of files say what they touch.
    #[must_use]
    pub fn watch(&self, tools: &ToolRegistry) -> ToolRegistry {
        let all = tools.names().filter_map(|name| tools.get(name));
        let watched = all.map(|tool| -> Arc<dyn ToolExecutor> {
            if !TOOLS.contains(&tool.definition().name.as_str()) {
                return Arc::clone(tool);
            }
            Arc::new(Watched { tool: Arc::clone(tool), inner: Arc::clone(&self.inner) })
        });
        watched.collect()
    }
}

impl Seen {
    fn of(loaded: &SystemContext) -> Self {
        Self {
            loaded: loaded.clone(),
            touched: BTreeSet::new(),
            skills: BTreeSet::new(),
            waiting: String::new(),
            was_told: false,
        }
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Option<SessionId>, Seen>> {
        // What a panic left here is still true.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what applies to a file that a session has touched. It reads files.
    fn touch(&self, session: Option<SessionId>, file: &Path) {
        let _alone = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        // A session that is no known subagent is the one that these were made for.
        let key = session.filter(|id| self.lock().contains_key(&Some(*id)));
        let Some((loaded, roots)) = self.lock().get_mut(&key).and_then(|seen| {
            let is_about_files = !seen.loaded.conditional.is_empty();
            let place = if is_about_files { file } else { file.parent()? };
            let is_new = seen.touched.insert(place.to_owned());
            is_new.then(|| {
                let roots = nested_roots(&self.working_dir, file).into_iter();
                (seen.loaded.clone(), roots.filter(|root| seen.skills.insert(root.clone())).collect())
            })
        }) else {
            return;
        };
        let more = self.bootstrap.nested_for(file, &loaded);
        let skills = skills_of(roots);
        if let Some(seen) = self.lock().get_mut(&key) {
            seen.waiting.push_str(&more.render());
            seen.waiting.push_str(&skills);
            seen.loaded.extend(more);
        }
    }
}

/// The skills that such folders have, for whoever reads them as files: they are of no catalogue, and nothing of them runs.
fn skills_of(roots: Vec<PathBuf>) -> String {
    let search = roots.into_iter().fold(Discovery::new(), |search, root| search.root(root, Scope::Project));
    let found = search.discover();
    let mut text = String::new();
    for skill in found.skills.values().filter(|skill| skill.front_matter.is_model_invocable()) {
        let about = skill.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let about = &about[..about.floor_char_boundary(ABOUT)];
        let line = format!("- {}: {about} ({})\n", skill.name, skill.path.display());
        if text.len() + line.len() > SKILLS {
            text.push_str("- and more beside them\n");
            break;
        }
        text.push_str(&line);
    }
    if text.is_empty() {
        text
    } else {
        format!("Skills of these folders; read the file of one to use it:\n{text}")
    }
}

/// A tool of files that says what it touches.
#[derive(Debug)]
struct Watched {
    tool: Arc<dyn ToolExecutor>,
    inner: Arc<Inner>,
}

impl Watched {
    async fn run(&self, context: &ToolContext, arguments: &Value) -> ToolOutput {
        let output = self.tool.execute(context, arguments).await;
        if output.is_error {
            return output;
        }
        let root = context.environment.root();
        let files: Vec<PathBuf> = named(arguments).into_iter().map(|file| root.join(file)).collect();
        let session = context.scope.as_ref().map(|scope| scope.session);
        let inner = Arc::clone(&self.inner);
        let touch = move || files.iter().for_each(|file| inner.touch(session, file));
        // The result is there, whatever becomes of this.
        let _ = tokio::task::spawn_blocking(touch).await;
        output
    }
}

/// The files that a call names.
fn named(arguments: &Value) -> Vec<String> {
    let text = |key: &str| arguments.get(key).and_then(Value::as_str);
    match (text("path"), text("patch")) {
        (Some(path), _) => vec![path.to_owned()],
        (None, Some(patch)) => files_of_patch(patch).map(str::to_owned).collect(),
        (None, None) => Vec::new(),
    }
}

impl ToolExecutor for Watched {
    fn definition(&self) -> &ToolDefinition {
        self.tool.definition()
    }

    fn effect(&self) -> EffectClass {
        self.tool.effect()
    }

    fn kind(&self) -> ToolKind {
        self.tool.kind()
    }

    fn is_deferred(&self) -> bool {
        self.tool.is_deferred()
    }

    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        self.tool.concurrency(arguments, root)
    }

    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        self.tool.timeout(arguments, default)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        Box::pin(self.run(context, arguments))
    }
}

impl Hooks for NestedMemory {
    /// Only where there is something to say: what is hooked is journaled.
    fn points(&self) -> BTreeSet<HookPoint> {
        let sessions = self.inner.lock();
        let seen = sessions.get(&self.child);
        let next = seen.filter(|seen| !seen.waiting.is_empty()).map(|_| HookPoint::BeforeModel);
        let again = seen.filter(|seen| seen.was_told).map(|_| HookPoint::AfterCompaction);
        next.into_iter().chain(again).collect()
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        let spec = HookSpec::new("instructions of folders", point).with_priority(FIRST);
        let hook = || RegisteredHook::new(Arc::new(spec), Arc::new(self.clone()));
        let is_wanted = matches!(point, HookPoint::BeforeModel | HookPoint::AfterCompaction);
        is_wanted.then(hook).into_iter().collect()
    }

    /// A subagent has a conversation of its own, and has seen nothing.
    fn below(&self, child: SessionId) -> Arc<dyn Hooks> {
        let child = Some(child);
        self.inner.lock().entry(child).or_insert_with(|| Seen::of(&self.inner.loaded));
        Arc::new(Self { inner: Arc::clone(&self.inner), child })
    }
}

impl Hook for NestedMemory {
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        Box::pin(async move {
            let mut sessions = self.inner.lock();
            let Some(seen) = sessions.get_mut(&self.child) else { return Ok(HookDecision::default()) };
            if ask.point == HookPoint::AfterCompaction {
                // What was told is gone, and comes with the next file that it is about.
                let waiting = std::mem::take(&mut seen.waiting);
                *seen = Seen { waiting, ..Seen::of(&self.inner.loaded) };
                return Ok(HookDecision::default());
            }
            let text = std::mem::take(&mut seen.waiting);
            if text.is_empty() {
                return Ok(HookDecision::default());
            }
            seen.was_told = true;
            let text = format!("These instructions are for files that you have come to:\n\n{text}");
            Ok(HookDecision::default().with_context([ContentBlock::text(text)]))
        })
    }
}
