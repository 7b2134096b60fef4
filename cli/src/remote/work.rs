//! A session of a server at work, as `tau run` and `tau resume` show it.

use std::io;
use std::sync::Arc;

use tau_client::Session;
use tau_core::event::{Event, EventBody, SessionConfig};

use super::failed;
use crate::args::OutputFormat;
use crate::commands::work::{Shown, audience, conclude};
use crate::exit::Exit;
use crate::follow::{Follow, Peer, Remote, Updates};
use crate::interrupt;
use crate::output::{Started, renderer};

/// A session whose past is known.
pub(crate) struct Begun {
    pub(crate) updates: Remote,
    /// What it was created with.
    pub(crate) config: SessionConfig,
    pub(crate) past: Vec<Arc<Event>>,
}

impl Begun {
    /// Follows a session, and reads what happened in it up to an event.
    pub(crate) async fn follow(session: &Session, head: u64) -> miette::Result<Self> {
        let mut updates = Remote::follow(session).await.map_err(failed)?;
        let Some(past) = updates.past(head).await else {
            let why = updates.failure().unwrap_or_else(|| "it ended".to_owned());
            return Err(miette::miette!("session {} cannot be read: {why}", session.id()));
        };
        let Some(EventBody::SessionCreated(config)) = past.first().map(|event| &event.body) else {
            return Err(miette::miette!("session {} does not say what it was created with", session.id()));
        };
        let config = (**config).clone();
        Ok(Self { updates, config, past })
    }

    /// What is said of it at the start.
    pub(crate) fn started(&self, session: &Session) -> Started {
        Started {
            session_id: session.id().to_owned(),
            model: self.config.model.clone(),
            working_dir: self.config.metadata.get("working_dir").cloned().unwrap_or_default(),
            tools: self.config.tools.iter().map(|tool| tool.definition.name.clone()).collect(),
        }
    }
}

/// Has a session work until the run is over, and says what it came to.
pub(crate) async fn work(
    session: Session,
    begun: Begun,
    prompt: Option<String>,
    output: OutputFormat,
) -> miette::Result<Exit> {
    let mut interrupts =
        interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
    let started = begun.started(&session);
    let Begun { updates, config, past } = begun;
    let peer = Peer::There(session.clone());
    let mut follow = Follow::new(renderer(output), peer, audience(output), started);
    follow.catch_up(&past).await;
    if let Some(prompt) = prompt {
        // It is followed by the subscription, which tells more than the run's own stream.
        drop(session.run(prompt).await.map_err(failed)?);
    }
    let mut updates = Updates::There(updates);
    let shown: io::Result<()> = follow.run(&mut updates, &mut interrupts).await;
    if let Updates::There(remote) = &mut updates
        && let Some(why) = remote.failure()
    {
        follow.tally.fail(why);
    }
    let again = Some(format!("{} --server {}", session.id(), session.client().endpoint()));
    Ok(conclude(follow, Shown { prices: config.prices.as_ref(), output, again, shown }))
}
