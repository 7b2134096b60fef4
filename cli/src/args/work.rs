//! What the commands take that go on with a session, or go back.

use clap::Args;

use super::{CommonArgs, OutputFormat, StoreArgs};

const RESUME_HELP: &str = "\
A session that was interrupted goes on where it was: a lost answer is asked for again, calls that change nothing run
again, and of a call that may have done something the model is told that nobody knows. The session keeps its model,
instructions, tools and permissions.

The exit codes are those of `tau run`.";

#[derive(Debug, Args)]
#[command(after_help = RESUME_HELP)]
pub(crate) struct ResumeArgs {
    /// The session, or the beginning of its id. Default: the one written last that worked in this folder. A single
    /// argument that cannot be the beginning of an id is the prompt.
    pub(crate) id: Option<String>,

    /// What to do next; `-` reads it from standard input. Not needed for a session that was interrupted.
    pub(crate) prompt: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// Form of the output: for people, one JSON object at the end, or one JSON object a line as it happens.
    #[arg(long, short, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ForkArgs {
    /// The session, or the beginning of its id.
    pub(crate) id: String,

    /// The last event that is copied; `tau sessions show ID --events` shows them. Default: the newest.
    #[arg(long, value_name = "SEQ")]
    pub(crate) at: Option<u64>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RewindArgs {
    /// The session, or the beginning of its id. Default: the one written last that worked in this folder.
    pub(crate) id: Option<String>,

    /// Take back so many prompts, the last first, with all that came of them.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
    pub(crate) prompts: usize,

    /// Go back to just after this event instead; `tau sessions show ID --events` shows them.
    #[arg(long, value_name = "SEQ")]
    pub(crate) to: Option<u64>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArgs {
    /// The session, or the beginning of its id. Default: the one written last that worked in this folder.
    pub(crate) id: Option<String>,

    /// Only say what would be put back, and what is in the way.
    #[arg(long, short = 'n')]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
