//! `tau sessions`: the sessions that were kept.

mod delete;
mod export;
mod import;
mod list;
mod search;
mod show;
mod verify;

use std::io::{self, Write};

use serde::Serialize;

use crate::args::{ServerArgs, SessionsArgs, SessionsCommand};
use crate::exit::Exit;
use crate::remote;
use crate::store::Place;

pub(crate) use list::Table;
pub(crate) use search::Found;
pub(crate) use show::Shown;

/// Carries out a command.
pub(crate) async fn run(args: SessionsArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let command = match &args.command {
        SessionsCommand::List(_) | SessionsCommand::Show(_) | SessionsCommand::Export(_) => None,
        SessionsCommand::Search(_) => Some("sessions search"),
        SessionsCommand::Import(_) => Some("sessions import"),
        SessionsCommand::Delete(_) => Some("sessions delete"),
        SessionsCommand::Verify(_) => Some("sessions verify"),
    };
    if let Some(command) = command {
        remote::refuse(server, command)?;
    }
    if let Some(client) = remote::connect(server).await? {
        remote::refuse_place(&args.store)?;
        return match args.command {
            SessionsCommand::List(args) => list::list_at(&client, &args).await,
            SessionsCommand::Show(args) => show::show_at(&client, &args).await,
            SessionsCommand::Export(args) => export::export_at(&client, &args).await,
            // Refused above.
            _ => Ok(Exit::Usage),
        };
    }
    let place = Place::new(&args.store)?;
    match args.command {
        SessionsCommand::List(args) => list::list(&place, &args).await,
        SessionsCommand::Show(args) => show::show(&place, &args).await,
        SessionsCommand::Search(args) => search::search(&place, &args).await,
        SessionsCommand::Export(args) => export::export(&place, &args).await,
        SessionsCommand::Import(args) => import::import(&place, &args).await,
        SessionsCommand::Delete(args) => delete::delete(&place, &args).await,
        SessionsCommand::Verify(args) => verify::verify(&place, &args).await,
    }
}

/// Prints data. Output that nobody reads is no error of ours.
fn print(text: &str) {
    let _ = anstream::stdout().lock().write_all(text.as_bytes());
}

/// Prints one JSON object, as its bytes are: nothing in it is taken for colour.
fn print_json(value: &impl Serialize) {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
