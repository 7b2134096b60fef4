//! A call as its caller sees it: a future that can be dropped.

use std::sync::Arc;

use tau_proto::runtime::v1::{
    CallFailure, CallFailureKind, call_progress::Progress, call_result::Result as Answer,
};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::calls::{Calls, Key, Request, Then, Undone};
use super::time::moment;

/// Why a call was not carried out, or not to its end.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum CallError {
    /// One of the same id is under way.
    Busy,
    /// Nobody who serves it is attached. It was not begun.
    NoProvider,
    /// Whoever had it went away and did not come back.
    Lost,
    /// It took too long.
    TimedOut,
    /// Whoever had it says so.
    Failed { kind: CallFailureKind, message: String },
}

/// A call. Dropping it cancels it.
#[derive(Debug)]
pub(super) struct Asked {
    calls: Arc<Calls>,
    key: Key,
    wake: Arc<Notify>,
    deadline: Option<Instant>,
}

impl Asked {
    pub(super) fn new(calls: &Arc<Calls>, request: Request) -> Result<Self, CallError> {
        Self::with_input(calls, request, None)
    }

    /// One that is given input.
    pub(super) fn with_input(
        calls: &Arc<Calls>,
        request: Request,
        input: Option<Arc<[u8]>>,
    ) -> Result<Self, CallError> {
        let deadline = request.deadline;
        let mut book = calls.lock();
        let (key, wake) = book.call(request, Instant::now()).ok_or(CallError::Busy)?;
        if let Some(input) = input {
            book.give(key, input);
        }
        drop(book);
        Ok(Self { calls: Arc::clone(calls), key, wake, deadline })
    }

    /// What the runtime knows it by.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the interface asks people"))]
    pub(super) const fn key(&self) -> Key {
        self.key
    }

    /// Waits for the end. What it tells until then comes in order.
    pub(super) async fn answer(self, mut progress: impl FnMut(Progress)) -> Result<Answer, CallError> {
        loop {
            let now = Instant::now();
            let taken = self.calls.lock().take(self.key, now);
            taken.progress.into_iter().for_each(&mut progress);
            let until = match taken.then {
                Then::Wait(until) => until.into_iter().chain(self.deadline).min(),
                Then::Done(end) => return judge(*end),
            };
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                return Err(CallError::TimedOut);
            }
            tokio::select! {
                () = self.wake.notified() => {}
                () = moment(until) => {}
            }
        }
    }
}

fn judge(end: Result<Answer, Undone>) -> Result<Answer, CallError> {
    match end {
        Ok(Answer::Failure(CallFailure { kind, message, .. })) => {
            // A kind that this version does not know may be any.
            let kind = kind.as_known().unwrap_or(CallFailureKind::Internal);
            Err(CallError::Failed { kind, message })
        }
        Ok(answer) => Ok(answer),
        Err(Undone::NoProvider) => Err(CallError::NoProvider),
        Err(Undone::Lost) => Err(CallError::Lost),
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Nothing, once the result was taken.
        self.calls.lock().abandon(self.key, Instant::now());
    }
}
