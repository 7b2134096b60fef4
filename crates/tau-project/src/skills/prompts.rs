//! Prompts that name a skill.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tau_core::event::{HookChange, HookDecision, HookPoint, HookVerdict};
use tau_core::{ContentBlock, SessionId};
use tau_runtime::hooks::{
    FailurePolicy, Hook, HookAsk, HookFailure, HookList, HookSpec, Hooks, RegisteredHook,
};
use tau_skills::Skill;

use super::reader::SkillReader;

/// Behind whatever else is asked about a prompt: that is to see what a person typed.
const LAST: i32 = -1_000;
/// The commands of one skill together.
const TIME: Duration = Duration::from_mins(10);

/// Puts what a skill says in the place of a prompt that names it: `/review src` or `/plugin:review src`.
///
/// A prompt that begins otherwise, or names no skill, stays as it is. It is a hook like any other, so what was asked is
/// journaled before anything is read or run for it.
#[derive(Debug, Clone)]
pub struct SkillPrompts {
    reader: SkillReader,
    spec: Arc<HookSpec>,
}

impl SkillPrompts {
    /// For the skills of a reader that are meant for people.
    #[must_use]
    pub fn new(reader: SkillReader) -> Self {
        let spec = HookSpec::new("skills", HookPoint::BeforePrompt).with_priority(LAST).with_timeout(TIME);
        // Without what the skill says, the model would only guess what its name means.
        Self { reader, spec: Arc::new(spec.with_failure(FailurePolicy::Block)) }
    }

    async fn expand(&self, ask: &HookAsk) -> HookDecision {
        let Some((skill, arguments)) = self.named(ask) else { return HookDecision::default() };
        match self.reader.read_for_people(skill, arguments, ask.session).await {
            Ok(text) => {
                let rest = ask.content.iter().skip(1).cloned();
                let content = [ContentBlock::text(text)].into_iter().chain(rest).collect();
                let skill = Some(self.reader.catalogue().identity(skill));
                HookDecision::default().with_change(HookChange::Prompt { content, skill })
            }
            Err(why) => HookDecision::new(HookVerdict::Deny, why),
        }
    }

    /// The skill that a prompt begins with, and what stands behind its name.
    fn named<'a>(&'a self, ask: &'a HookAsk) -> Option<(&'a Skill, &'a str)> {
        let text = ask.content.first()?.as_text()?.trim();
        let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let skill = self.reader.catalogue().find(name.strip_prefix('/')?)?;
        skill.front_matter.is_user_invocable().then_some((skill, arguments.trim()))
    }
}

impl Hook for SkillPrompts {
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        Box::pin(async move { Ok(self.expand(ask).await) })
    }
}

impl Hooks for SkillPrompts {
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
