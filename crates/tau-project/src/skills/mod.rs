//! Skills at work: given to the model when it asks for one, and put in the place of prompts that name one.
//!
//! [`SkillReader`] makes the text of a skill: arguments are put in, the commands in it are judged like any command and run
//! when rules allow them, files that it names are attached. [`SkillTool`] gives that text to the model, and [`SkillPrompts`]
//! puts it in the place of a prompt such as `/review src`. What a skill allows while it is in use is the kernel's business:
//! [`profiles`] says what that is.
//!
//! A command in a skill never asks a person. One that rules do not allow, or of a project that is not trusted, keeps the
//! skill from being used, and the reason is told.

mod prompts;
mod reader;
mod tool;

use std::collections::BTreeMap;

use tau_core::event::SkillProfile;
use tau_skills::{Catalogue, Scope};

pub use prompts::SkillPrompts;
pub use reader::{SkillHost, SkillReader};
pub use tool::SkillTool;

/// What the skills of a catalogue allow while they are in use, by every name that they can be asked for by. Those of a project
/// that is not trusted allow nothing.
#[must_use]
pub fn profiles(catalogue: &Catalogue, trusts_project: bool) -> BTreeMap<String, SkillProfile> {
    let may_allow = |scope: Scope| scope != Scope::Project || trusts_project;
    let skills = catalogue.names().into_iter().filter(|(_, skill)| may_allow(skill.scope));
    let allowing = skills.filter(|(_, skill)| !skill.front_matter.allowed_tools.is_empty());
    allowing.map(|(name, skill)| (name, SkillProfile::new(&skill.front_matter.allowed_tools))).collect()
}
