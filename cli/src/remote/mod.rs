//! Commands that act at a server.

mod error;
mod events;
mod find;
mod session;
mod tls;

pub(crate) use error::failed;
pub(crate) use events::entries;
pub(crate) use find::{about, choose, time};
pub(crate) use session::{environment, request};
use tls::tls;

use std::net::IpAddr;
use std::path::Path;

use tau_client::{Client, ClientOptions, Endpoint, Token};

use crate::args::{ServerArgs, StoreArgs};
use crate::exit::UsageError;
use crate::serve::usual_token_file;

/// The server that a command acts at; `None` where it acts in this process.
pub(crate) async fn connect(args: &ServerArgs) -> miette::Result<Option<Client>> {
    match &args.server {
        Some(url) => connect_to(url, args).await.map(Some),
        None => Ok(None),
    }
}

/// A server by its address.
pub(crate) async fn connect_to(url: &str, args: &ServerArgs) -> miette::Result<Client> {
    let endpoint: Endpoint = url.parse().map_err(|error| {
        // The address itself may hold a password.
        UsageError::new(format!("the address of the server: {error}"), "`tau serve` prints it at its start")
    })?;
    let mut options = ClientOptions::default();
    options.token = match &args.token_file {
        Some(file) => Some(named_token(file)?),
        None => usual_token(url)?,
    };
    options = options.with_tls(tls(url, args)?);
    Client::connect_with(endpoint, options).await.map_err(failed)
}

/// The token in a file that was named.
fn named_token(file: &Path) -> Result<Token, UsageError> {
    std::fs::read_to_string(file).map(Token::new).map_err(|error| {
        let message = format!("the token in {} cannot be read: {error}", file.display());
        UsageError::new(message, "`tau serve` says at its start where it is")
    })
}

/// The token that a server of this machine wrote, if it is there. It opens this machine, so no other is told it.
fn usual_token(url: &str) -> Result<Option<Token>, UsageError> {
    match place(url) {
        Place::ThisMachine => {
            let file = usual_token_file(&StoreArgs::default());
            Ok(file.and_then(|file| std::fs::read_to_string(file).ok()).map(Token::new))
        }
        // Whoever can connect may call.
        Place::Socket => Ok(None),
        Place::Elsewhere => Err(UsageError::new(
            "the token of this machine is not sent to another",
            "name the file with the token of that server: --token-file FILE",
        )),
    }
}

/// Where a server is, as far as its address says so.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Socket,
    ThisMachine,
    Elsewhere,
}

fn place(url: &str) -> Place {
    if url.starts_with("unix:") {
        return Place::Socket;
    }
    let uri = url.parse::<http::Uri>().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback()) {
        Place::ThisMachine
    } else {
        Place::Elsewhere
    }
}

/// Refuses flags that say something of this process, each with whether it is given.
pub(crate) fn refuse_flags<const N: usize>(flags: [(bool, &str); N]) -> Result<(), UsageError> {
    let Some((_, flag)) = flags.into_iter().find(|(is_given, _)| *is_given) else { return Ok(()) };
    let message = format!("{flag} is for sessions in this process, and not for those at a server");
    Err(UsageError::new(message, "leave it out: the server was started with its own"))
}

/// Refuses a place to keep sessions in.
pub(crate) fn refuse_place(args: &StoreArgs) -> Result<(), UsageError> {
    refuse_flags([(args.state_dir.is_some(), "--state-dir")])
}

/// Refuses a command that belongs to the store where sessions are kept.
pub(crate) fn refuse(args: &ServerArgs, command: &str) -> Result<(), UsageError> {
    if args.server.is_none() {
        return Ok(());
    }
    Err(UsageError::new(
        format!("`tau {command}` works on the store in which sessions are kept, and not at a server"),
        "run it where that store is, without --server and TAU_SERVER",
    ))
}

#[cfg(test)]
mod tests {
    use super::{Place, place};

    #[test]
    fn a_name_that_only_looks_like_this_machine_is_another() {
        let here = ["http://127.0.0.1:8321", "https://127.8.8.8", "http://[::1]:80/x", "http://LOCALHOST:1"];
        assert!(here.iter().all(|url| place(url) == Place::ThisMachine));
        let there = [
            "http://127.0.0.1.example",
            "http://localhost.example:8321",
            "https://tau.example/localhost",
            "http://10.0.0.1",
            "http://0.0.0.0:8321",
            "http://[::ffff:10.0.0.1]",
            "",
        ];
        assert!(there.iter().all(|url| place(url) == Place::Elsewhere));
        assert_eq!(place("unix:/run/tau.sock"), Place::Socket);
    }
}
