//! What a node is, and what it returns.

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;

use super::context::Context;
use crate::state::Update;

/// Any error of a node.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a node returns: what it changes, or what it has to know first.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reply {
    /// The node is done, and this is what it changes.
    Update(Update),
    /// The node waits for somebody outside. It does not run again: its answer is handled by [`Node::answer`].
    Ask(Vec<Question>),
}

impl From<Update> for Reply {
    fn from(update: Update) -> Self {
        Self::Update(update)
    }
}

impl From<Question> for Reply {
    fn from(question: Question) -> Self {
        Self::Ask(vec![question])
    }
}

/// Something asked of whoever runs the graph: a person, mostly.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) payload: Value,
}

impl Question {
    /// A question with what is needed to answer it. The payload is stored and comes back with the answer, so it is also
    /// where a node leaves what it worked out before it asked.
    #[must_use]
    pub fn new(payload: impl Into<Value>) -> Self {
        Self { id: None, payload: payload.into() }
    }
}

/// A question that was asked and has no answer yet.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OpenQuestion {
    /// What an answer refers to: the same after every resume, and never used twice in a run.
    pub id: Arc<str>,
    /// The node that asked.
    pub node: Arc<str>,
    /// What it asked.
    pub payload: Value,
}

/// The answer to one question of a node.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The id of the question.
    pub id: Arc<str>,
    /// The payload of the question.
    pub question: Value,
    /// What was answered.
    pub value: Value,
}

/// An asynchronous step from a state to an update.
///
/// An implementer must expect to be run again with the same [`task`](Context::task) if the process ends before its reply is
/// stored; a reply that is stored is never asked for again. Asking and being answered are two calls, so nothing in front of a
/// question runs twice because of it.
///
/// A node may not assume that it runs alone, nor that what it writes is seen by nodes of the same superstep.
pub trait Node: Send + Sync {
    /// Runs on the state of its superstep.
    fn run(&self, context: Context) -> BoxFuture<'static, Result<Reply, BoxError>>;

    /// Goes on after at least one of its questions was answered. Called once for each set of answers that is stored.
    fn answer(&self, context: Context, answers: Vec<Answer>) -> BoxFuture<'static, Result<Reply, BoxError>> {
        let _ = answers;
        let error = format!("node `{}` asks nothing, so nothing can be answered", context.node());
        futures::future::ready(Err(error.into())).boxed()
    }

    /// Whether it may ask, for drawings.
    fn kind(&self) -> NodeKind {
        NodeKind::Function
    }
}

/// What a node looks like from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// A function.
    Function,
    /// Asks somebody.
    Question,
    /// A whole graph.
    Subgraph,
}

impl<N: Node + ?Sized> Node for Box<N> {
    fn run(&self, context: Context) -> BoxFuture<'static, Result<Reply, BoxError>> {
        (**self).run(context)
    }

    fn answer(&self, context: Context, answers: Vec<Answer>) -> BoxFuture<'static, Result<Reply, BoxError>> {
        (**self).answer(context, answers)
    }

    fn kind(&self) -> NodeKind {
        (**self).kind()
    }
}

type Run = Box<dyn Fn(Context) -> BoxFuture<'static, Result<Reply, BoxError>> + Send + Sync>;
type OnAnswer = Box<dyn Fn(Context, Answer) -> BoxFuture<'static, Result<Reply, BoxError>> + Send + Sync>;

/// A node made of functions.
pub(super) struct FunctionNode {
    run: Run,
    answer: Option<OnAnswer>,
}

impl FunctionNode {
    pub(super) fn new<F, Fut, R>(run: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: Into<Reply>,
    {
        let run = move |context| {
            let reply = run(context);
            async move { reply.await.map(Into::into) }.boxed()
        };
        Self { run: Box::new(run), answer: None }
    }

    pub(super) fn with_answer<F, Fut, R>(mut self, answer: F) -> Self
    where
        F: Fn(Context, Answer) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: Into<Reply>,
    {
        let answer = move |context, answered| {
            let reply = answer(context, answered);
            async move { reply.await.map(Into::into) }.boxed()
        };
        self.answer = Some(Box::new(answer));
        self
    }
}

impl Node for FunctionNode {
    fn run(&self, context: Context) -> BoxFuture<'static, Result<Reply, BoxError>> {
        (self.run)(context)
    }

    fn answer(&self, context: Context, answers: Vec<Answer>) -> BoxFuture<'static, Result<Reply, BoxError>> {
        match (&self.answer, <[Answer; 1]>::try_from(answers)) {
            (Some(answer), Ok([one])) => answer(context, one),
            (Some(_), Err(_)) => fail("a node made of functions asks one question at a time"),
            (None, _) => {
                fail("this node asks nothing; add it with `ask`, which takes what handles the answer")
            }
        }
    }

    fn kind(&self) -> NodeKind {
        if self.answer.is_some() { NodeKind::Question } else { NodeKind::Function }
    }
}

fn fail(text: &'static str) -> BoxFuture<'static, Result<Reply, BoxError>> {
    futures::future::ready(Err(text.into())).boxed()
}

impl fmt::Debug for FunctionNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FunctionNode").field("kind", &self.kind()).finish_non_exhaustive()
    }
}
