//! What the commands take that are about MCP servers.

use clap::{Args, Subcommand, ValueEnum};

use super::{CommonArgs, Form};

#[derive(Debug, Subcommand)]
pub(crate) enum McpCommand {
    /// Add a server to the user's file or the project's `.mcp.json`.
    Add(AddServerArgs),
    /// List the servers that are configured, and where each comes from.
    List(ListServersArgs),
    /// Start or connect to servers, and say what they have and what is wrong with them.
    Test(TestServersArgs),
    /// Log in to a server over HTTP, in a browser; the tokens are kept.
    Auth(AuthArgs),
    /// Remove a server from the file it stands in, and its tokens.
    Remove(RemoveServerArgs),
}

const ADD_HELP: &str = "\
Examples:
  tau mcp add files -- npx -y @modelcontextprotocol/server-filesystem .
  tau mcp add hub --url https://example.com/mcp --header 'Authorization=Bearer ${HUB_TOKEN}'
  tau mcp add old --url https://example.com/sse --transport sse --scope project

References such as ${NAME} and ${NAME:-default} are written as they are, and replaced when the file is read.";

#[derive(Debug, Args)]
#[command(after_help = ADD_HELP)]
pub(crate) struct AddServerArgs {
    /// Its name. Its tools are called `mcp__NAME__tool`.
    pub(crate) name: String,

    /// The command that starts it, after `--`.
    #[arg(last = true, required_unless_present = "url", conflicts_with = "url")]
    pub(crate) command: Vec<String>,

    /// Its address, for one that is not started here.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,

    /// How it speaks at its address.
    #[arg(long, value_enum, default_value_t = TransportArg::Http, requires = "url")]
    pub(crate) transport: TransportArg,

    /// A header of every request. May be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, requires = "url")]
    pub(crate) header: Vec<(String, String)>,

    /// An environment variable for its process. May be given several times.
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "url")]
    pub(crate) env: Vec<(String, String)>,

    /// The file it goes to.
    #[arg(long, value_enum, default_value_t = ScopeArg::User)]
    pub(crate) scope: ScopeArg,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// How a server speaks at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportArg {
    /// Streamable HTTP.
    Http,
    /// HTTP with server-sent events, as before 2025-03-26.
    Sse,
}

/// Whose file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// The user's own, for all projects.
    User,
    /// The project's `.mcp.json`, for everybody who works on it and trusts it.
    Project,
}

#[derive(Debug, Args)]
pub(crate) struct ListServersArgs {
    /// Form of the output.
    #[arg(long, short, value_enum, default_value_t = Form::Text)]
    pub(crate) output: Form,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TestServersArgs {
    /// The servers. Default: all that are configured.
    pub(crate) names: Vec<String>,

    /// Agree to what their tools say of themselves now. Tools that are new or say something else than before are
    /// not offered until then.
    #[arg(long)]
    pub(crate) approve: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AuthArgs {
    /// The server.
    pub(crate) name: String,

    /// The name this client was given by the authorization server's operator. Default: it registers itself.
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,

    /// What to ask for. May be given several times. Default: what the server says it needs.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scopes: Vec<String>,

    /// Forget the tokens instead.
    #[arg(long)]
    pub(crate) forget: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveServerArgs {
    /// The server.
    pub(crate) name: String,

    /// The file it stands in.
    #[arg(long, value_enum, default_value_t = ScopeArg::User)]
    pub(crate) scope: ScopeArg,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.trim().is_empty() {
        return Err("the name is empty".to_owned());
    }
    Ok((name.trim().to_owned(), value.to_owned()))
}
