//! Where skills, plugins, instructions and notes are.

use tau_memory::{Bootstrap, SystemContext, WorkingMemory};
use tau_skills::plugin::{Plugin, PluginError, PluginLibrary};
use tau_skills::{Catalogue, Discovery};

use crate::config::Loaded;
use crate::environment;
use crate::exit::UsageError;

/// What a session knows of its folder beforehand, read once.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) instructions: SystemContext,
    pub(crate) skills: Catalogue,
}

impl Known {
    pub(crate) fn of(loaded: &Loaded) -> Self {
        Self { instructions: instructions(loaded).load(), skills: skills(loaded) }
    }
}

/// The files of instructions: the user's own, then the project's from its root down to the working folder.
pub(crate) fn instructions(loaded: &Loaded) -> Bootstrap {
    let mut memory = Bootstrap::new(&loaded.working_dir).boundary(&loaded.project_root);
    if let Some(home) = environment::home_dir() {
        memory = memory
            .user_file(home.join(".claude/CLAUDE.md"))
            .user_rules(home.join(".claude/rules"))
            .home(home);
    }
    let memory = memory.exclude(&loaded.project.effective.excluded_memory);
    match environment::config_dir() {
        Some(folder) => memory.user_file(folder.join("AGENTS.md")).user_rules(folder.join("rules")),
        None => memory,
    }
}

/// The skills of the project and of every folder above up to its root, of the user, and of plugins in use.
pub(crate) fn skills(loaded: &Loaded) -> Catalogue {
    let search = Discovery::new().project(&loaded.working_dir, &loaded.project_root);
    let search = match environment::home_dir() {
        Some(home) => search.home(&home),
        None => search,
    };
    let search = match environment::config_dir() {
        Some(folder) => search.root(folder.join("skills"), tau_skills::Scope::User),
        None => search,
    };
    search.plugins(&plugins(loaded).0).discover()
}

/// The plugins in use, and what is wrong with others. Settings may say that one is not for the project.
pub(crate) fn plugins(loaded: &Loaded) -> (Vec<Plugin>, Vec<PluginError>) {
    let Ok(library) = library() else { return Default::default() };
    let disabled = &loaded.project.effective.disabled_plugins;
    library.enabled_but(disabled).unwrap_or_else(|problem| (Vec::new(), vec![problem]))
}

/// Where the user's plugins are.
pub(crate) fn library() -> Result<PluginLibrary, UsageError> {
    let state = environment::state_dir();
    let state = state.ok_or_else(|| UsageError::new("there is no home folder", "set TAU_STATE_DIR"))?;
    Ok(PluginLibrary::new(state.join("plugins")))
}

/// The notes of the agents that work on the project.
pub(crate) fn notes(loaded: &Loaded) -> WorkingMemory {
    WorkingMemory::new(loaded.project_root.join(".tau/memory"))
}
