//! Runs one task: attempts, time limit, cache, panics.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

use super::error::{RunError, RunErrorKind};
use crate::graph::compiled::{Entry, StateGraph};
use crate::graph::context::Context;
use crate::graph::node::{Answer, BoxError, Question, Reply};
use crate::panics;
use crate::state::{StateError, Writes};

/// A task as it is started.
pub(super) struct Job {
    pub(super) graph: StateGraph,
    pub(super) node: usize,
    pub(super) context: Context,
    /// What it goes on with, if it has asked.
    pub(super) answers: Option<Vec<Answer>>,
}

/// What a task came to.
pub(super) enum Executed {
    Done(Writes),
    Asked(Vec<Question>),
}

enum Failure {
    Failed(BoxError),
    Panicked(String),
    TimedOut(Duration),
    Invalid(StateError),
}

impl Job {
    pub(super) async fn execute(self) -> Result<Executed, RunError> {
        let entry = &self.graph.inner.nodes[self.node];
        let cached = match (&entry.policy.cache, &self.answers) {
            (Some(cache), None) => {
                let key = || cache.key(&self.context.state, self.context.input.as_deref());
                // A function of the author, which may panic; then the node runs.
                let key = std::panic::catch_unwind(AssertUnwindSafe(key)).unwrap_or_default();
                key.map(|key| (key, cache))
            }
            _ => None,
        };
        if let Some((key, cache)) = &cached
            && let Some(writes) = self.graph.inner.cache.get(self.node, key, cache)
        {
            return Ok(Executed::Done(writes));
        }
        let executed = self.attempts(entry).await.map_err(|failure| self.error(entry, failure))?;
        if let (Some((key, cache)), Executed::Done(writes)) = (cached, &executed) {
            self.graph.inner.cache.put(self.node, key, writes.clone(), cache);
        }
        Ok(executed)
    }

    async fn attempts(&self, entry: &Entry) -> Result<Executed, Failure> {
        let Some(retry) = &entry.policy.retry else { return self.attempt(entry, 1).await };
        let mut waits = retry.waits();
        for attempt in 1.. {
            let failure = match self.attempt(entry, attempt).await {
                Ok(executed) => return Ok(executed),
                Err(failure) => failure,
            };
            let transient = match &failure {
                Failure::Failed(error) => retry.is_transient(error),
                Failure::TimedOut(_) => true,
                Failure::Panicked(_) | Failure::Invalid(_) => false,
            };
            match waits.next().filter(|_| transient) {
                Some(wait) => tokio::time::sleep(wait).await,
                None => return Err(failure),
            }
        }
        Err(Failure::Failed("no attempt was made".into()))
    }

    async fn attempt(&self, entry: &Entry, attempt: u32) -> Result<Executed, Failure> {
        let context = Context { attempt, ..self.context.clone() };
        // Nothing of an attempt that panicked is used again, so it cannot be seen half changed. The node may panic before
        // it returns its future, so that is inside as well.
        let running = AssertUnwindSafe(async {
            match &self.answers {
                Some(answers) => entry.node.answer(context, answers.clone()).await,
                None => entry.node.run(context).await,
            }
        });
        let running = running.catch_unwind();
        let replied = match entry.policy.timeout {
            Some(limit) => match tokio::time::timeout(limit, running).await {
                Ok(replied) => replied,
                Err(_) => return Err(Failure::TimedOut(limit)),
            },
            None => running.await,
        };
        match replied {
            Ok(Ok(Reply::Update(update))) => {
                update.bind(self.graph.schema()).map(Executed::Done).map_err(Failure::Invalid)
            }
            Ok(Ok(Reply::Ask(questions))) if questions.is_empty() => {
                Err(Failure::Failed("it asked without a question; return an update instead".into()))
            }
            Ok(Ok(Reply::Ask(questions))) => Ok(Executed::Asked(questions)),
            Ok(Err(error)) => Err(Failure::Failed(error)),
            Err(payload) => {
                let said = panics::text(&*payload).unwrap_or(panics::NO_TEXT);
                Err(Failure::Panicked(said.to_owned()))
            }
        }
    }

    fn error(&self, entry: &Entry, failure: Failure) -> RunError {
        let (name, state) = (&entry.name, &self.context.state);
        let new = |kind, detail: String| {
            RunError::new(kind, self.graph.name(), state.redact(&detail)).with_node(name)
        };
        match failure {
            Failure::Failed(error) => {
                let shown = error.to_string();
                // A source that quotes a secret would show it wherever errors are printed with their sources.
                let quotes = sources(&*error).any(|text| state.redact(&text) != text);
                let redacted = new(RunErrorKind::NodeFailed, format!("node `{name}` failed: {shown}"));
                if quotes { redacted } else { redacted.with_source(error) }
            }
            Failure::Panicked(said) => {
                new(RunErrorKind::NodePanicked, format!("node `{name}` panicked: {said}"))
            }
            Failure::TimedOut(limit) => {
                new(RunErrorKind::NodeTimedOut, format!("node `{name}` took longer than {limit:?}"))
            }
            Failure::Invalid(error) => {
                new(RunErrorKind::InvalidUpdate, format!("node `{name}`: {error}")).with_source(error)
            }
        }
    }
}

/// What an error and its sources say, in the form that shows most.
fn sources(error: &(dyn std::error::Error + 'static)) -> impl Iterator<Item = String> {
    std::iter::successors(Some(error), |error| error.source()).map(|error| format!("{error} {error:?}"))
}
