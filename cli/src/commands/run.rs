//! `tau run`: a task, from the prompt to the summary.

use std::sync::Arc;

use tau_client::Client;
use tau_core::SessionId;
use tau_runtime::Session;

use super::work::{Work, announce, prompt};
use crate::args::{RunArgs, ServerArgs};
use crate::config;
use crate::exit::Exit;
use crate::output::{Started, renderer};
use crate::record;
use crate::remote::{self, Begun};
use crate::session;
use crate::store::{Keeper, Place};

/// Runs the agent on a task, in a new session.
pub(crate) async fn run(args: RunArgs, server: &ServerArgs) -> miette::Result<Exit> {
    if let Some(client) = remote::connect(server).await? {
        return run_at(&client, args).await;
    }
    let loaded = config::load(&args.common, Some(&args))?;
    let prompt = prompt(args.prompt.as_deref())?;
    let id = SessionId::generate();
    let place = if args.ephemeral { None } else { Some(Place::new(&args.store)?) };
    let (mut options, chosen) = session::options(&loaded, place.as_ref().map(|place| (place, id))).await?;
    let recording =
        args.record.as_deref().map(|path| record::start(path, &loaded, &mut options)).transpose()?;
    let mut renderer = renderer(args.output);
    announce(&mut *renderer, &loaded, &chosen);
    let keeper = match &place {
        Some(place) => {
            let store = Arc::new(place.open_to_write()?);
            let (keeper, opened) =
                Keeper::take(store, id).await.map_err(|error| place.failed_to_take(&error))?;
            options.durability = keeper.durability(id, &opened);
            Some(keeper)
        }
        None => None,
    };
    let started = Started {
        session_id: id.to_string(),
        model: chosen.name.clone(),
        working_dir: loaded.working_dir.display().to_string(),
        tools: options.tools.names().map(str::to_owned).collect(),
    };
    options.durability.session = Some(id);
    let (session, handle) = Session::new(options);
    let output = args.output;
    let work =
        Work { renderer, output, chosen, session, handle, keeper, prompt: Some(prompt), past: Vec::new() };
    let exit = work.run(started).await;
    recording.map_or(Ok(()), |recording| recording.finish())?;
    exit
}

/// Runs the agent of a server on a task, in a new session there.
async fn run_at(client: &Client, args: RunArgs) -> miette::Result<Exit> {
    let prompt = prompt(args.prompt.as_deref())?;
    let request = remote::request(&args)?;
    let session = client.create_session(request).await.map_err(remote::failed)?;
    let head = session.get().await.map_err(remote::failed)?.head.seq;
    let begun = Begun::follow(&session, head).await?;
    remote::work(session, begun, Some(prompt), args.output).await
}
