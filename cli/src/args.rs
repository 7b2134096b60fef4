//! What the command line takes.

mod graph;
mod knowledge;
mod mcp;
mod models;
mod permissions;
mod replay;
mod serve;
mod server;
mod sessions;
mod trust;
mod work;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tau_core::config::SandboxMode;
use tau_core::{HumanDuration, Money};

pub(crate) use graph::{
    DeleteGraphsArgs, DrawGraphArgs, ForkGraphArgs, GraphArgs, GraphCommand, ListGraphsArgs, ResumeGraphArgs,
    RunGraphArgs, ShowGraphArgs, ValidateGraphArgs, WorkGraphArgs,
};
pub(crate) use knowledge::{
    DiffMemoryArgs, EditMemoryArgs, ListSkillsArgs, MarketplaceCommand, MatchSkillsArgs, MemoryCommand,
    PluginCommand, RestoreMemoryArgs, ShowMemoryArgs, ShowSkillArgs, SkillsCommand, ValidateSkillsArgs,
};
pub(crate) use mcp::{
    AddServerArgs, AuthArgs, ListServersArgs, McpCommand, RemoveServerArgs, ScopeArg, TestServersArgs,
    TransportArg,
};
pub(crate) use models::{ListModelsArgs, ModelsCommand, TestModelArgs};
pub(crate) use permissions::{CheckCallsArgs, ExplainArgs, PermissionsCommand};
pub(crate) use replay::{ReplayCommand, VerifyReplayArgs};
pub(crate) use serve::{ServeArgs, TlsArgs};
pub(crate) use server::{AttachArgs, CallArgs, RpcArgs, RpcCommand, ServerArgs};
pub(crate) use sessions::{
    DeleteArgs, ExportArgs, ExportFormat, ImportArgs, ListArgs, SearchArgs, SessionsArgs, SessionsCommand,
    ShowSessionArgs, StoreArgs, VerifyArgs,
};
pub(crate) use trust::TrustArgs;
pub(crate) use work::{ForkArgs, ResumeArgs, RewindArgs, UndoArgs};

/// An agent runtime: give it a task, and it reads, edits and runs commands until it is done.
#[derive(Debug, Parser)]
#[command(name = "tau", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

const AFTER_HELP: &str = "\
Examples:
  tau run \"why does the build fail?\"
  tau run --model ollama/qwen3:8b --allow edit --allow bash \"make the tests pass\"
  git diff | tau run --output json -
  tau resume
  tau undo
  tau sessions list
  tau graph run release.yaml
  tau serve
  tau attach http://127.0.0.1:8321
  tau rpc call GetInfo
  tau config show --origin
  tau trust
  tau doctor";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the agent on a task and stream what it does.
    Run(Box<RunArgs>),
    /// Go on with a session: with what was interrupted, with a new prompt, or with both.
    Resume(Box<ResumeArgs>),
    /// Copy a session up to a place, to go on from there another way.
    Fork(ForkArgs),
    /// Take back the last prompts of a session, with all that came of them. Files stay as they are.
    Rewind(RewindArgs),
    /// Put back the files that the last run of a session changed.
    Undo(UndoArgs),
    /// List, read, search, export, import, delete and check the sessions that were kept.
    Sessions(SessionsArgs),
    /// Run graphs: work that people plan, of agents, tools, commands and questions; look at runs, resume and fork them.
    Graph(Box<GraphArgs>),
    /// Serve sessions to programs and people over the network.
    Serve(Box<ServeArgs>),
    /// Follow and steer a session of a server, interactively.
    Attach(AttachArgs),
    /// Call the interface without a client: list, describe and call its methods, in JSON.
    Rpc(RpcArgs),
    /// Check recordings of models.
    #[command(subcommand)]
    Replay(ReplayCommand),
    /// List models, and test what one can do.
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Add, list, test and remove MCP servers, and log in to them.
    #[command(subcommand)]
    Mcp(McpCommand),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Explain and try out the rules of permission.
    #[command(subcommand)]
    Permissions(PermissionsCommand),
    /// List, show, match and check skills.
    #[command(subcommand)]
    Skills(SkillsCommand),
    /// Install, enable, disable and remove plugins.
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Show, edit, compare and restore the notes of a project's agents.
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// Trust a project with its hooks, servers and allow rules, after showing them.
    Trust(TrustArgs),
    /// Report what works here and what is missing.
    Doctor(DoctorArgs),
    /// Print the JSON Schema of a format that tau reads or writes.
    Schema(SchemaArgs),
}

const RUN_HELP: &str = "\
The answer goes to standard output; tool calls, questions and the summary go to standard error.

Permissions:
  Tools that only read run at once. Any other call is asked about at a terminal; without one it is denied,
  the agent is told so, and the exit code is 3. `--allow RULE` lets calls run unasked: a tool, or part of
  what it can do, such as 'Bash(git *)' or 'Edit(src/**)'; `tau permissions explain` tells what a rule does.

Exit codes:
  0    done
  1    failed: the model could not be asked, or the machine failed
  2    the command line or the configuration is wrong; nothing was done
  3    a call needed permission, and nobody was there to give it
  4    the budget of tokens, money, tool calls or time was used up
  5    the limit of turns was met
  130  interrupted (Ctrl-C once cancels, twice kills)";

#[derive(Debug, Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct RunArgs {
    /// The task. `-`, or nothing with standard input not a terminal, reads it from standard input.
    pub(crate) prompt: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,

    /// Form of the output: for people, one JSON object at the end, or one JSON object a line as it happens.
    #[arg(long, short, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,

    #[command(flatten)]
    pub(crate) budget: BudgetArgs,

    /// Let calls run without asking: a tool, or a rule such as 'Bash(git *)'. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) allow: Vec<String>,

    /// Never let calls run: a tool, or a rule such as 'Read(.env)'. May be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) deny: Vec<String>,

    /// Write what the model is asked and answers into this new file, without keys. It plays with
    /// `--model replay:FILE`, and `tau replay verify FILE` says what changed since.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,

    /// Keep nothing: the session is gone when it ends, and files cannot be put back.
    #[arg(long)]
    pub(crate) ephemeral: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    /// Let every tool run without asking. Commands stay in their sandbox
    #[arg(long)]
    pub(crate) allow_all: bool,

    /// Whether commands run in a sandbox: `on`, `off`, or `weak` where the system gives no better one. Default: on
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) sandbox: Option<SandboxArg>,
}

/// [`SandboxMode`], as a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxArg {
    On,
    Weak,
    Off,
}

impl From<SandboxArg> for SandboxMode {
    fn from(mode: SandboxArg) -> Self {
        match mode {
            SandboxArg::On => Self::On,
            SandboxArg::Weak => Self::Weak,
            SandboxArg::Off => Self::Off,
        }
    }
}

/// What one run may spend.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BudgetArgs {
    /// The most calls of the model. Default: 100; 1,000 where there are agents or skills.
    #[arg(long, value_name = "N")]
    pub(crate) max_turns: Option<u32>,

    /// The most tokens, read and written.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,

    /// The most US dollars, for models whose prices are known.
    #[arg(long, value_name = "USD")]
    pub(crate) max_cost: Option<Money>,

    /// The most calls of tools.
    #[arg(long, value_name = "N")]
    pub(crate) max_tool_calls: Option<u32>,

    /// The most time, such as 90s or 1h30m; waiting for your answers counts.
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_time: Option<HumanDuration>,
}

/// What every command that reads the configuration takes.
#[derive(Debug, Default, Args)]
pub(crate) struct CommonArgs {
    /// The model: a name under `[models]`, `provider/model`, or `replay:FILE` for a recorded one
    /// (`replay:tolerant:FILE` answers requests that differ, too).
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Work in this folder instead of the current one.
    #[arg(long, short = 'C', value_name = "DIR")]
    pub(crate) cwd: Option<PathBuf>,

    /// Read this file of configuration instead of the user's.
    #[arg(long, value_name = "FILE", env = "TAU_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Let the project's .tau/config.toml and settings do everything, providers, permissions and hooks too, this once.
    /// It can then send your keys anywhere and run anything: only for projects you trust. `tau trust` remembers it.
    #[arg(long, env = "TAU_TRUST_PROJECT", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) trust_project: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Text,
    /// One JSON object when it is over.
    Json,
    /// One JSON object a line, as it happens.
    StreamJson,
}

/// Form of what is not a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print the configuration in force, as TOML. Secrets are not shown.
    Show(ShowArgs),
    /// Check every layer and say what is wrong, and where.
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,

    /// Say beside each value where it comes from.
    #[arg(long)]
    pub(crate) origin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which format.
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The file of configuration.
    Config,
    /// What `tau run --output json` prints.
    Summary,
    /// A line of what `tau run --output stream-json` prints.
    StreamJson,
    /// What `tau sessions list --output json` prints.
    Sessions,
    /// What `tau sessions show --output json` prints.
    Session,
    /// What `tau sessions search --output json` prints.
    Search,
    /// A line of what `tau permissions check` prints.
    Permissions,
    /// A graph that `tau graph` runs.
    Graph,
}
