//! What `tau run` and `tau resume` have in common: a session at work, from its start to the summary, over the interface of
//! the runtime in this process or of a server.

use std::io::{self, IsTerminal, Read};

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tau_client::{Client, Error, RunItem, RunStream, Session};
use tau_core::Prices;
use tau_proto::runtime::v1 as pb;
use tokio::sync::mpsc;

use crate::args::OutputFormat;
use crate::exit::{Exit, UsageError};
use crate::follow::{Audience, Follow, Lines, Step, Stopped, Updates};
use crate::interrupt;
use crate::output::{Renderer, Summary};
use crate::remote;

/// The longest text that the interface takes. Beyond it nothing is begun.
const LONGEST: usize = 16 << 20;

/// A session that is about to work.
pub(super) struct Work {
    pub(super) session: Session,
    pub(super) begin: Begin,
    pub(super) updates: Updates,
    pub(super) prompt: Option<String>,
    pub(super) renderer: Box<dyn Renderer>,
    pub(super) output: OutputFormat,
}

/// How a session is made live.
pub(super) enum Begin {
    Create(Box<pb::CreateSessionRequest>),
    Resume(Box<pb::ResumeRequest>),
}

/// What came of a session's work.
pub(super) struct Worked {
    follow: Follow,
    output: OutputFormat,
    /// Whether somebody reads what is shown.
    is_read: bool,
}

impl Work {
    /// The work of a session that is yet to be made, under the id that the request gives it.
    pub(super) async fn new(
        client: &Client,
        request: pb::CreateSessionRequest,
        prompt: String,
        renderer: Box<dyn Renderer>,
        output: OutputFormat,
    ) -> miette::Result<Self> {
        let session = client.session(request.session_id.as_str());
        let updates = Updates::when_live(&session).await.map_err(remote::failed)?;
        let (begin, prompt) = (Begin::Create(Box::new(request)), Some(prompt));
        Ok(Self { session, begin, updates, prompt, renderer, output })
    }

    /// Works until the run is over.
    pub(super) async fn run(self) -> miette::Result<Worked> {
        let mut interrupts =
            interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
        let audience = audience(self.output);
        self.run_among(audience, Lines::default(), &mut interrupts).await
    }

    /// The same where somebody else listens for interrupts, and other sessions may ask the same person.
    pub(super) async fn run_among(
        self,
        audience: Audience,
        lines: Lines,
        interrupts: &mut mpsc::Receiver<()>,
    ) -> miette::Result<Worked> {
        let Self { session, begin, mut updates, prompt, renderer, output } = self;
        let mut follow = Follow::new(renderer, session.clone(), audience);
        follow.listen_to(lines);
        if prompt.is_some() {
            follow.await_prompt();
        }
        let shown = follow.run(&mut updates, interrupts, steps(session, begin, prompt)).await;
        let is_read = match shown {
            Err(Stopped::Refused(error)) if !follow.has_begun() => return Err(remote::failed(error)),
            Err(Stopped::Refused(error)) => {
                follow.tally.fail(error.to_string());
                true
            }
            Err(Stopped::Unread) => false,
            Ok(()) => true,
        };
        if let Some(why) = updates.failure() {
            follow.tally.fail(why);
        }
        Ok(Worked { follow, output, is_read })
    }
}

/// Makes a session live, and then gives it its prompt, if there is one.
fn steps(session: Session, begin: Begin, prompt: Option<String>) -> BoxStream<'static, Result<Step, Error>> {
    let of_prompts = session.clone();
    let live = async move {
        let live = match begin {
            Begin::Create(request) => session.client().create(*request).await?,
            Begin::Resume(request) => session.resume_with(*request).await?,
        };
        Ok(Step::Live(Box::new(live)))
    };
    let prompts = stream::iter(prompt).then(move |prompt| {
        let session = of_prompts.clone();
        // It is followed by the subscription, which tells more than the run's own stream.
        async move { asked(session.run(prompt).await?).await }
    });
    stream::once(live).chain(prompts).boxed()
}

async fn asked(mut run: RunStream) -> Result<Step, Error> {
    let accepted = match run.next().await {
        Some(Ok(RunItem::Accepted(accepted))) => accepted.run_id.parse().ok(),
        Some(Err(error)) => return Err(error),
        _ => None,
    };
    Ok(Step::Asked(accepted))
}

impl Worked {
    /// What the run came to.
    pub(super) fn into_summary(self) -> Summary {
        self.follow.tally.summary(self.follow.prices.as_ref())
    }

    /// Says what the run came to. `again` is what `tau resume` is given to go on, if it can; `prices` are those of another
    /// model than the session's own.
    pub(super) fn conclude(self, again: Option<String>, prices: Option<&Prices>) -> Exit {
        let Self { mut follow, output, is_read } = self;
        let is_finished = follow.tally.is_finished();
        let summary = follow.tally.summary(prices.or(follow.prices.as_ref()));
        // Output that nobody reads any more ends the run, and is no error of ours.
        if is_read {
            let _ = follow.renderer.finish(&summary);
            let is_cut_short = !is_finished || summary.exit() == Exit::Interrupted;
            if let Some(again) = again.filter(|_| output == OutputFormat::Text && is_cut_short) {
                let prompt = if is_finished { " \"...\"" } else { "" };
                follow.renderer.note(&format!("go on with: tau resume {again}{prompt}"));
            }
        }
        summary.exit()
    }
}

/// What `tau resume` is given to go on with a session of a server.
pub(super) fn again_at(session: &Session) -> String {
    format!("{} --server {}", session.id(), session.client().endpoint())
}

pub(super) fn audience(output: OutputFormat) -> Audience {
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
    if text.len() > LONGEST {
        let help = "put it into a file, and say in the task where that is";
        return Err(UsageError::new("the task is longer than 16 MiB", help));
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
