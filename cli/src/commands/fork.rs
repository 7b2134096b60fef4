//! `tau fork`: a copy of a session goes its own way.

use std::sync::Arc;

use tau_client::Client;
use tau_core::SessionId;
use tau_core::event::Seq;
use tau_runtime::kernel::{Input, decide};

use crate::args::{ForkArgs, ServerArgs};
use crate::exit::{Exit, UsageError};
use crate::remote;
use crate::store::{self, Keeper, Place, choose};

/// Copies a session up to a place and prints the id of the copy. The session itself is not touched, so it may be at work.
pub(crate) async fn fork(args: ForkArgs, server: &ServerArgs) -> miette::Result<Exit> {
    if let Some(client) = remote::connect(server).await? {
        return fork_at(&client, &args).await;
    }
    let place = Place::new(&args.store)?;
    let store = Arc::new(place.open_existing_to_write()?);
    let from = choose(&place, &*store, Some(&args.id), None).await?;
    let whole = store::past(&*store, from).await.map_err(|error| place.failed_to_take(&error))?;
    let newest = whole.seq();
    let at = args.at.map_or(newest, Seq);
    let Some(past) = whole.until(at).filter(|_| at > Seq::default()) else {
        return Err(no_such_place(&from.to_string(), at.0, newest.0).into());
    };
    let decision = decide(past.state(), Input::Fork { from, at })
        .map_err(|error| miette::miette!("session {from} cannot be copied up to event {at}: {error}"))?;

    let copy = SessionId::generate();
    let (keeper, opened) =
        Keeper::take(Arc::clone(&store) as _, copy).await.map_err(|error| place.failed_to_take(&error))?;
    let written = store::copy(&*store, copy, opened.epoch, past.events(), decision.events).await;
    keeper.finish().await;
    written.map_err(|error| miette::miette!("the copy could not be written: {error}"))?;
    anstream::println!("{copy}");
    anstream::eprintln!("a copy of {from} up to event {at}; go on with: tau resume {copy} \"...\"");
    Ok(Exit::Done)
}

/// Copies a session of a server, which has the copy live.
async fn fork_at(client: &Client, args: &ForkArgs) -> miette::Result<Exit> {
    remote::refuse_place(&args.store)?;
    let known = remote::choose(client, Some(&args.id), None).await?;
    let (from, newest) = (known.session_id, known.head.seq);
    let at = args.at.unwrap_or(newest);
    if at == 0 || at > newest {
        return Err(no_such_place(&from, at, newest).into());
    }
    let copy = client.session(&*from).fork(at).await.map_err(remote::failed)?;
    let (copy, server) = (copy.id(), client.endpoint());
    anstream::println!("{copy}");
    anstream::eprintln!(
        "a copy of {from} up to event {at}; go on with: tau resume {copy} --server {server} \"...\""
    );
    Ok(Exit::Done)
}

fn no_such_place(from: &str, at: u64, newest: u64) -> UsageError {
    let message = format!("session {from} has no event {at}: its events are 1 to {newest}");
    UsageError::new(message, format!("`tau sessions show {from} --events` shows them"))
}
