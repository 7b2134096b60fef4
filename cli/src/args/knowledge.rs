//! What the commands take that are about skills, plugins and memory.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CommonArgs, Form};

#[derive(Debug, Subcommand)]
pub(crate) enum SkillsCommand {
    /// List the skills, what shadows what, and what was left out.
    List(ListSkillsArgs),
    /// Show what the model reads when a skill is invoked. Nothing is run.
    Show(ShowSkillArgs),
    /// Check skills by the strict rules of the specification, as its reference validator does.
    Validate(ValidateSkillsArgs),
    /// Say which skills a prompt is about, and why.
    Match(MatchSkillsArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListSkillsArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,

    /// Form of the output.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct ShowSkillArgs {
    /// The name: `review`, `plugin:review`, or `user:review` for one that is shadowed.
    pub(crate) name: String,

    /// What would be typed behind the name.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

const VALIDATE_HELP: &str = "\
The verdicts are those of skills-ref 0.1.1. Few published skills keep the strict rules; tau loads the others too.

Exit codes: 0 every skill is valid, 1 some are not.";

#[derive(Debug, Args)]
#[command(after_help = VALIDATE_HELP)]
pub(crate) struct ValidateSkillsArgs {
    /// Folders of skills, or their SKILL.md.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Form of the output; JSON is one object a line.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct MatchSkillsArgs {
    /// The prompt.
    pub(crate) prompt: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Install a plugin: `NAME` or `NAME@MARKETPLACE`, a folder, or a repository of git.
    Install(InstallPluginArgs),
    /// List what is installed.
    List,
    /// Put a plugin in use.
    Enable(PluginNameArgs),
    /// Put a plugin out of use, and keep it.
    Disable(PluginNameArgs),
    /// Remove a plugin and its files.
    Remove(PluginNameArgs),
    /// Add and list marketplaces.
    #[command(subcommand)]
    Marketplace(MarketplaceCommand),
}

#[derive(Debug, Args)]
pub(crate) struct InstallPluginArgs {
    /// What to install. A repository may have `#BRANCH` behind it.
    pub(crate) what: String,
}

#[derive(Debug, Args)]
pub(crate) struct PluginNameArgs {
    /// `NAME`, or `NAME@MARKETPLACE` where there are several.
    pub(crate) name: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MarketplaceCommand {
    /// Make a marketplace known: a folder, `owner/repository` at GitHub, or a repository of git.
    Add(AddMarketplaceArgs),
    /// List the known marketplaces and their plugins.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct AddMarketplaceArgs {
    /// Where it is.
    pub(crate) source: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// Show the instructions and notes there are, or one note.
    Show(ShowMemoryArgs),
    /// Replace a note: in your editor, or by standard input where that is no terminal.
    Edit(EditMemoryArgs),
    /// Show how a note changed.
    Diff(DiffMemoryArgs),
    /// Put an earlier version of a note in the place of what is there.
    Restore(RestoreMemoryArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowMemoryArgs {
    /// A note, such as progress.md.
    pub(crate) path: Option<String>,

    /// List its versions instead.
    #[arg(long, requires = "path")]
    pub(crate) history: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EditMemoryArgs {
    /// A note, such as guides/testing.md.
    pub(crate) path: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DiffMemoryArgs {
    /// A note.
    pub(crate) path: String,

    /// The older version, by its first characters.
    #[arg(default_value = "previous")]
    pub(crate) from: String,

    /// The newer one.
    #[arg(default_value = "latest")]
    pub(crate) to: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreMemoryArgs {
    /// A note.
    pub(crate) path: String,

    /// The version, by its first characters, or `previous`.
    pub(crate) version: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}
