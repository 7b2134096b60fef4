//! Finding the files of agents.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tau_memory::text::ReadErrorKind;
use tau_tools::permission::tool_name;

use super::definition::{AgentDefinition, AgentScope};
use crate::finding::{Finding, FindingKind};
use crate::hooks::HookDeclaration;
use crate::trust::Trust;

/// Where a project keeps agents, the nearest to tau first.
const FOLDERS: [&str; 3] = [".tau/agents", ".agents/agents", ".claude/agents"];
/// Folders below one of them that are gone into.
const MOST_FOLDERS: usize = 1_000;
const MOST_DEPTH: usize = 8;

/// Where agents are looked for.
#[derive(Debug, Clone, Default)]
pub struct AgentFolders {
    folders: Vec<(AgentScope, PathBuf)>,
}

/// Agents by name, and an account of everything else that was met.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Agents {
    /// Those that can be started.
    pub agents: BTreeMap<String, AgentDefinition>,
    /// What was skipped, shadowed or ignored, and why.
    pub findings: Vec<Finding>,
}

impl AgentFolders {
    /// Those of a project: of the working folder, and of each folder above it up to the root. The nearest goes first. Paths must be
    /// absolute.
    #[must_use]
    pub fn of_project(root: &Path, working_dir: &Path) -> Self {
        let above = working_dir.ancestors().take_while(|folder| folder.starts_with(root));
        let inner = |folder: &Path| FOLDERS.map(|inner| (AgentScope::Project, folder.join(inner)));
        Self { folders: above.flat_map(inner).collect() }
    }

    /// The same with a folder of the user's, of a plugin's or of the machine's owner's agents, behind those of its scope.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>, scope: AgentScope) -> Self {
        self.folders.push((scope, path.into()));
        self
    }

    /// Reads them. It does not fail: what was not taken is in [`Agents::findings`].
    #[must_use]
    pub fn read(&self) -> Agents {
        let mut agents = Agents::default();
        let mut folders = self.folders.clone();
        folders.sort_by_key(|(scope, _)| *scope);
        let mut visited = BTreeSet::new();
        for (scope, folder) in folders {
            for file in files(&folder, &mut visited, &mut agents.findings) {
                if let Some(agent) = AgentDefinition::read(&file, scope, &mut agents.findings) {
                    agents.add(agent);
                }
            }
        }
        agents
    }
}

impl Agents {
    fn add(&mut self, agent: AgentDefinition) {
        match self.agents.entry(agent.name.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(agent)),
            Entry::Occupied(winner) => {
                let kind = FindingKind::Shadowed { name: agent.name, by: winner.get().path.clone() };
                self.findings.push(Finding::new(&agent.path, kind));
            }
        }
    }

    /// The hooks that are asked while one of these agents works. Those of a project need trust.
    pub fn hooks(&self, trust: Trust) -> impl Iterator<Item = HookDeclaration> {
        let may = move |scope: AgentScope| scope != AgentScope::Project || trust == Trust::Trusted;
        let agents = self.agents.values().filter(move |agent| may(agent.scope));
        agents.flat_map(|agent| agent.hooks.iter().map(|hook| hook.clone().within(&agent.name)))
    }

    /// What agents name that is not there. Tools of servers are not known before those are started, and count as there.
    pub fn check<'a>(
        &'a self,
        has_tool: impl Fn(&str) -> bool + 'a,
        has_skill: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = Finding> + 'a {
        self.agents.values().flat_map(move |agent| {
            let tools = agent.tools.iter().flatten().chain(&agent.disallowed_tools);
            let unknown = |tool: &&String| {
                let name = tool_name(tool);
                name != "*" && !name.starts_with("mcp__") && !has_tool(name)
            };
            let tools = tools.filter(unknown).map(|tool| FindingKind::UnknownTool { tool: tool.clone() });
            let skills = agent.skills.iter().filter(|skill| !has_skill(skill));
            let skills = skills.map(|skill| FindingKind::UnknownSkill { skill: skill.clone() });
            let found: Vec<FindingKind> = tools.chain(skills).collect();
            found.into_iter().map(|kind| Finding::new(&agent.path, kind))
        })
    }
}

/// The Markdown files below a folder, by path. Links are followed; a folder that is reached twice is gone into once.
fn files(folder: &Path, visited: &mut BTreeSet<PathBuf>, findings: &mut Vec<Finding>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![(folder.to_owned(), 0)];
    let mut count = 0;
    while let Some((folder, depth)) = waiting.pop() {
        let is_new = |real| visited.insert(real);
        if !folder.canonicalize().is_ok_and(is_new) {
            continue;
        }
        count += 1;
        if count > MOST_FOLDERS || depth > MOST_DEPTH {
            let (limit, what) =
                if depth > MOST_DEPTH { (MOST_DEPTH, "levels") } else { (MOST_FOLDERS, "folders") };
            findings.push(Finding::new(&folder, FindingKind::Limit { limit, what }));
            continue;
        }
        match std::fs::read_dir(&folder) {
            Ok(entries) => {
                for path in entries.flatten().map(|entry| entry.path()) {
                    if path.is_dir() {
                        waiting.push((path, depth + 1));
                    } else if path.extension().is_some_and(|extension| extension == "md") {
                        found.push(path);
                    }
                }
            }
            Err(error) => {
                let kind = FindingKind::Unreadable(ReadErrorKind::Io(error.kind()));
                findings.push(Finding::new(&folder, kind));
            }
        }
    }
    found.sort();
    found
}
