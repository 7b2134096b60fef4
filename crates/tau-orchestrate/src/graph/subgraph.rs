//! A graph as a node of another.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use super::compiled::StateGraph;
use super::context::Context;
use super::node::{Answer, BoxError, Node, NodeKind, Question, Reply};
use super::run::{Run, Scope, Start};
use crate::checkpoint::RunStatus;
use crate::state::{State, StateError, Update};

type Map = Arc<dyn Fn(&State) -> Result<Update, StateError> + Send + Sync>;

/// Runs a whole graph. Its run is stored under the name of the task, so it is found again whenever the task runs again.
pub(super) struct Subgraph {
    graph: StateGraph,
    enter: Map,
    leave: Map,
}

impl Subgraph {
    pub(super) fn new(
        graph: StateGraph,
        enter: impl Fn(&State) -> Result<Update, StateError> + Send + Sync + 'static,
        leave: impl Fn(&State) -> Result<Update, StateError> + Send + Sync + 'static,
    ) -> Self {
        Self { graph, enter: Arc::new(enter), leave: Arc::new(leave) }
    }

    fn go_on(
        &self,
        context: Context,
        answers: Vec<(String, Value)>,
    ) -> BoxFuture<'static, Result<Reply, BoxError>> {
        let (graph, enter, leave) = (self.graph.clone(), Arc::clone(&self.enter), Arc::clone(&self.leave));
        async move {
            let start = Start::Continue(enter(context.state())?, answers);
            let around: &Scope = &context.scope;
            let mut stored = around.stored.clone();
            if let Some(stored) = &mut stored {
                stored.run = stored.run.below(context.task());
            }
            let outcome = Run::below(graph, start, around, stored).await?;
            if outcome.status == RunStatus::Completed {
                return Ok(leave(&outcome.state)?.into());
            }
            let ask = |open: super::OpenQuestion| Question { id: Some(open.id), payload: open.payload };
            Ok(Reply::Ask(outcome.questions.into_iter().map(ask).collect()))
        }
        .boxed()
    }
}

impl Node for Subgraph {
    fn run(&self, context: Context) -> BoxFuture<'static, Result<Reply, BoxError>> {
        self.go_on(context, Vec::new())
    }

    fn answer(&self, context: Context, answers: Vec<Answer>) -> BoxFuture<'static, Result<Reply, BoxError>> {
        // The run inside knows its questions by what follows the name of the task.
        let below = |answer: Answer| {
            let id = answer.id.split_once('/').map(|(_, below)| below.to_owned());
            (id.unwrap_or_default(), answer.value)
        };
        self.go_on(context, answers.into_iter().map(below).collect())
    }

    fn kind(&self) -> NodeKind {
        NodeKind::Subgraph
    }
}
