//! Skills in use: what compactions must not lose of them, and what a run may do because of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tau_core::event::{EventBody, HookChange, HookDecision, HookSubject, HookVerdict, ToolKind, ToolOutcome};
use tau_core::{ContentBlock, RunId, ToolCallId, ToolResultBlock};

use super::run::{Call, Run};

/// The most bytes that are kept of one skill, about 5,000 tokens.
const MOST_OF_ONE: usize = 20_000;

/// The most bytes that are kept of all, about 25,000 tokens. Those used longest ago are let go first.
const MOST_OF_ALL: usize = 100_000;

/// What a session uses of skills.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Skills {
    /// Those that prompts asked for whose runs have not begun.
    queued: BTreeMap<RunId, Skill>,
    /// The newest use of each, the latest last.
    in_use: Vec<Skill>,
    /// Those that the run that is on has used.
    of_run: BTreeSet<String>,
}

/// A skill that is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Skill {
    name: String,
    /// What the model reads of it.
    text: Arc<str>,
    /// The call that it came with; `None` where a prompt asked for it.
    call: Option<ToolCallId>,
}

impl Skills {
    /// What compactions must not lose: names and texts, the latest last.
    pub(super) fn in_use(&self) -> impl Iterator<Item = (&str, &str)> {
        self.in_use.iter().map(|skill| (skill.name.as_str(), &*skill.text))
    }

    /// The skills that the run that is on has used.
    pub(super) fn of_run(&self) -> impl Iterator<Item = &str> {
        self.of_run.iter().map(String::as_str)
    }

    /// Takes the next event in, and says whether the skills of the run changed.
    pub(super) fn apply(&mut self, event: &EventBody, run: Option<&Run>) -> bool {
        let before = self.of_run.len();
        match event {
            EventBody::RunStarted { run } => {
                self.of_run.clear();
                if let Some(skill) = self.queued.remove(run) {
                    self.take_up(skill);
                    return true;
                }
            }
            // One that never started has no part in the run that is on.
            EventBody::RunFinished { run, .. } if self.queued.remove(run).is_some() => {}
            EventBody::RunFinished { .. } => self.of_run.clear(),
            EventBody::ToolFinished { outcome: ToolOutcome::Succeeded, result, .. } => {
                let call = run.and_then(|run| run.call(&result.call_id));
                if let Some(name) = call.and_then(name_of) {
                    let (text, call) = (said(&result.content), Some(result.call_id.clone()));
                    self.take_up(Skill { name, text, call });
                }
            }
            EventBody::HooksDecided { about, decision, .. } => self.decided(about, decision),
            _ => {}
        }
        before != self.of_run.len()
    }

    /// Hooks may put a skill in the place of a prompt. And they may change what the model reads, or keep it from it: then it
    /// is no more in a compaction either.
    fn decided(&mut self, about: &HookSubject, decision: &HookDecision) {
        match (about, &decision.change) {
            (HookSubject::Run { run }, Some(HookChange::Prompt { content, skill: Some(name) })) => {
                let skill = Skill { name: name.clone(), text: words(content), call: None };
                self.queued.insert(*run, skill);
            }
            (HookSubject::Call { call_id }, change) => {
                let Some(at) = self.in_use.iter().position(|skill| skill.call.as_ref() == Some(call_id))
                else {
                    return;
                };
                if decision.verdict == HookVerdict::Deny {
                    let skill = self.in_use.remove(at);
                    self.of_run.remove(&skill.name);
                } else if let Some(HookChange::Result { content, .. }) = change {
                    self.in_use[at].text = said(content);
                }
            }
            _ => {}
        }
    }

    fn take_up(&mut self, skill: Skill) {
        self.of_run.insert(skill.name.clone());
        self.in_use.retain(|known| known.name != skill.name);
        self.in_use.push(skill);
        let mut room = MOST_OF_ALL;
        let fits = |skill: &&Skill| {
            let left = room.checked_sub(skill.text.len());
            room = left.unwrap_or_default();
            left.is_some()
        };
        let kept = self.in_use.iter().rev().take_while(fits).count();
        self.in_use.drain(..self.in_use.len() - kept);
    }
}

/// The skill that a call gives: `{"name": "..."}`, which may be written as people write it.
fn name_of(call: &Call) -> Option<String> {
    let arguments = Some(&call.call.arguments).filter(|_| call.kind == ToolKind::Skill)?.value().ok()?;
    let name = arguments.get("name").and_then(Value::as_str)?;
    Some(name.strip_prefix('/').unwrap_or(name).to_owned())
}

fn words(content: &[ContentBlock]) -> Arc<str> {
    bounded(content.iter().filter_map(ContentBlock::as_text))
}

fn said(content: &[ToolResultBlock]) -> Arc<str> {
    bounded(content.iter().filter_map(ToolResultBlock::as_text))
}

fn bounded<'a>(texts: impl Iterator<Item = &'a str>) -> Arc<str> {
    let mut text = texts.collect::<Vec<_>>().join("\n");
    if text.len() > MOST_OF_ONE {
        text.truncate(text.floor_char_boundary(MOST_OF_ONE));
        text.push_str("\n[the rest is left out; use the skill again to read it]");
    }
    text.into()
}
