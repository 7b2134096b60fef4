//! What the commands take that are about permissions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CommonArgs, Form};

#[derive(Debug, Subcommand)]
pub(crate) enum PermissionsCommand {
    /// Say what would be done with a call, by which rule, and why.
    Explain(ExplainArgs),
    /// Judge calls read from standard input by the rules that stand beside them.
    Check(CheckCallsArgs),
}

const EXPLAIN_HELP: &str = "\
Examples:
  tau permissions explain 'Bash(git push origin main)'
  tau permissions explain 'Edit(src/main.rs)' --allow 'Edit(src/**)'
  tau permissions explain 'WebFetch(https://example.org/)'";

#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_HELP)]
pub(crate) struct ExplainArgs {
    /// The call: a tool, and in parentheses the command, path, address or name it is called with.
    pub(crate) call: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,

    /// A rule that allows, besides those of the configuration. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,

    /// A rule that denies, besides those of the configuration. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) deny: Vec<String>,

    /// Form of the output.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

const CHECK_HELP: &str = "\
A line is a JSON object such as
  {\"rules\":{\"allow\":[\"Bash(git *)\"],\"deny\":[\"Bash(git push *)\"]},
   \"tool\":\"Bash\",\"argument\":\"git push\",\"cwd\":\"/work\",\"home\":\"/people/me\"}
and has one line of answer: `line`, `verdict` (allow, ask or deny), `rule` (or null) and `reason`. `mode`, `root` and
`id` (told again) may be added. Rules may also be a list, of \"deny Bash(rm *)\" or of {\"effect\":\"deny\",\"rule\":\"Bash(rm *)\"};
`argument` is a text or the object that the tool is called with; without cwd and home they are those of this process. A line that is not understood is answered with `line` and `error`; the others are judged all the same.

Exit codes: 0 every line was judged, 1 some could not be.";

#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub(crate) struct CheckCallsArgs {
    /// Read the calls from standard input, as JSON Lines.
    #[arg(long, required = true)]
    pub(crate) stdin: bool,

    /// The folder that calls are judged in which name none. Default: the current one.
    #[arg(long, short = 'C', value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,
}
