//! Commands that act at a server.

mod error;
mod events;
mod find;
mod session;
mod work;

pub(crate) use error::failed;
pub(crate) use events::entries;
pub(crate) use find::{about, choose, time};
pub(crate) use session::{environment, request};
pub(crate) use work::{Begun, work};

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
    options.token = token(args)?;
    Client::connect_with(endpoint, options).await.map_err(failed)
}

/// The token in the file that was named, or in the usual one if that is there.
fn token(args: &ServerArgs) -> Result<Option<Token>, UsageError> {
    let named = args.token_file.clone();
    let is_named = named.is_some();
    let Some(file) = named.or_else(|| usual_token_file(&StoreArgs::default())) else { return Ok(None) };
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(Token::new(text))),
        Err(_) if !is_named => Ok(None),
        Err(error) => {
            let message = format!("the token in {} cannot be read: {error}", file.display());
            Err(UsageError::new(message, "`tau serve` says at its start where it is"))
        }
    }
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
