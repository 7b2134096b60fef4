//! From the body of a skill to what the model reads: arguments put in, commands and files named for the caller to fetch.
//!
//! This takes two steps, because nothing is run here. [`plan`] finds what the body wants and puts the arguments in;
//! whoever calls judges and runs the [commands](Want::Command) and reads the [files](Want::File); [`Plan::render`] puts the
//! answers in. Each text is looked through once: neither an argument nor an output can bring in a command of its own.
//!
//! | written | becomes |
//! |---|---|
//! | `$ARGUMENTS` | what was typed behind the name |
//! | `$ARGUMENTS[0]`, `$0` | the first word of it, quotes as in a shell; itself where there are fewer |
//! | `$issue` | the word at the place of `issue` in the field `arguments`; nothing where there are fewer |
//! | `${CLAUDE_SKILL_DIR}`, `${TAU_SKILL_DIR}` and others | a [`Variable`]; itself where it has no value |
//! | `\$0` | `$0` |
//! | `` !`command` `` at the start of a line or behind a blank | the command's output |
//! | a fence that opens with ```` ```! ```` | the output of the lines in it |
//! | `@path` at the start of a line or behind a blank | itself; the file is attached at the end |
//!
//! Commands and files are not looked for in other fences, nor files in code spans: there they are examples. Without any
//! `$ARGUMENTS` the arguments are added at the end.

mod arguments;
mod render;
mod substitute;
mod template;

use std::collections::BTreeMap;
use std::path::Path;

pub use arguments::split;
pub use render::{Answer, Plan, Want};

use crate::front_matter::FrontMatter;
use crate::skill::Skill;
use substitute::Values;

/// Something in `${...}` that a body may use, by the part of its name behind `CLAUDE_` or `TAU_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Variable {
    /// `SKILL_DIR`: the folder of the skill.
    SkillDir,
    /// `PROJECT_DIR`: the root of the project.
    ProjectDir,
    /// `SESSION_ID`.
    SessionId,
    /// `EFFORT`: how hard the model thinks.
    Effort,
    /// `PLUGIN_ROOT`: the folder of the plugin whose skill this is.
    PluginRoot,
    /// `PLUGIN_DATA`: the folder where that plugin keeps data.
    PluginData,
}

/// How a skill is invoked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invocation {
    /// What was typed behind the name, as it was typed.
    pub arguments: String,
    /// Values of variables.
    pub variables: BTreeMap<Variable, String>,
}

impl Invocation {
    /// With these arguments, and no variables.
    #[must_use]
    pub fn new(arguments: impl Into<String>) -> Self {
        Self { arguments: arguments.into(), variables: BTreeMap::new() }
    }

    /// With the value of a variable.
    #[must_use]
    pub fn variable(mut self, variable: Variable, value: impl Into<String>) -> Self {
        self.variables.insert(variable, value.into());
        self
    }

    /// With the folder of a skill as [`Variable::SkillDir`].
    #[must_use]
    pub fn of(self, skill: &Skill) -> Self {
        self.in_folder(skill.folder())
    }

    fn in_folder(self, folder: &Path) -> Self {
        self.variable(Variable::SkillDir, folder.to_string_lossy())
    }
}

/// What a body becomes, up to what has to be fetched for it.
///
/// ```
/// use tau_skills::invocation::{Answer, Invocation, Want, plan};
///
/// let body = "Review $0.\n\n!`git diff $0`\n";
/// let plan = plan(body, &Default::default(), &Invocation::new("'my file' quickly"));
/// assert_eq!(plan.wants(), [Want::Command("git diff my file".to_owned())]);
///
/// let text = plan.render(&[Answer::text("+1 line")]);
/// assert_eq!(text, "Review my file.\n\n+1 line\n\nARGUMENTS: 'my file' quickly\n");
/// ```
#[must_use]
pub fn plan(body: &str, front_matter: &FrontMatter, invocation: &Invocation) -> Plan {
    let words = split(&invocation.arguments);
    let values = Values {
        arguments: invocation.arguments.trim(),
        words: &words,
        names: &front_matter.arguments,
        variables: &invocation.variables,
    };
    let pieces = template::parse(body).into_iter().map(|piece| piece.map(|text| values.put_into(text)));
    let mut plan = Plan::new(pieces.collect());
    if !values.arguments.is_empty() && !body.contains("$ARGUMENTS") {
        plan.append(&format!("\n\nARGUMENTS: {}\n", values.arguments));
    }
    plan
}
