//! What the commands take that are about recordings.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CommonArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum ReplayCommand {
    /// Play a recording with today's configuration, and say which request changed and how. No model is asked, and no tool
    /// runs: what they gave is in the recording.
    Verify(VerifyReplayArgs),
}

const VERIFY_HELP: &str = "\
Make a recording with `tau run --record FILE`. Exit codes: 0 all requests are as recorded, 1 some differ, 2 the recording
or the configuration cannot be read.";

#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub(crate) struct VerifyReplayArgs {
    /// The recording.
    pub(crate) file: PathBuf,

    /// The prompt, for recordings that do not hold it.
    #[arg(long)]
    pub(crate) prompt: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}
