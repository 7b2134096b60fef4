//! From a file of an agent to a kind of subagent.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tau_core::event::{AgentProfile, ModelChoice};
use tau_skills::Catalogue;
use tau_skills::invocation::{Invocation, plan};

use super::definition::AgentDefinition;
use super::discover::Agents;
use crate::finding::{Finding, FindingKind};

/// Kinds of subagents that a session has, and bytes of what all of them are told: they stand in one event, whose size is bounded.
const MOST: usize = 200;
const MOST_BYTES: usize = 4 << 20;

/// What the kinds of subagents of a session are made with.
#[expect(missing_debug_implementations, reason = "it holds functions")]
#[non_exhaustive]
pub struct AgentHost<'a> {
    /// The names of the tools of the session.
    pub tools: BTreeSet<String>,
    /// The skills that agents may have read before they begin.
    pub skills: &'a Catalogue,
    /// The model that a name means; `None` where it means none here.
    pub model: &'a dyn Fn(&str) -> Option<ModelChoice>,
    /// What an agent is told first, given its own instructions.
    pub system: &'a dyn Fn(&str) -> String,
}

impl<'a> AgentHost<'a> {
    /// For a session with these tools and skills.
    pub fn new(
        tools: impl IntoIterator<Item = String>,
        skills: &'a Catalogue,
        model: &'a dyn Fn(&str) -> Option<ModelChoice>,
        system: &'a dyn Fn(&str) -> String,
    ) -> Self {
        Self { tools: tools.into_iter().collect(), skills, model, system }
    }

    /// The kinds of subagents that agents are, by name, and what of their files does not count.
    ///
    /// An agent that names tools and has none of them is none: it was written to do something that cannot be done here.
    #[must_use]
    pub fn profiles(&self, agents: &Agents) -> (BTreeMap<String, AgentProfile>, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut profiles = BTreeMap::new();
        let mut bytes = 0;
        for agent in agents.agents.values() {
            let Some(profile) = self.profile(agent, &mut findings) else { continue };
            let size = profile.system.len() + profile.description.len();
            let (limit, what) = if profiles.len() >= MOST {
                (MOST, "agents")
            } else if bytes + size > MOST_BYTES {
                (MOST_BYTES, "bytes of what agents are told")
            } else {
                bytes += size;
                profiles.insert(agent.name.clone(), profile);
                continue;
            };
            findings.push(Finding::new(&agent.path, FindingKind::LeftOut { limit, what }));
        }
        (profiles, findings)
    }

    fn profile(&self, agent: &AgentDefinition, findings: &mut Vec<Finding>) -> Option<AgentProfile> {
        let mut find = |kind| findings.push(Finding::new(&agent.path, kind));
        let mut profile = AgentProfile::new(&agent.description);
        profile.tools = (agent.tools.is_some() || !agent.disallowed_tools.is_empty())
            .then(|| self.tools.iter().filter(|tool| agent.may_use(tool)).cloned().collect());
        let names_any = agent.tools.as_ref().is_some_and(|tools| !tools.is_empty());
        if names_any && profile.tools.as_ref().is_some_and(BTreeSet::is_empty) {
            find(FindingKind::NotADefinition { why: "none of its `tools` is there" });
            return None;
        }
        if let Some(model) = &agent.model {
            profile.model = (self.model)(model);
            if profile.model.is_none() {
                let why = "no model is configured by this name; it asks that of the session";
                find(FindingKind::NotSupported { key: format!("model: {model}"), why });
            }
        }
        profile.mode = agent.permission_mode;
        profile.max_turns = agent.max_turns;
        profile.background = agent.background;
        profile.system = (self.system)(&self.instructions(agent, find));
        Some(profile)
    }

    /// Its own words, and the skills that it has read before it begins.
    fn instructions(&self, agent: &AgentDefinition, mut find: impl FnMut(FindingKind)) -> String {
        let mut text = agent.prompt.clone();
        for name in &agent.skills {
            let skill = self.skills.find(name).filter(|skill| skill.front_matter.is_model_invocable());
            let body = skill.and_then(|skill| Some((skill, skill.body().ok()?)));
            let Some((skill, body)) = body else {
                find(FindingKind::UnknownSkill { skill: name.clone() });
                continue;
            };
            // Nobody has asked anything yet, so nothing is run for it.
            let plan = plan(&body.text, &skill.front_matter, &Invocation::default().of(skill));
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n\n<skill_content name=\"{}\">\n{}\n</skill_content>",
                skill.name,
                plan.render(&[]).trim()
            );
        }
        text
    }
}
