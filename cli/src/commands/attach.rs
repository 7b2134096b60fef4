//! `tau attach`: a session of a server, followed and steered.

use std::collections::BTreeSet;
use std::io::{self, BufRead, IsTerminal};
use std::sync::{Arc, Mutex, mpsc as blocking};

use tau_client::{RunItem, Session};
use tau_core::event::EventBody;
use tokio::sync::mpsc;

use crate::args::{AttachArgs, OutputFormat, ServerArgs};
use crate::exit::Exit;
use crate::follow::{Audience, Flow, Follow, Lines, Updates};
use crate::interrupt;
use crate::output::{Tally, renderer};
use crate::remote;
use crate::transcript::{Shortened, fold_events, render};

/// Follows a session and passes on what is typed, until there is nothing more to come or to say.
pub(crate) async fn attach(args: AttachArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let client = remote::connect_to(&args.url, server).await?;
    let known = remote::choose(&client, args.id.as_deref(), None).await?;
    let session = client.session(known.session_id);
    let mut updates = Updates::from_first(&session).await.map_err(remote::failed)?;
    let past = updates.past().await;
    let live = if known.is_live { session.get().await } else { session.resume().await };
    let live = live.map_err(remote::failed)?;
    let past = past.ok_or_else(|| unreadable(&session, &mut updates))?;
    if args.output == OutputFormat::Text {
        let past = fold_events(past.iter().map(AsRef::as_ref));
        anstream::print!("{}", render(&past, Shortened::Yes));
    }
    let is_person = io::stdin().is_terminal() && io::stderr().is_terminal();
    let audience = if is_person { Audience::Person } else { Audience::Others };
    let mut follow = Follow::new(renderer(args.output), session.clone(), audience);
    let (pass, passed) = blocking::channel();
    follow.listen_to(Lines::Passed(Arc::new(Mutex::new(passed))));
    let mut runs = BTreeSet::new();
    past.iter().for_each(|event| note_run(&mut runs, &event.body));
    let mut attached = Attached { session, follow, updates, pass, runs, exit: Exit::Done };
    // Nothing was told before, so there is nothing that nobody could read.
    let _ = attached.follow.begun(&live).await;
    attached.run(is_person).await
}

fn unreadable(session: &Session, updates: &mut Updates) -> miette::Report {
    let why = updates.failure().unwrap_or_else(|| "it ended".to_owned());
    miette::miette!("session {} cannot be read: {why}", session.id())
}

/// A session that is followed and steered.
struct Attached {
    session: Session,
    follow: Follow,
    updates: Updates,
    /// Where lines go that answer a question.
    pass: blocking::Sender<String>,
    /// Runs that were asked for and have not ended.
    runs: BTreeSet<String>,
    /// What the last run came to.
    exit: Exit,
}

impl Attached {
    async fn run(mut self, is_person: bool) -> miette::Result<Exit> {
        let mut interrupts =
            interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
        let mut lines = read_lines();
        let mut is_read = false;
        if is_person && self.runs.is_empty() {
            self.follow.renderer.note("type what to do; Ctrl-D leaves");
        }
        loop {
            if is_read && (is_person || self.runs.is_empty()) {
                return Ok(self.exit);
            }
            let next = tokio::select! {
                line = lines.recv(), if !is_read => {
                    match line {
                        Some(line) => self.said(line).await?,
                        None => is_read = true,
                    }
                    continue;
                }
                next = self.follow.wait(&mut self.updates, &mut interrupts) => next,
            };
            if next.is_interrupt() && self.runs.is_empty() {
                return Ok(Exit::Interrupted);
            }
            if let Some(event) = next.event() {
                note_run(&mut self.runs, event);
            }
            match self.follow.take(next).await {
                Ok(Flow::On) => {}
                Ok(Flow::Over) => self.finish(),
                Ok(Flow::Ended) => return self.ended(),
                // Nobody reads any more; the session goes on.
                Err(_) => return Ok(self.exit),
            }
        }
    }

    /// A line was typed: the answer to what is asked, or a prompt.
    async fn said(&mut self, line: String) -> miette::Result<()> {
        if self.follow.is_asking() {
            // Whoever asked may have gone meanwhile.
            let _ = self.pass.send(line);
            return Ok(());
        }
        if line.is_empty() {
            return Ok(());
        }
        // It is followed by the subscription, which tells more than the run's own stream.
        let mut run = self.session.run(line).await.map_err(remote::failed)?;
        if let Some(Ok(RunItem::Accepted(accepted))) = run.next().await {
            self.runs.insert(accepted.run_id);
        }
        Ok(())
    }

    fn finish(&mut self) {
        let tally = std::mem::replace(&mut self.follow.tally, Tally::new());
        let summary = tally.summary(self.follow.prices.as_ref());
        self.exit = summary.exit();
        // That nobody reads any more is seen with the next that happens.
        let _ = self.follow.renderer.finish(&summary);
    }

    /// The session is followed no further.
    fn ended(mut self) -> miette::Result<Exit> {
        match self.updates.failure() {
            Some(why) => Err(miette::miette!("{why}")),
            None => {
                self.follow.renderer.note("the session is not at work there any more");
                Ok(self.exit)
            }
        }
    }
}

/// Keeps the runs that are on or wait.
fn note_run(runs: &mut BTreeSet<String>, event: &EventBody) {
    match event {
        EventBody::PromptSubmitted { run, .. } => drop(runs.insert(run.to_string())),
        EventBody::RunFinished { run, .. } => drop(runs.remove(&run.to_string())),
        EventBody::Rewound { .. } => runs.clear(),
        _ => {}
    }
}

/// Lines of standard input, read on a thread of its own: a read cannot be given up.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line.trim().to_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}
