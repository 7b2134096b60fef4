//! `tau run`: a task, from the prompt to the summary.

use std::sync::Arc;

use tau_client::Client;
use tau_core::SessionId;
use tau_proto::runtime::v1 as pb;

use super::work::{Work, again_at, prompt};
use crate::args::{RunArgs, ServerArgs};
use crate::config;
use crate::exit::Exit;
use crate::host::{Keep, Local};
use crate::output::renderer;
use crate::record;
use crate::remote;
use crate::session;
use crate::store::Place;

/// Runs the agent on a task, in a new session.
pub(crate) async fn run(args: RunArgs, server: &ServerArgs) -> miette::Result<Exit> {
    match remote::connect(server).await? {
        Some(client) => run_at(&client, args).await,
        None => run_here(args).await,
    }
}

/// Runs it in this process. The flags are a layer of its configuration, and need not be asked for over the interface.
async fn run_here(args: RunArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, Some(&args))?;
    let prompt = prompt(args.prompt.as_deref())?;
    let id = SessionId::generate();
    let place = if args.ephemeral { None } else { Some(Place::new(&args.store)?) };
    let (mut options, chosen) = session::options(&loaded, place.as_ref().map(|place| (place, id))).await?;
    let recording =
        args.record.as_deref().map(|path| record::start(path, &loaded, &mut options)).transpose()?;
    let mut renderer = renderer(args.output);
    Local::announce(&mut *renderer, &loaded, &chosen);
    let keep = match &place {
        Some(place) => Keep::Here(Arc::new(place.open_to_write()?)),
        None => Keep::Nowhere,
    };
    let local = Local::start(keep, id, options).await?;
    let request = pb::CreateSessionRequest { session_id: id.to_string(), ..Default::default() };
    let worked = match Work::new(local.client(), request, prompt, renderer, args.output).await {
        Ok(work) => work.run().await,
        Err(error) => Err(error),
    };
    local.end().await;
    let exit = worked?.conclude(place.map(|_| id.to_string()), None);
    recording.map_or(Ok(()), |recording| recording.finish())?;
    Ok(exit)
}

/// Runs the agent of a server on a task, in a new session there.
async fn run_at(client: &Client, args: RunArgs) -> miette::Result<Exit> {
    let prompt = prompt(args.prompt.as_deref())?;
    let session_id = SessionId::generate().to_string();
    let request = pb::CreateSessionRequest { session_id, ..remote::request(&args)? };
    let work = Work::new(client, request, prompt, renderer(args.output), args.output).await?;
    let again = again_at(&work.session);
    Ok(work.run().await?.conclude(Some(again), None))
}
