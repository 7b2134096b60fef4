//! One attachment over one connection.

use std::cell::{Cell, OnceCell};
use std::error::Error as StdError;
use std::future::ready;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use tau_client::{Client, ClientOptions, Endpoint, Error, Link, Token};
use tau_persist::{Journal, JournalEnd, JournalError, JournalErrorKind, JournalReport};
use tau_proto::runtime::v1::attach_response;

use super::signals::Signals;

/// How long the server may take to end the stream that was ended here.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why an attachment did not come about, or did not last.
pub(super) struct Failure {
    pub(super) next: Next,
    pub(super) error: Box<dyn StdError>,
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    TryAgain,
    /// It would only fail the same way.
    GiveUp,
}

/// Attaches, and stores what the server sends until a signal or the server ends it. `attached` is called with the
/// server's name once it has welcomed.
pub(super) async fn attach(
    journal: Journal,
    server: &Endpoint,
    token_file: Option<&Path>,
    signals: &mut Signals,
    mut attached: impl FnMut(&str),
) -> Result<JournalReport, Failure> {
    let mut options = ClientOptions::default();
    options.token = token_file.map(read_token).transpose()?;
    let client = Client::connect_with(server.clone(), options).await?;
    let Link { incoming, outgoing, .. } = client.open_link().await?;
    // The journal sees the end of what is said; why it ended is known here.
    let fault = OnceCell::new();
    let is_welcomed = Cell::new(false);
    let heard = incoming.scan((), |(), message| {
        // Nothing is read after an error.
        ready(message.map_err(|error| fault.set(error)).ok())
    });
    let heard = heard.inspect(|message| {
        if let Some(attach_response::Message::Welcome(welcome)) = &message.message
            && !is_welcomed.replace(true)
        {
            attached(&format!("{} {}", welcome.server_name, welcome.server_version));
        }
    });
    let mut incoming = pin!(heard);
    let ended = journal.run(incoming.as_mut(), outgoing, signals.next()).await;
    match ended {
        Ok(report) if report.end == JournalEnd::Detached => {
            // The direction that ended with the journal says so to the server, which then ends its own.
            let rest = async { while incoming.next().await.is_some() {} };
            tokio::select! {
                _ = tokio::time::timeout(FAREWELL, rest) => {}
                () = signals.next() => {}
            }
            Ok(report)
        }
        ended => Err(match fault.into_inner() {
            Some(error) => error.into(),
            None => ended.err().map_or_else(left, Failure::from),
        }),
    }
}

fn read_token(file: &Path) -> Result<Token, Failure> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Token::new(text)),
        Err(error) => {
            let error = format!("the token in {} cannot be read: {error}", file.display()).into();
            Err(Failure { next: Next::GiveUp, error })
        }
    }
}

fn left() -> Failure {
    Failure { next: Next::TryAgain, error: "the server ended the attachment".into() }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let next = if error.may_attach_again() { Next::TryAgain } else { Next::GiveUp };
        Self { next, error: error.into() }
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        let next = match error.kind() {
            JournalErrorKind::Protocol(_) => Next::GiveUp,
            _ => Next::TryAgain,
        };
        Self { next, error: error.into() }
    }
}
