//! Which server a command acts at, and what else goes over the interface.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CommonArgs, OutputFormat, StoreArgs};

/// Which server a command acts at.
#[derive(Debug, Default, Args)]
pub(crate) struct ServerArgs {
    /// Act at this server instead of in this process: http://HOST:PORT, https://HOST:PORT or unix:FILE. Sessions, files
    /// and models are then the server's.
    #[arg(long, value_name = "URL", env = "TAU_SERVER", global = true)]
    pub(crate) server: Option<String>,

    /// The file with the token that the server wants. Default, for a server at a loopback address alone: `token` in the
    /// state folder, where `tau serve` writes it.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,

    /// Trust the server's certificate where these authorities signed it, a file with PEM, and no others. Default: those that
    /// the system trusts.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,

    /// Call the server with this certificate, a file with the whole chain as PEM.
    #[arg(long, value_name = "FILE", global = true, requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", global = true, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
}

const ATTACH_HELP: &str = "\
What was said and done is shown first, then what happens. A line that you type is a prompt, or the answer to what is
asked; one that comes while a run is on waits for its end. Ctrl-C cancels the run, twice kills this program. Ctrl-D leaves,
and the session goes on without you.

Without a terminal every line of standard input is a prompt, nothing is answered, and it ends when the last run has.";

#[derive(Debug, Args)]
#[command(after_help = ATTACH_HELP)]
pub(crate) struct AttachArgs {
    /// The server: http://HOST:PORT, https://HOST:PORT or unix:FILE.
    pub(crate) url: String,

    /// The session, or the beginning of its id. Default: the one written last.
    pub(crate) id: Option<String>,

    /// Form of the output: for people, one JSON object at the end of each run, or one JSON object a line as it happens.
    #[arg(long, short, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) output: OutputFormat,
}

const RPC_HELP: &str = "\
A METHOD is named as `GetInfo`, `AdminService/GetInfo` or in full. A message is JSON; what is left out is not set.

  tau rpc list
  tau rpc describe CreateSession
  tau rpc call GetInfo
  tau rpc call ListSessions '{\"pageSize\": 5}' --server http://127.0.0.1:8321
  tau rpc call Run @request.json --server unix:/run/tau.sock

Exit codes:
  0    done
  1    the call failed, or the server cannot be reached
  2    the command line or the message is wrong";

#[derive(Debug, Args)]
#[command(after_help = RPC_HELP)]
pub(crate) struct RpcArgs {
    #[command(subcommand)]
    pub(crate) command: RpcCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RpcCommand {
    /// List the services and their methods.
    List,
    /// Show a service, a method with its messages, or a type: fields, rules and what they mean.
    Describe(DescribeArgs),
    /// Call a method and print its answer; those of a stream one a line, as they come.
    Call(Box<CallArgs>),
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// A service, a method or a type, such as `RuntimeService`, `Run` or `Budget`.
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct CallArgs {
    /// The method.
    pub(crate) method: String,

    /// The message, as JSON: the text itself, `@FILE`, or `-` for standard input. Default: `{}`.
    pub(crate) message: Option<String>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
