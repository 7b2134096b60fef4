//! What `tau serve` takes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tau_core::HumanDuration;

use super::{CommonArgs, StoreArgs};

const SERVE_HELP: &str = "\
The interface is tau.runtime.v1 over Connect (HTTP with JSON or protobuf), gRPC and gRPC-Web on one port, with health
and reflection. Callers send the token of the file that is named at the start:

  curl -H \"authorization: Bearer $(cat ~/.local/state/tau/token)\" -H \"content-type: application/json\" \\
    -d '{}' http://127.0.0.1:8321/tau.runtime.v1.AdminService/GetInfo

On another address than loopback, use --tls-cert and --tls-key, or put a proxy with TLS in front.

Limits of connections, calls, sizes and times are keys under `serve` of the configuration: see `tau config show`.

Ctrl-C drains: runs may come to their end, and what is left can be resumed. A second Ctrl-C kills.";

#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// Listen here. Port 0 takes any that is free. Default: `serve.listen` of the configuration, 127.0.0.1:8321.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,

    /// Listen on this Unix socket instead. Only your user can connect, without a token.
    #[arg(long, value_name = "FILE", conflicts_with = "listen")]
    pub(crate) socket: Option<PathBuf>,

    /// Sessions may work in this folder and below. May be given several times. Default: the current folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Vec<PathBuf>,

    /// The file with the token that callers must send; made if it does not exist. Default: `token` in the state folder.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) tls: TlsArgs,

    /// Web pages of this origin, such as `https://console.example`, may call. May be given several times. Default:
    /// `serve.allowed_origins` of the configuration, none.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,

    /// How long runs may still take when the server ends. Default: `serve.deadlines.drain` of the configuration, 30s.
    #[arg(long, value_name = "DURATION")]
    pub(crate) drain: Option<HumanDuration>,

    /// What is logged on standard error: a level (off, error, warn, info, debug, trace), or `target=level`, separated by
    /// commas. Changed while it runs by `AdminService.SetLogLevel`.
    #[arg(long, value_name = "DIRECTIVES", env = "TAU_LOG", default_value = "info")]
    pub(crate) log: String,

    /// Keep nothing: sessions are gone when the server ends, and files cannot be put back.
    #[arg(long)]
    pub(crate) ephemeral: bool,

    /// Keep nothing here: sessions are kept by journals that attach, such as `tau-persist attach`, and nothing is done
    /// before this many of them hold it. Files cannot be put back.
    #[arg(long, value_name = "NUMBER", conflicts_with = "ephemeral",
        value_parser = clap::value_parser!(u32).range(1..=16))]
    pub(crate) require_journals: Option<u32>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Encryption of connections.
#[derive(Debug, Args)]
pub(crate) struct TlsArgs {
    /// Encrypt with this certificate, a file with the whole chain as PEM.
    #[arg(
        id = "tls_cert",
        long = "tls-cert",
        value_name = "FILE",
        requires = "tls_key",
        conflicts_with = "socket"
    )]
    pub(crate) cert: Option<PathBuf>,

    /// The private key of the certificate, as PEM.
    #[arg(id = "tls_key", long = "tls-key", value_name = "FILE", requires = "tls_cert")]
    pub(crate) key: Option<PathBuf>,

    /// Talk only to callers with a certificate that these authorities signed, a file with PEM. The token is still asked
    /// for.
    #[arg(id = "tls_client_ca", long = "tls-client-ca", value_name = "FILE", requires = "tls_cert")]
    pub(crate) client_ca: Option<PathBuf>,
}
