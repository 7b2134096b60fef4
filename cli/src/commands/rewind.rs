//! `tau rewind`: a session goes back to an earlier place.

use std::sync::Arc;

use tau_client::Client;
use tau_core::event::{EventBody, Seq};
use tau_runtime::Past;
use tau_runtime::kernel::{Input, Rejection, before_prompts, decide};

use crate::args::{RewindArgs, ServerArgs};
use crate::exit::{Exit, UsageError};
use crate::remote;
use crate::store::{self, Keeper, Place, choose};

/// Takes back prompts and what came of them. The journal keeps it, and files stay as they are.
pub(crate) async fn rewind(args: RewindArgs, server: &ServerArgs) -> miette::Result<Exit> {
    if let Some(client) = remote::connect(server).await? {
        return rewind_at(&client, &args).await;
    }
    let place = Place::new(&args.store)?;
    let store = Arc::new(place.open_existing_to_write()?);
    let id = choose(&place, &*store, args.id.as_deref(), None).await?;
    let (keeper, opened) =
        Keeper::take(Arc::clone(&store) as _, id).await.map_err(|error| place.failed_to_take(&error))?;
    let decided = decide_to(&opened.past, &args);
    let written = match decided {
        Ok((to, events)) => store::append(&*store, id, &opened, events)
            .await
            .map(|()| to)
            .map_err(|error| miette::miette!("it could not be written: {error}")),
        Err(error) => Err(error.into()),
    };
    keeper.finish().await;
    let to = written?;
    anstream::println!("{id}");
    anstream::eprintln!(
        "back at event {to}; files are as they are (`tau undo {id}` puts them back); go on with: tau resume {id} \"...\""
    );
    Ok(Exit::Done)
}

fn decide_to(whole: &Past, args: &RewindArgs) -> Result<(Seq, Vec<EventBody>), UsageError> {
    let to = match args.to {
        Some(to) => Seq(to),
        None => {
            let events: Vec<&EventBody> = whole.events().iter().map(|event| &event.body).collect();
            before_prompts(&events, args.prompts).map_err(|count| {
                let message = format!("the session has {count} prompts to take back");
                UsageError::new(message, "say how many with --prompts, or where to go with --to")
            })?
        }
    };
    // The kernel refuses a place that is none.
    let past = Arc::new(whole.until(to).unwrap_or_default().into_state());
    match decide(whole.state(), Input::Rewind { to, past }) {
        Ok(decision) => Ok((to, decision.events)),
        Err(Rejection::NotOpen) => Err(UsageError::new(
            "the session is closed",
            "`tau fork ID --at SEQ` makes a copy that can go on",
        )),
        Err(error) => {
            Err(UsageError::new(error.to_string(), "`tau sessions show ID --events` shows the events"))
        }
    }
}

/// Takes back prompts of a session at a server, which is live for that and left as it was.
async fn rewind_at(client: &Client, args: &RewindArgs) -> miette::Result<Exit> {
    remote::refuse_place(&args.store)?;
    let known = remote::choose(client, args.id.as_deref(), None).await?;
    let session = client.session(known.session_id);
    if !known.is_live {
        session.resume().await.map_err(remote::failed)?;
    }
    let went = match args.to {
        Some(to) => session.rewind_to(to).await,
        None => session.rewind(u32::try_from(args.prompts).unwrap_or(u32::MAX)).await,
    };
    if !known.is_live {
        // What kept it from going back says more.
        let _ = session.release().await;
    }
    let to = went.map_err(remote::failed)?;
    let (id, server) = (session.id(), client.endpoint());
    anstream::println!("{id}");
    anstream::eprintln!(
        "back at event {to}; files are as they are; go on with: tau resume {id} --server {server} \"...\""
    );
    Ok(Exit::Done)
}
