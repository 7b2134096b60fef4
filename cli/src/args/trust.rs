//! What `tau trust` takes.

use std::path::PathBuf;

use clap::Args;

const TRUST_HELP: &str = "\
What a repository brings along can act: hooks run commands, allow rules and skills let calls run unasked, servers are
started, variables change what commands do. None of it counts before you trust the project; rules that deny or ask count
at once.

Trust is for what was shown: when the project later wants something new, or a script that a hook names changes, it is
asked for again, and until then nothing of it counts.";

#[derive(Debug, Args)]
#[command(after_help = TRUST_HELP)]
pub(crate) struct TrustArgs {
    /// A folder of the project. Default: the current one.
    pub(crate) path: Option<PathBuf>,

    /// Trust it no more.
    #[arg(long, conflicts_with_all = ["list", "yes"])]
    pub(crate) revoke: bool,

    /// List the projects that are trusted.
    #[arg(long, conflicts_with_all = ["path", "yes"])]
    pub(crate) list: bool,

    /// Do not ask. Without a terminal nothing is trusted otherwise.
    #[arg(long, short)]
    pub(crate) yes: bool,
}
