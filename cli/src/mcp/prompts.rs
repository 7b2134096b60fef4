//! Prompts of servers as commands: `/mcp__server__prompt words`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Map, Value};
use tau_core::event::{HookChange, HookDecision, HookPoint, HookVerdict};
use tau_core::{ContentBlock, SessionId};
use tau_mcp::ServerPool;
use tau_mcp::content::{PromptArgument, PromptInfo};
use tau_runtime::hooks::{
    FailurePolicy, Hook, HookAsk, HookFailure, HookList, HookSpec, Hooks, RegisteredHook,
};
use tau_skills::invocation::split;
use tau_tools::{OutputBounds, bound_text};

/// What a prompt begins with that names one of a server.
const COMMAND: &str = "/mcp__";
/// Behind whatever else is asked about a prompt, as skills are.
const LAST: i32 = -1_000;
/// How long a server may take.
const TIME: Duration = Duration::from_secs(120);

/// Puts what a server makes of a prompt of its own in the place of a person's that names it. What was typed is journaled before
/// that, and what came of it is, so a session that is taken up asks no server again.
#[derive(Debug, Clone)]
pub(super) struct ServerPrompts {
    pool: ServerPool,
    servers: Arc<[String]>,
    spec: Arc<HookSpec>,
}

impl ServerPrompts {
    /// Of these servers.
    pub(super) fn new(pool: ServerPool, servers: impl IntoIterator<Item = String>) -> Self {
        let spec = HookSpec::new("prompts of servers", HookPoint::BeforePrompt).with_priority(LAST);
        let spec = spec.with_timeout(TIME).with_failure(FailurePolicy::Block);
        Self { pool, servers: servers.into_iter().collect(), spec: Arc::new(spec) }
    }

    /// What a command and the words behind it become.
    async fn expand(&self, command: &str, words: &str) -> Result<String, String> {
        let mut known = Vec::new();
        for server in self.servers.iter() {
            let prompts = self.pool.prompts(server).await.map_err(|error| error.to_string())?;
            if let Some(prompt) = prompts.iter().find(|prompt| prompt.command == command) {
                let arguments = arguments(prompt, words)?;
                let made = self.pool.prompt(server, &prompt.name, arguments).await;
                let text = made.map_err(|error| error.to_string())?.to_prompt();
                return Ok(bound_text(text, OutputBounds::default()));
            }
            known.extend(prompts.into_iter().map(|prompt| format!("/{}", prompt.command)));
        }
        Err(format!("There is no prompt `/{command}`. There are: {}.", known.join(", ")))
    }
}

/// The words by the places of arguments; the last has all that is left.
fn arguments(prompt: &PromptInfo, words: &str) -> Result<Map<String, Value>, String> {
    let mut words = split(words);
    let count = prompt.arguments.len();
    if count > 0 && words.len() > count {
        let rest = words.split_off(count - 1).join(" ");
        words.push(rest);
    }
    let missing = prompt.arguments.iter().skip(words.len()).find(|argument| argument.required);
    if let Some(PromptArgument { name, .. }) = missing {
        let usage: Vec<String> =
            prompt.arguments.iter().map(|argument| format!("<{}>", argument.name)).collect();
        return Err(format!("`{name}` is missing: /{} {}", prompt.command, usage.join(" ")));
    }
    let named = prompt.arguments.iter().map(|argument| argument.name.clone());
    Ok(named.zip(words.into_iter().map(Value::from)).collect())
}

impl Hook for ServerPrompts {
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        Box::pin(async move {
            let text = ask.content.first().and_then(ContentBlock::as_text).unwrap_or_default().trim();
            if !text.starts_with(COMMAND) {
                return Ok(HookDecision::default());
            }
            let (name, words) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Ok(match self.expand(&name[1..], words).await {
                Ok(made) => {
                    let rest = ask.content.iter().skip(1).cloned();
                    let content = [ContentBlock::text(made)].into_iter().chain(rest).collect();
                    HookDecision::default().with_change(HookChange::Prompt { content, skill: None })
                }
                Err(why) => HookDecision::new(HookVerdict::Deny, why),
            })
        })
    }
}

impl Hooks for ServerPrompts {
    fn points(&self) -> BTreeSet<HookPoint> {
        BTreeSet::from([HookPoint::BeforePrompt])
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        let hook = || RegisteredHook::new(Arc::clone(&self.spec), Arc::new(self.clone()));
        (point == HookPoint::BeforePrompt).then(hook).into_iter().collect()
    }

    /// What a subagent is told is no command of a person.
    fn below(&self, _: SessionId) -> Arc<dyn Hooks> {
        Arc::new(HookList::default())
    }
}
