//! What `tau run` and `tau resume` have in common: a session at work, from its start to the summary.

use std::io::{self, IsTerminal, Read};
use std::sync::Arc;

use tau_core::event::{Event, Seq};
use tau_core::{ContentBlock, Prices};
use tau_runtime::{Handle, Session, SessionError};
use tau_tools::environment::{adopt_orphans, kill_descendants};
use tokio_util::sync::CancellationToken;

use crate::args::OutputFormat;
use crate::config::Loaded;
use crate::exit::{Exit, UsageError};
use crate::follow::{Audience, Follow, Peer, Updates};
use crate::interrupt;
use crate::output::{Renderer, Started};
use crate::project;
use crate::session::ChosenModel;
use crate::store::Keeper;

/// A session that is about to work.
pub(super) struct Work {
    pub(super) renderer: Box<dyn Renderer>,
    pub(super) output: OutputFormat,
    pub(super) chosen: ChosenModel,
    pub(super) session: Session,
    pub(super) handle: Handle,
    /// Keeps the session; `None` when it is not kept.
    pub(super) keeper: Option<Keeper>,
    pub(super) prompt: Option<String>,
    /// What was said and done before.
    pub(super) past: Vec<Arc<Event>>,
}

/// Says what there is to say about the configuration before anything starts.
pub(super) fn announce(renderer: &mut dyn Renderer, loaded: &Loaded, chosen: &ChosenModel) {
    for note in [loaded.distrust_note(), loaded.unclear_note()].into_iter().flatten() {
        renderer.note(&note);
    }
    if let Some(note) = &chosen.note {
        renderer.note(note);
    }
    // Commands that leave their process group come back to us, so that they can be ended too.
    if let Err(error) = adopt_orphans() {
        renderer.note(&format!("processes that detach themselves may stay behind: {error}"));
    }
}

impl Work {
    /// Works until the run is over, and says what it came to.
    pub(super) async fn run(self, started: Started) -> miette::Result<Exit> {
        let Self { renderer, output, chosen, session, handle, keeper, prompt, past } = self;
        let mut interrupts = match interrupt::listen() {
            Ok(interrupts) => interrupts,
            Err(error) => {
                if let Some(keeper) = keeper {
                    keeper.finish().await;
                }
                return Err(miette::miette!("cannot listen for signals: {error}"));
            }
        };
        let shutdown = CancellationToken::new();
        let mut updates = Updates::Here(handle.subscribe(Seq(past.len() as u64)));
        let task = tokio::spawn(session.run(shutdown.clone()));

        let mut follow = Follow::new(renderer, Peer::Here(handle.clone()), audience(output), started);
        follow.catch_up(&past).await;
        if let Some(prompt) = prompt {
            let handle = handle.clone();
            // Its answer may wait for the disk; a session that fails says so at its end.
            tokio::spawn(async move { drop(handle.prompt([ContentBlock::text(prompt)]).await) });
        }
        let shown = follow.run(&mut updates, &mut interrupts).await;
        drop(updates);
        shutdown.cancel();
        // If the session's task crashed, what it started is ended below all the same.
        let ended = task.await.unwrap_or(Ok(tau_runtime::SessionEnd::Shutdown));
        project::hooks_have_ended().await;
        kill_descendants();
        let is_kept = keeper.is_some();
        if let Some(keeper) = keeper {
            keeper.finish().await;
        }
        if let Err(error) = &ended {
            follow.tally.fail(words(error));
        }
        let again = is_kept.then(|| handle.session_id().to_string());
        let shown = Shown { prices: chosen.agent.model().prices.as_ref(), output, again, shown };
        Ok(conclude(follow, shown))
    }
}

/// What a run was shown as.
pub(crate) struct Shown<'a> {
    pub(crate) prices: Option<&'a Prices>,
    pub(crate) output: OutputFormat,
    /// What `tau resume` is given to go on with it, if it can go on.
    pub(crate) again: Option<String>,
    pub(crate) shown: io::Result<()>,
}

/// Says what a run came to.
pub(crate) fn conclude(mut follow: Follow, shown: Shown<'_>) -> Exit {
    let Shown { prices, output, again, shown } = shown;
    let is_finished = follow.tally.is_finished();
    let summary = follow.tally.summary(prices);
    // Output that nobody reads any more ends the run, and is no error of ours.
    if shown.is_ok() {
        let _ = follow.renderer.finish(&summary);
        let is_cut_short = !is_finished || summary.exit() == Exit::Interrupted;
        if let Some(again) = again.filter(|_| output == OutputFormat::Text && is_cut_short) {
            let prompt = if is_finished { " \"...\"" } else { "" };
            follow.renderer.note(&format!("go on with: tau resume {again}{prompt}"));
        }
    }
    summary.exit()
}

fn words(error: &SessionError) -> String {
    format!("{error} [{}]", error.kind().code())
}

pub(crate) fn audience(output: OutputFormat) -> Audience {
    let is_there = output == OutputFormat::Text && io::stdin().is_terminal() && io::stderr().is_terminal();
    if is_there { Audience::Person } else { Audience::Nobody }
}

/// What to do: the argument, or standard input.
pub(super) fn prompt(argument: Option<&str>) -> Result<String, UsageError> {
    let help = "write it as an argument, tau run \"...\", or pipe it in";
    let text = match argument {
        Some("-") => read_stdin(help)?,
        Some(text) => text.to_owned(),
        None if io::stdin().is_terminal() => return Err(UsageError::new("there is no task", help)),
        None => read_stdin(help)?,
    };
    if text.trim().is_empty() {
        return Err(UsageError::new("the task is empty", help));
    }
    Ok(text)
}

fn read_stdin(help: &str) -> Result<String, UsageError> {
    let mut text = String::new();
    io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| UsageError::new(format!("standard input cannot be read: {error}"), help))?;
    Ok(text)
}
