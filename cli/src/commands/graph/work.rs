//! `tau graph run` and `tau graph resume`.

use std::sync::Arc;

use futures::StreamExt;
use tau_orchestrate::checkpoint::{RunId, RunStatus, Store};
use tau_orchestrate::graph::{Modes, Outcome, Part, Run, RunError, RunErrorKind, StateGraph};
use tau_orchestrate::state::Update;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::ask::{self, Answer};
use super::declaration;
use super::error::{exit_of, report};
use super::hands::Hands;
use super::place::{Declaration, Runs};
use super::progress::Progress;
use super::settings;
use crate::args::{ResumeGraphArgs, RunArgs, RunGraphArgs, StoreArgs, WorkGraphArgs};
use crate::commands::work::audience;
use crate::config::{self, Loaded};
use crate::exit::Exit;
use crate::follow::Audience;
use crate::host::Local;
use crate::interrupt;
use crate::store::Place;

/// A run that is about to be worked on.
struct Job {
    runs: Runs,
    run: RunId,
    declaration: Declaration,
    loaded: Loaded,
    args: WorkGraphArgs,
}

/// How it is gone on with.
enum Start {
    Begin(Update),
    Resume(Vec<Answer>),
}

/// Runs a graph from its start.
pub(super) async fn run(args: RunGraphArgs, store: StoreArgs) -> miette::Result<Exit> {
    let spec = declaration::read(&args.file)?;
    let input = settings(&args.set)?;
    let loaded = load(&args.work)?;
    let file = args.file.canonicalize().unwrap_or(args.file);
    let declaration = Declaration::new(file, loaded.working_dir.clone(), spec);
    // Whatever is wrong with it is said before anything is kept.
    declaration.build()?;
    let runs = Runs::open(&store)?;
    let run = Runs::name(args.run.as_deref(), &declaration.graph.name)?;
    let declaration = runs.keep(&run, declaration).await?;
    let job = Job { runs, run, declaration, loaded, args: args.work };
    let worked = job.work(Start::Begin(input), &store).await;
    job.runs.forget_unbegun(&job.run).await;
    worked
}

/// Goes on with a run.
pub(super) async fn resume(args: ResumeGraphArgs, store: StoreArgs) -> miette::Result<Exit> {
    let runs = Runs::open(&store)?;
    let run = runs.find(Some(&args.run)).await?.run;
    let mut declaration = runs.declaration(&run)?;
    if let Some(file) = &args.file {
        declaration.graph = declaration::read(file)?;
        declaration.file.clone_from(file);
    }
    let mut work = args.work;
    work.common.cwd.get_or_insert_with(|| declaration.working_dir.clone());
    let loaded = load(&work)?;
    let graph = declaration.build()?;
    let standing = graph.runs(Arc::clone(&runs.store) as _).standing(&run).await.map_err(report)?;
    let answers = ask::given(&args.answer, &standing.questions)?;
    Job { runs, run, declaration, loaded, args: work }.work(Start::Resume(answers), &store).await
}

/// The configuration, with the flags as `tau run` has them.
fn load(args: &WorkGraphArgs) -> miette::Result<Loaded> {
    let flags = RunArgs {
        prompt: None,
        common: Default::default(),
        output: args.output,
        budget: args.budget.clone(),
        allow: args.allow.clone(),
        deny: args.deny.clone(),
        record: None,
        ephemeral: false,
        store: StoreArgs::default(),
        allow_all: args.allow_all,
        sandbox: args.sandbox,
    };
    let loaded = config::load(&args.common, Some(&flags))?;
    crate::session::check_names(&loaded)?;
    Ok(loaded)
}

impl Job {
    async fn work(&self, start: Start, store: &StoreArgs) -> miette::Result<Exit> {
        let audience = audience(self.args.output);
        let hands = Arc::new(
            Hands::start(&self.declaration.id, self.loaded.clone(), Place::new(store)?, audience).await?,
        );
        let worked = self.work_with(&hands, start, audience).await;
        if let Some(hands) = Arc::into_inner(hands) {
            hands.end().await;
        }
        worked
    }

    async fn work_with(&self, hands: &Arc<Hands>, start: Start, audience: Audience) -> miette::Result<Exit> {
        let name = self.declaration.file.display().to_string();
        let graph = declaration::build(&self.declaration.graph, Some(hands), &name)?;
        let mut interrupts =
            interrupt::listen().map_err(|error| miette::miette!("cannot listen for signals: {error}"))?;
        let mut progress = Progress::new(self.args.output, self.run.clone(), graph.name());
        for note in Local::notes(&self.loaded) {
            progress.note(&note);
        }
        let mut start = start;
        let ended = loop {
            let ended = self.follow(self.begin(&graph, start), &mut progress, &mut interrupts).await;
            match &ended {
                Ok(outcome) if outcome.status == RunStatus::Waiting && audience == Audience::Person => {
                    let answers = tokio::select! {
                        answers = ask::person(outcome.questions.clone()) => answers,
                        _ = interrupts.recv() => None,
                    };
                    match answers {
                        Some(answers) => start = Start::Resume(answers),
                        None => break ended,
                    }
                }
                _ => break ended,
            }
        };
        self.conclude(&graph, &progress, ended).await
    }

    fn begin(&self, graph: &StateGraph, start: Start) -> Run {
        let store = || Arc::clone(&self.runs.store) as Arc<dyn Store>;
        let run = match start {
            Start::Begin(input) => graph.run(input).with_store(store(), self.run.clone()),
            Start::Resume(answers) => graph.runs(store()).answer(&self.run, answers),
        };
        let run = run.with_pause_before(self.args.pause_before.iter().map(String::as_str));
        match self.args.concurrency {
            Some(limit) => run.with_concurrency(limit),
            None => run,
        }
    }

    /// Runs it until it ends, waits, or is interrupted.
    async fn follow(
        &self,
        run: Run,
        progress: &mut Progress,
        interrupts: &mut mpsc::Receiver<()>,
    ) -> Result<Outcome, RunError> {
        let stop = CancellationToken::new();
        let mut parts = run.with_cancellation(stop.clone()).stream(Modes::TASKS | Modes::MESSAGES);
        loop {
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    progress.note("stopping; press Ctrl-C again to kill");
                    stop.cancel();
                }
                part = parts.next() => match part {
                    Some(Part::Finished(ended)) => return ended,
                    Some(part) => progress.show(&part),
                    // The last part says how it ended.
                    None => std::future::pending().await,
                },
            }
        }
    }

    /// Says what it came to.
    async fn conclude(
        &self,
        graph: &StateGraph,
        progress: &Progress,
        ended: Result<Outcome, RunError>,
    ) -> miette::Result<Exit> {
        let (error, exit) = match ended {
            Ok(outcome) if outcome.is_completed() => (None, Exit::Done),
            Ok(_) => (None, Exit::Waiting),
            Err(error) if is_refusal(&error) => return Err(report(error)),
            Err(error) => {
                let exit = exit_of(&error);
                (Some(error), exit)
            }
        };
        let standing = graph.runs(Arc::clone(&self.runs.store) as _).standing(&self.run).await;
        match (standing, error) {
            (Ok(standing), error) => {
                if let Some(error) = &error {
                    progress.note(&error.to_string());
                }
                progress.end(graph.name(), &standing, error.as_ref(), exit);
                Ok(exit)
            }
            (Err(_), Some(error)) | (Err(error), None) => Err(report(error)),
        }
    }
}

/// Whether nothing was done, because what was asked for cannot be.
fn is_refusal(error: &RunError) -> bool {
    let is_asked_for = matches!(
        error.kind(),
        RunErrorKind::RunExists
            | RunErrorKind::UnknownRun
            | RunErrorKind::UnknownQuestion
            | RunErrorKind::AlreadyCompleted
            | RunErrorKind::GraphChanged
            | RunErrorKind::Corrupt
    );
    // A node's own mistakes name the node.
    let is_of_input = matches!(error.kind(), RunErrorKind::InvalidUpdate | RunErrorKind::InvalidRoute);
    is_asked_for || (is_of_input && error.node().is_none())
}
