//! A call that is not settled.

use std::collections::VecDeque;
use std::sync::Arc;

use tau_proto::runtime::v1::{Call, call, call_progress::Progress, call_result::Result as Answer};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::input::Input;
use crate::attach::role::Target;

/// What the runtime knows a call by. Later calls have larger ones.
pub(in crate::attach) type Key = u64;

/// Whether a call may be sent to a client that does not know any more if it carried it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attach) enum Repeat {
    /// Any number of times.
    Freely,
    /// It is asked what it holds of it, and does not begin.
    OnlyIfHeld,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub(in crate::attach) struct Request {
    pub(in crate::attach) call: Call,
    pub(in crate::attach) target: Target,
    pub(in crate::attach) repeat: Repeat,
    /// When it has taken too long.
    pub(in crate::attach) deadline: Option<Instant>,
    /// When it is settled.
    pub(in crate::attach) settled: Settled,
}

/// When a call is settled, so that its client may forget it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attach) enum Settled {
    /// When its caller has the result.
    Taken,
    /// When its caller says so, for whom the result is durable then.
    Durable,
}

/// What a caller hears.
#[derive(Debug)]
pub(in crate::attach) struct Taken {
    pub(in crate::attach) progress: VecDeque<Progress>,
    pub(in crate::attach) then: Then,
}

#[derive(Debug)]
pub(in crate::attach) enum Then {
    /// Look again when woken, or at a moment.
    Wait(Option<Instant>),
    /// It ended.
    Done(Box<Result<Answer, Undone>>),
}

/// Why a call has no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::attach) enum Undone {
    /// Nobody who serves it came in time. It was not begun.
    NoProvider,
    /// Whoever had it went away and did not come back in time.
    Lost,
}

/// Where a call is.
#[derive(Debug)]
pub(super) enum Place {
    /// Nowhere, and it is given up at a moment.
    Parked(Instant),
    /// It waits at a client.
    Waiting(String),
    /// It was sent to a client.
    Begun(String),
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) request: Request,
    pub(super) place: Place,
    /// Nobody waits for it any more.
    pub(super) is_abandoned: bool,
    pub(super) answer: Option<Answer>,
    /// The caller has the answer, and it is settled later.
    pub(super) is_taken: bool,
    /// What the caller has not taken yet, and its size.
    pub(super) progress: VecDeque<Progress>,
    pub(super) progress_bytes: usize,
    /// The last piece received, and the last that the caller took.
    pub(super) received: u64,
    pub(super) taken: u64,
    /// What it is given beside its message.
    pub(super) input: Option<Input>,
    /// The next piece may be any: its client may have begun anew, or not.
    pub(super) may_skip: bool,
    /// Tells the caller to look.
    pub(super) wake: Arc<Notify>,
}

impl Open {
    pub(super) fn new(request: Request, until: Instant) -> Self {
        Self {
            request,
            place: Place::Parked(until),
            is_abandoned: false,
            answer: None,
            is_taken: false,
            progress: VecDeque::new(),
            progress_bytes: 0,
            received: 0,
            taken: 0,
            input: None,
            may_skip: false,
            wake: Arc::default(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.request.call.call_id
    }

    /// The call as it is sent, the first time or again.
    pub(super) fn message(&self) -> Call {
        Call { progress_received: self.taken, ..self.request.call.clone() }
    }

    /// Whether it is to be sent again over a new attachment.
    pub(super) const fn is_unanswered(&self) -> bool {
        self.answer.is_none() && !self.is_abandoned
    }

    /// Its client may have forgotten it, and says from its first piece on what it says.
    pub(super) fn restart(&mut self) {
        self.request.call.only_if_held |= self.request.repeat == Repeat::OnlyIfHeld;
        self.input.iter_mut().for_each(Input::restart);
        self.take_progress();
        (self.received, self.taken, self.may_skip) = (0, 0, true);
    }

    /// Keeps a piece of progress for the caller. The bytes that wait for it.
    pub(super) fn listen(&mut self, progress: Progress) -> usize {
        self.progress_bytes += match &progress {
            Progress::Text(text) => text.len(),
            Progress::Output(chunk) => chunk.data.len(),
        };
        self.progress.push_back(progress);
        self.wake.notify_one();
        self.progress_bytes
    }

    pub(super) fn take_progress(&mut self) -> VecDeque<Progress> {
        (self.taken, self.progress_bytes) = (self.received, 0);
        std::mem::take(&mut self.progress)
    }

    /// Whether an answer is of the call's kind.
    pub(super) const fn is_answered_by(&self, answer: &Answer) -> bool {
        matches!(
            (&self.request.call.call, answer),
            (_, Answer::Failure(_))
                | (Some(call::Call::RunTool(_)), Answer::Tool(_))
                | (Some(call::Call::Environment(_)), Answer::Environment(_))
                | (Some(call::Call::AskHook(_)), Answer::Hook(_))
                | (Some(call::Call::AskPerson(_)), Answer::Person(_))
                | (Some(call::Call::Journal(_)), Answer::Journal(_))
        )
    }
}
