//! What `tau sessions` takes.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Form;

const SESSIONS_HELP: &str = "\
An ID is the id of a session or the beginning of one, as long as no other begins so.

Exit codes:
  0    done
  1    failed: the store cannot be read or written, or damage was found
  2    the command line is wrong, or names no session; nothing was done";

/// Where sessions are kept.
#[derive(Debug, Default, Args)]
pub(crate) struct StoreArgs {
    /// Keep sessions below this folder. Default: $TAU_STATE_DIR, else $XDG_STATE_HOME/tau, else ~/.local/state/tau.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = SESSIONS_HELP)]
pub(crate) struct SessionsArgs {
    #[command(subcommand)]
    pub(crate) command: SessionsCommand,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionsCommand {
    /// List sessions of this folder, the last written first.
    List(ListArgs),
    /// Show what was said and done in a session.
    Show(ShowSessionArgs),
    /// Find what was said and done, by words.
    Search(SearchArgs),
    /// Write a session as JSON Lines that can be imported, or as one page of HTML to read.
    Export(ExportArgs),
    /// Read sessions that were exported as JSON Lines.
    Import(ImportArgs),
    /// Delete sessions for good, with all that was kept for them.
    Delete(DeleteArgs),
    /// Check that nothing is damaged or was changed: the database, and each session's chain of hashes.
    Verify(VerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Show at most so many.
    #[arg(long, short = 'n', value_name = "N", default_value = "20")]
    pub(crate) limit: NonZeroUsize,

    /// Sessions of every folder, not of the current one alone.
    #[arg(long, short)]
    pub(crate) all: bool,

    /// Sessions of this folder instead of the current one.
    #[arg(long, short = 'C', value_name = "DIR", conflicts_with = "all")]
    pub(crate) cwd: Option<PathBuf>,

    /// Form of the output: a table, or one JSON object.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct ShowSessionArgs {
    /// The session. Default: the one written last.
    pub(crate) id: Option<String>,

    /// Show long results and arguments whole.
    #[arg(long)]
    pub(crate) full: bool,

    /// Show the events as they are stored, one a line; those that cannot be read too.
    #[arg(long)]
    pub(crate) events: bool,

    /// Show what fills the model's window instead, by category, in tokens.
    #[arg(long, conflicts_with_all = ["events", "full"])]
    pub(crate) context: bool,

    /// Form of the output: for people, or JSON.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The words; an event is found that holds all of them, whatever their case.
    #[arg(required = true)]
    pub(crate) words: Vec<String>,

    /// Search this session alone.
    #[arg(long, value_name = "ID")]
    pub(crate) session: Option<String>,

    /// Show at most so many places.
    #[arg(long, short = 'n', value_name = "N", default_value = "20")]
    pub(crate) limit: NonZeroUsize,

    /// Form of the output: for people, or one JSON object.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The session.
    pub(crate) id: String,

    /// What to write.
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,

    /// Write into this new file; `-` is standard output.
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Every event, one a line; `tau sessions import` reads it.
    Jsonl,
    /// One page that needs nothing else, to read, print or give away.
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Of a damaged file, read what is whole: everything before the first line at fault.
    #[arg(long)]
    pub(crate) salvage: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteArgs {
    /// The sessions.
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// Do not ask.
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Check this session alone. Default: the database and every session.
    pub(crate) id: Option<String>,
}
