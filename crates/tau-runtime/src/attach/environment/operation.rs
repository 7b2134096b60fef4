//! An operation from its call to its answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::environment_operation::Operation;
use tau_proto::runtime::v1::environment_result::Result as Answer;
use tau_proto::runtime::v1::{
    Call, CallFailureKind, CloseEnvironment, EnvironmentOperation, OpenEnvironment,
    call_result::Result as CallAnswer,
};
use tau_tools::CallScope;
use tau_tools::environment::{EnvironmentError, EnvironmentErrorKind};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::failure::failed;
use super::output::Output;
use super::{About, Shared, answer};
use crate::attach::call::{Asked, CallError};
use crate::attach::calls::{Repeat, Request, Settled};
use crate::attach::role::Target;
use crate::attach::token;

/// How long an environment may take to be made ready.
const OPEN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long one may take to be given back.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often an operation is tried that an extension forgets.
const TRIES: usize = 3;

/// What becomes of an operation that an extension may have forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// It changes nothing, so it is asked again.
    Freely,
    /// Its outcome is unknown.
    Never,
}

/// What is asked of an environment.
pub(super) struct Asking<'a> {
    /// What it is about, for errors.
    pub(super) subject: &'a (dyn fmt::Display + Sync),
    pub(super) operation: Operation,
    pub(super) again: Again,
    pub(super) scope: Option<&'a CallScope>,
}

impl Shared {
    /// Asks, once the environment is ready, and again where the extension was restarted and nothing can be done twice.
    pub(super) async fn ask(
        &self,
        asking: Asking<'_>,
        input: Option<Arc<[u8]>>,
        output: &mut Output<'_>,
    ) -> Result<Answer, EnvironmentError> {
        let mut tries = 0;
        loop {
            tries += 1;
            self.make_ready().await?;
            output.begin();
            let request = self.request(asking.operation.clone(), asking.scope, None);
            let answered = self.call(request, input.clone(), output).await;
            let (error, is_undone) = match answered {
                Ok(Answer::Error(error)) => return Err(answer::error(asking.subject, error)),
                Ok(answer) => return Ok(answer),
                Err(Broken::Flood) => return Err(answer::malformed(asking.subject, FLOOD)),
                Err(Broken::Call(error)) => {
                    let is_undone = match error {
                        // It was restarted just now and has not opened the session yet.
                        CallError::Failed { kind: CallFailureKind::Unavailable, .. } => self.is_stale(),
                        CallError::Failed { kind: CallFailureKind::NotHeld, .. } => {
                            asking.again == Again::Freely
                        }
                        _ => false,
                    };
                    (error, is_undone)
                }
            };
            if !is_undone || tries == TRIES {
                return Err(failed(self, asking.subject, &error, asking.again));
            }
        }
    }

    /// Opens the environment anew where its extension has forgotten it.
    async fn make_ready(&self) -> Result<(), EnvironmentError> {
        if !self.is_stale() {
            return Ok(());
        }
        // Two that open it at the same time open the same.
        let about = self.open().await?;
        if about.root == self.about.root {
            return Ok(());
        }
        let problem = format!(
            "the environment was lost: its extension came back with {} in its place",
            about.root.display()
        );
        Err(EnvironmentError::new(EnvironmentErrorKind::Lost, self.about.root.display(), problem))
    }

    /// Whether the extension was restarted since the environment was opened. One that is away has not come back yet.
    fn is_stale(&self) -> bool {
        let since = self.calls.lock().since(&self.provider, Instant::now());
        since.is_some_and(|(since, _)| since != self.opened.load(Ordering::Relaxed))
    }

    pub(super) async fn open(&self) -> Result<About, EnvironmentError> {
        let subject = self.provider.as_str();
        let since = self.calls.lock().since(&self.provider, Instant::now());
        let metadata = self.session.metadata().clone().into_iter().collect();
        let operation = OpenEnvironment { metadata, ..Default::default() };
        let request = self.request(operation.into(), None, Some(OPEN_TIMEOUT));
        match self.call(request, None, &mut Output::None).await {
            Ok(Answer::Opened(opened)) => {
                let about = answer::opened(&opened)
                    .ok_or_else(|| answer::malformed(subject, "its root, system or shell is none"))?;
                let since = since.map_or(0, |(since, _)| since);
                self.opened.store(since, Ordering::Relaxed);
                Ok(about)
            }
            Ok(Answer::Error(error)) => Err(answer::error(subject, error)),
            Ok(_) => Err(answer::malformed(subject, "it did not open it")),
            Err(Broken::Flood) => Err(answer::malformed(subject, FLOOD)),
            Err(Broken::Call(error)) => Err(failed(self, &subject, &error, Again::Freely)),
        }
    }

    pub(super) async fn close(&self, is_resumable: bool) {
        let since = self.calls.lock().since(&self.provider, Instant::now());
        if since.is_some_and(|(_, is_there)| is_there) && !self.is_stale() {
            let operation = CloseEnvironment { is_resumable, ..Default::default() };
            let request = self.request(operation.into(), None, Some(CLOSE_TIMEOUT));
            let _ = self.call(request, None, &mut Output::None).await;
        }
    }

    fn request(&self, operation: Operation, scope: Option<&CallScope>, timeout: Option<Duration>) -> Request {
        let tool_call_id = scope.map(|scope| scope.call_id.to_string()).unwrap_or_default();
        let operation =
            EnvironmentOperation { tool_call_id, operation: Some(operation), ..Default::default() };
        let call = Call {
            call_id: format!("environment-{}", token::generate()),
            session_id: self.session.id().to_string(),
            epoch: self.session.epoch(),
            run_id: scope.map(|scope| scope.run.to_string()).unwrap_or_default(),
            timeout: timeout.map(WireDuration::from).into(),
            call: Some(operation.into()),
            ..Default::default()
        };
        // After a restart it is for this side to say what is done again: the environment has to be opened first.
        let (target, repeat) = (Target::Environment(self.provider.clone()), Repeat::OnlyIfHeld);
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Request { call, target, repeat, deadline, settled: Settled::Taken }
    }

    async fn call(
        &self,
        request: Request,
        input: Option<Arc<[u8]>>,
        output: &mut Output<'_>,
    ) -> Result<Answer, Broken> {
        let _pending = Pending::of(&self.pending);
        let asked = Asked::with_input(&self.calls, request, input)?;
        let flooded = Notify::new();
        let answer = asked.answer(|progress| {
            if !output.hear(progress) {
                flooded.notify_one();
            }
        });
        let answer = tokio::select! {
            () = flooded.notified() => return Err(Broken::Flood),
            answer = answer => answer?,
        };
        // It may have ended with what was too much.
        if flooded.notified().now_or_never().is_some() {
            return Err(Broken::Flood);
        }
        match answer {
            CallAnswer::Environment(result) => result.result.ok_or(Broken::Call(CallError::Lost)),
            // The book takes no answer of another kind.
            _ => Err(Broken::Call(CallError::Lost)),
        }
    }
}

/// An operation that is under way, until it is dropped.
struct Pending<'a>(&'a AtomicUsize);

impl<'a> Pending<'a> {
    fn of(pending: &'a AtomicUsize) -> Self {
        pending.fetch_add(1, Ordering::Relaxed);
        Self(pending)
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

const FLOOD: &str = "more came than was asked for";

/// Why a call has no answer.
enum Broken {
    Call(CallError),
    /// It told more than was asked for.
    Flood,
}

impl From<CallError> for Broken {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}
