//! Hooks of settings, asked by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tau_core::event::{HookDecision, HookPoint, HookSubject, HookVerdict, Seq};
use tau_core::{
    ContentBlock, RunId, SessionId, ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_project::hooks::{HookHost, ProjectHooks};
use tau_project::settings::SettingsFiles;
use tau_project::trust::Trust;
use tau_runtime::hooks::{HookAsk, Hooks};

use crate::tree::Tree;

/// A project with hooks, and what was shown of them.
pub(crate) struct Hooked {
    pub(crate) tree: Tree,
    pub(crate) hooks: ProjectHooks,
    pub(crate) shown: Arc<Mutex<Vec<String>>>,
    session: SessionId,
    run: RunId,
}

/// Commands find their programs there.
pub(crate) fn variables() -> BTreeMap<String, String> {
    BTreeMap::from([("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned())])
}

impl Hooked {
    /// A project whose settings have these hooks.
    pub(crate) fn new(hooks: &Value) -> Self {
        Self::of(Tree::new(&[]), hooks)
    }

    pub(crate) fn of(tree: Tree, hooks: &Value) -> Self {
        tree.write(".claude/settings.json", json!({ "hooks": hooks }).to_string());
        let layers = SettingsFiles::of_project(&tree.root, &tree.root).read();
        assert_eq!(tree.told(&layers.findings), Vec::<String>::new());
        let shown = Arc::new(Mutex::new(Vec::new()));
        let mut host = HookHost::new(&tree.root, variables());
        let show = Arc::clone(&shown);
        host.notices = Some(Arc::new(move |notice| {
            show.lock().unwrap().push(format!("{}: {}", notice.event, notice.text))
        }));
        let hooks = ProjectHooks::new(layers.effective(Trust::Trusted).hooks, host);
        Self { tree, hooks, shown, session: SessionId::generate(), run: RunId::generate() }
    }

    /// One command at one event, about everything.
    pub(crate) fn command(event: &str, command: &str) -> Self {
        Self::new(
            &json!({ event: [{ "hooks": [{ "type": "command", "command": command, "timeout": 20 }] }] }),
        )
    }

    pub(crate) fn at(&self, point: HookPoint) -> HookAsk {
        let mut ask = HookAsk::new(point, self.session, HookSubject::Session);
        ask.run = Some(self.run);
        ask.seq = Seq(2);
        ask
    }

    pub(crate) fn call(&self, point: HookPoint, tool: &str, arguments: &Value) -> HookAsk {
        let mut ask = self.at(point);
        let call = ToolCall::new(ToolCallId::new("c1"), tool, ToolArguments::from(arguments.clone()));
        if matches!(point, HookPoint::AfterTool | HookPoint::AfterSubagent) {
            ask.result = Some(ToolResult::success(call.id.clone(), [ToolResultBlock::text("what it gave")]));
        }
        ask.call = Some(call);
        ask
    }

    /// A prompt, or the last words.
    pub(crate) fn words(&self, point: HookPoint, words: &str) -> HookAsk {
        let mut ask = self.at(point);
        ask.content = vec![ContentBlock::text(words)];
        ask
    }

    pub(crate) async fn ask(&self, ask: &HookAsk) -> HookDecision {
        asked(&self.hooks, ask).await
    }

    /// The answer to a call of `bash`, before it runs.
    pub(crate) async fn bash(&self, command: &str) -> HookDecision {
        self.ask(&self.call(HookPoint::BeforeTool, "bash", &json!({ "command": command }))).await
    }

    pub(crate) fn shown(&self) -> Vec<String> {
        std::mem::take(&mut *self.shown.lock().unwrap())
    }

    /// What a hook was given, which it wrote to a file.
    pub(crate) fn given(&self, file: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.tree.at(file)).unwrap()).unwrap()
    }
}

pub(crate) async fn asked(hooks: &dyn Hooks, ask: &HookAsk) -> HookDecision {
    let mut decision = HookDecision::default();
    for hook in hooks.at(ask.point) {
        decision = hook.hook.ask(ask).await.unwrap();
    }
    decision
}

pub(crate) fn deny(words: &str) -> HookDecision {
    HookDecision::new(HookVerdict::Deny, words)
}

pub(crate) fn context(words: &str) -> HookDecision {
    HookDecision::default().with_context([ContentBlock::text(words)])
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
