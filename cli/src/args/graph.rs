//! What `tau graph` takes.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{BudgetArgs, CommonArgs, Form, OutputFormat, SandboxArg, StoreArgs};

const GRAPH_HELP: &str = "\
A graph is a file in YAML or JSON: keys of a state, nodes, and edges that say what follows. `tau schema graph` prints its
JSON Schema, and docs/guide/graphs.md explains it. A node is of one of these kinds:

  agent   a session of tau works on a prompt         shell   a command, as the tool `bash` runs it
  tool    one call of a tool                         human   a person is asked
  graph   a graph inside                             an edge with `map` runs a node once for each item of a list

Agents, tools and commands are under the sandbox, the rules of permission and the hooks of `tau run`. What is done is
stored after every node, so a run goes on after a failure, an interrupt or `kill -9`: tau graph resume RUN.

Exit codes:
  0    done
  1    failed: a node failed, or the machine did
  2    the command line, the configuration or the graph is wrong; nothing was done
  3    a call needed permission, and nobody was there to give it
  4    the budget of a session was used up
  5    the limit of turns of a session was met
  6    the run waits for an answer, or pauses where it was told to
  130  interrupted (Ctrl-C once stops, twice kills)";

#[derive(Debug, Args)]
#[command(after_help = GRAPH_HELP)]
pub(crate) struct GraphArgs {
    #[command(subcommand)]
    pub(crate) command: GraphCommand,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Run a graph from its start.
    Run(Box<RunGraphArgs>),
    /// Go on with a run: after a failure, an interrupt or a crash, or with answers to what it asks.
    Resume(Box<ResumeGraphArgs>),
    /// Show how a run stands, what it waits for, and its history.
    Show(ShowGraphArgs),
    /// List runs, the last changed first.
    List(ListGraphsArgs),
    /// Copy a run as it was after a superstep, to go on from there another way.
    Fork(ForkGraphArgs),
    /// Draw a graph, as Mermaid or SVG.
    Draw(DrawGraphArgs),
    /// Check a graph without running anything.
    Validate(ValidateGraphArgs),
    /// Delete runs for good. Sessions of their nodes stay.
    Delete(DeleteGraphsArgs),
}

/// How a run works on.
#[derive(Debug, Args)]
pub(crate) struct WorkGraphArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,

    /// Form of the output: for people, one JSON object at the end, or one JSON object a line as it happens.
    #[arg(long, short, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,

    /// Run at most so many nodes at once. Default: as many as can.
    #[arg(long, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,

    /// Stop in front of this node, with exit code 6; the run is resumed past it. May be given several times.
    #[arg(long, value_name = "NODE")]
    pub(crate) pause_before: Vec<String>,

    /// Limits of each session that a node begins.
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,

    /// Let calls run without asking: a tool, or a rule such as 'Bash(git *)'. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,

    /// Never let calls run: a tool, or a rule such as 'Read(.env)'. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) deny: Vec<String>,

    /// Let every tool run without asking. Commands stay in their sandbox
    #[arg(long)]
    pub(crate) allow_all: bool,

    /// Whether commands run in a sandbox: `on`, `off`, or `weak` where the system gives no better one. Default: on
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) sandbox: Option<SandboxArg>,
}

#[derive(Debug, Args)]
pub(crate) struct RunGraphArgs {
    /// The graph, YAML or JSON; `-` reads standard input.
    pub(crate) file: PathBuf,

    /// Begin with this value of a key: JSON, such as `version='"1.2"'` or `items='[1, 2]'`. May be given several times.
    #[arg(long, value_name = "KEY=JSON")]
    pub(crate) set: Vec<String>,

    /// Name the run: letters, digits, `-`, `_`, `.` and `:`. Default: the name of the graph and a number nobody else has.
    #[arg(long, value_name = "NAME")]
    pub(crate) run: Option<String>,

    #[command(flatten)]
    pub(crate) work: WorkGraphArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ResumeGraphArgs {
    /// The run, or the beginning of its name.
    pub(crate) run: String,

    /// Answer what it asks: the node or the id of the question, and JSON, such as `approve=true`. May be given several times.
    #[arg(long, value_name = "NAME=JSON")]
    pub(crate) answer: Vec<String>,

    /// Go on with the graph as this file has it now. Default: as it was when the run began.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) work: WorkGraphArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowGraphArgs {
    /// The run, or the beginning of its name. Default: the one changed last.
    pub(crate) run: Option<String>,

    /// Form of the output: for people, or one JSON object.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct ListGraphsArgs {
    /// Show at most so many.
    #[arg(long, short = 'n', value_name = "N", default_value = "20")]
    pub(crate) limit: NonZeroUsize,

    /// Form of the output: a table, or one JSON object.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,
}

#[derive(Debug, Args)]
pub(crate) struct ForkGraphArgs {
    /// The run, or the beginning of its name.
    pub(crate) run: String,

    /// After so many supersteps; `tau graph show RUN` lists them.
    #[arg(long, value_name = "STEP")]
    pub(crate) at: u64,

    /// Name the copy. Default: the name of the graph and a number nobody else has.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Give a key another value in the copy; it joins the one that is there as the key says. May be given several times.
    #[arg(long, value_name = "KEY=JSON")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DrawGraphArgs {
    /// The graph, YAML or JSON; `-` reads standard input.
    pub(crate) file: PathBuf,

    /// Draw a picture instead of the text of a Mermaid flowchart.
    #[arg(long)]
    pub(crate) svg: bool,

    /// Write into this new file; `-` is standard output.
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateGraphArgs {
    /// The graphs, YAML or JSON.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DeleteGraphsArgs {
    /// The runs, by their whole names.
    #[arg(required = true, value_name = "RUN")]
    pub(crate) runs: Vec<String>,
}
