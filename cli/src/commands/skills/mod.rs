//! `tau skills`: what there is, what it becomes, and whether it is right.

mod list;
mod matching;
mod show;
mod validate;

use tau_skills::{Kind, Scope, Skill};

use crate::args::SkillsCommand;
use crate::exit::Exit;

pub(crate) fn run(command: &SkillsCommand) -> miette::Result<Exit> {
    match command {
        SkillsCommand::List(args) => list::list(args),
        SkillsCommand::Show(args) => show::show(args),
        SkillsCommand::Validate(args) => validate::validate(args),
        SkillsCommand::Match(args) => matching::show(args),
    }
}

/// Whose a skill is, and what.
fn origin(skill: &Skill) -> &'static str {
    match (skill.scope, skill.kind) {
        (Scope::Project, Kind::Command) => "project, command",
        (Scope::Project, _) => "project",
        (Scope::User, Kind::Command) => "user, command",
        (Scope::User, _) => "user",
        (_, Kind::Command) => "plugin, command",
        (_, _) => "plugin",
    }
}
