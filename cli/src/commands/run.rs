//! `tau run`: a task, from the prompt to the summary.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Read, Write};

use tau_core::event::{CancelScope, EventBody, PermissionAnswer, Seq};
use tau_core::{ContentBlock, ToolCallId};
use tau_runtime::{Handle, Session, Subscription, Update};
use tau_tools::environment::{adopt_orphans, kill_descendants};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::args::{OutputFormat, RunArgs};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::output::{Renderer, Started, Tally, in_full, renderer};
use crate::{interrupt, session};

/// Runs the agent on a task.
pub(crate) async fn run(args: RunArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, Some(&args))?;
    let prompt = prompt(args.prompt.as_deref())?;
    let (options, chosen) = session::options(&loaded).await?;
    let mut renderer = renderer(args.output);
    if let Some(note) = loaded.distrust_note() {
        renderer.note(&note);
    }
    if let Some(note) = &chosen.note {
        renderer.note(note);
    }
    // Commands that leave their process group come back to us, so that they can be ended too.
    if let Err(error) = adopt_orphans() {
        renderer.note(&format!("processes that detach themselves may stay behind: {error}"));
    }
    let started = Started {
        session_id: String::new(),
        model: chosen.name.clone(),
        working_dir: loaded.working_dir.display().to_string(),
        tools: options.tools.names().map(str::to_owned).collect(),
    };
    let interrupts =
        interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
    let (session, handle) = Session::new(options);
    let started = Started { session_id: handle.session_id().to_string(), ..started };
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(session.run(shutdown.clone()));

    let asks = args.output == OutputFormat::Text && io::stdin().is_terminal() && io::stderr().is_terminal();
    let updates = handle.subscribe(Seq::default());
    let mut follow =
        Follow { renderer, handle, asks, tally: Tally::new(), to_ask: VecDeque::new(), asking: None };
    let shown = follow.run(prompt, &started, updates, interrupts).await;

    shutdown.cancel();
    // The session's task ends with its tools; if it crashed, what it started is ended below all the same.
    let _ = task.await;
    kill_descendants();
    let summary = follow.tally.summary(chosen.agent.model());
    // Output that nobody reads any more ends the run, and is no error of ours.
    if shown.is_ok() {
        let _ = follow.renderer.finish(&summary);
    }
    Ok(summary.exit())
}

/// The task: the argument, or standard input.
fn prompt(argument: Option<&str>) -> Result<String, UsageError> {
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

/// Follows a run to its end: shows it, answers for the user, passes interrupts on.
struct Follow {
    renderer: Box<dyn Renderer>,
    handle: Handle,
    /// Whether somebody is there to ask.
    asks: bool,
    tally: Tally,
    to_ask: VecDeque<(ToolCallId, String)>,
    /// The question that stands, and where its answer comes.
    asking: Option<(ToolCallId, oneshot::Receiver<PermissionAnswer>)>,
}

impl Follow {
    async fn run(
        &mut self,
        prompt: String,
        started: &Started,
        mut updates: Subscription,
        mut interrupts: mpsc::Receiver<()>,
    ) -> io::Result<()> {
        self.renderer.start(started)?;
        if self.handle.prompt([ContentBlock::text(prompt)]).await.is_err() {
            return Ok(());
        }
        loop {
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    self.renderer.note("cancelling; press Ctrl-C again to kill");
                    // A run that ended meanwhile needs no cancel.
                    let _ = self.handle.cancel(CancelScope::Run).await;
                }
                answer = answered(&mut self.asking) => self.answer(answer).await,
                update = updates.next() => {
                    let Some(update) = update else { return Ok(()) };
                    let is_over = self.tally.count(&update);
                    self.renderer.update(&update)?;
                    self.note_questions(&update).await;
                    if is_over {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn note_questions(&mut self, update: &Update) {
        let Update::Event(event) = update else { return };
        match &event.body {
            EventBody::PermissionRequested { call_id, reason } if self.asks => {
                self.to_ask.push_back((call_id.clone(), reason.clone()));
                self.ask_next();
            }
            EventBody::PermissionRequested { call_id, .. } => {
                // A call that was cancelled meanwhile needs no answer.
                let _ = self.handle.answer_permission(call_id.clone(), PermissionAnswer::NobodyToAsk).await;
            }
            EventBody::PermissionAnswered { call_id, .. } => {
                self.to_ask.retain(|(waiting, _)| waiting != call_id)
            }
            _ => {}
        }
    }

    fn ask_next(&mut self) {
        if self.asking.is_some() {
            return;
        }
        if let Some((call_id, reason)) = self.to_ask.pop_front() {
            let call = self.tally.call(call_id.as_str());
            let (tool, shown) = call.map(|call| (call.name.clone(), in_full(call))).unwrap_or_default();
            self.renderer.note(&format!("{reason}:\n{shown}"));
            self.asking = Some((call_id, ask(tool)));
        }
    }

    async fn answer(&mut self, answer: PermissionAnswer) {
        if let Some((call_id, _)) = self.asking.take() {
            // Somebody else may have answered, or the call was cancelled.
            let _ = self.handle.answer_permission(call_id, answer).await;
        }
        self.ask_next();
    }
}

/// The answer to the question that stands; waits for ever when none does.
async fn answered(
    asking: &mut Option<(ToolCallId, oneshot::Receiver<PermissionAnswer>)>,
) -> PermissionAnswer {
    match asking {
        Some((_, answer)) => answer.await.unwrap_or(PermissionAnswer::NobodyToAsk),
        None => std::future::pending().await,
    }
}

/// Asks at the terminal, on a thread of its own: a read of standard input cannot be given up.
fn ask(tool: String) -> oneshot::Receiver<PermissionAnswer> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        // Whoever asked may have gone meanwhile.
        let _ = sender.send(read_answer(&tool));
    });
    receiver
}

fn read_answer(tool: &str) -> PermissionAnswer {
    loop {
        anstream::eprint!("Let `{tool}` run? [y]es, [a]lways in this session, [n]o: ");
        let _ = io::stderr().flush();
        let mut line = String::new();
        match io::stdin().read_line(&mut line) {
            Ok(1..) => {}
            _ => return PermissionAnswer::NobodyToAsk,
        }
        match line.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return PermissionAnswer::Allow,
            "a" | "always" => return PermissionAnswer::AllowAlways,
            "n" | "no" => return PermissionAnswer::Deny { message: String::new() },
            _ => {}
        }
    }
}
