//! Asking those who answer for people.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tau_proto::runtime::v1::{
    Answer, AskPerson, Call, CallCancelReason, PendingRequest, PersonAnswer, RequestKind,
    call_result::Result as CallAnswer, pending_request::Request as Question, person_answer,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::call::{Asked, CallError};
use super::calls::{Book, Calls, Key, Repeat, Request, Settled};
use super::role::Target;
use super::selector::SessionTraits;

/// When somebody is asked again who was still stopping the same.
const AGAIN: Duration = Duration::from_secs(1);

/// Whether anybody is there who answers anything.
pub(super) fn is_anybody_there(book: &Book) -> bool {
    book.clients(Instant::now()).any(|(_, roles)| roles.responder.is_some())
}

/// How a round ended.
#[derive(Debug)]
pub(crate) enum Verdict<R> {
    /// Somebody answered.
    Answered(R),
    /// Everybody who is there passed.
    Nobody,
    /// It is not asked any more.
    Ended,
}

type Heard = (String, Result<PersonAnswer, CallError>);

/// One request, asked of every responder of a session at the same time, and of those that come later.
pub(crate) struct Round {
    calls: Arc<Calls>,
    session: SessionTraits,
    request: PendingRequest,
    kind: RequestKind,
    /// Calls that are on.
    asked: BTreeMap<String, Key>,
    answers: FuturesUnordered<BoxFuture<'static, Heard>>,
    passed: BTreeSet<String>,
}

impl Round {
    pub(super) fn new(calls: &Arc<Calls>, session: SessionTraits, request: PendingRequest) -> Self {
        let kind = match &request.request {
            Some(Question::Permission(_)) => RequestKind::Permission,
            Some(Question::Question(_)) => RequestKind::Question,
            Some(Question::Plan(_)) => RequestKind::Plan,
            None => RequestKind::Unspecified,
        };
        let (asked, answers, passed) = (BTreeMap::new(), FuturesUnordered::new(), BTreeSet::new());
        Self { calls: Arc::clone(calls), session, request, kind, asked, answers, passed }
    }

    /// Asks until somebody answers so that `read` takes it, everybody passes, or `end` says why it is not asked any more.
    pub(crate) async fn ask<R>(
        mut self,
        read: impl Fn(Answer) -> Option<R>,
        mut end: oneshot::Receiver<CallCancelReason>,
    ) -> Verdict<R> {
        let mut changes = self.calls.lock().changes();
        let (mut is_news, mut is_behind) = (true, false);
        loop {
            let there = self.responders();
            if std::mem::take(&mut is_news) {
                // Everybody is asked, also behind one that cannot be asked yet.
                is_behind = there.iter().filter(|client| !self.ask_one(client)).count() > 0;
            }
            if !there.is_empty() && there.iter().all(|client| self.passed.contains(client)) {
                return Verdict::Nobody;
            }
            tokio::select! {
                Some((client, heard)) = self.answers.next(), if !self.answers.is_empty() => {
                    self.asked.remove(&client);
                    match heard {
                        Ok(PersonAnswer { result: Some(person_answer::Result::Answer(answer)), .. }) => {
                            if let Some(reply) = read(answer) {
                                self.stop(CallCancelReason::Answered);
                                return Verdict::Answered(reply);
                            }
                            tracing::warn!(%client, session = %self.session.id(), "a responder's answer is none to what was asked");
                            self.passed.insert(client);
                        }
                        // Whoever cannot answer passes.
                        Ok(_) | Err(CallError::Failed { .. }) => _ = self.passed.insert(client),
                        // One that is lost is asked again when somebody comes.
                        Err(_) => {}
                    }
                }
                _ = changes.changed() => is_news = true,
                () = tokio::time::sleep(AGAIN), if is_behind => is_news = true,
                reason = &mut end => {
                    self.stop(reason.unwrap_or(CallCancelReason::Cancelled));
                    return Verdict::Ended;
                }
            }
        }
    }

    /// Those who answer this for the session, attached or expected back.
    fn responders(&self) -> Vec<String> {
        let book = self.calls.lock();
        let able = book.clients(Instant::now()).filter(|(_, roles)| {
            let responder = roles.responder.as_ref();
            responder.is_some_and(|responder| {
                responder.selector.selects(&self.session)
                    && (responder.kinds.is_empty() || responder.kinds.contains(&self.kind))
            })
        });
        able.map(|(id, _)| id.to_owned()).collect()
    }

    /// Asks one, if that was not done. `false` where it cannot be asked yet.
    fn ask_one(&mut self, client: &str) -> bool {
        if self.asked.contains_key(client) || self.passed.contains(client) {
            return true;
        }
        let metadata = self.session.metadata().clone().into_iter().collect();
        let ask = AskPerson { request: self.request.clone().into(), metadata, ..Default::default() };
        let session = self.session.id();
        let call = Call {
            // The same after a restart of the runtime, so that nobody is shown the question twice.
            call_id: format!("ask-{session}-{}-{client}", self.request.seq),
            session_id: session.to_string(),
            epoch: self.session.epoch(),
            call: Some(ask.into()),
            ..Default::default()
        };
        let target = Target::Responder(client.to_owned());
        let request =
            Request { call, target, repeat: Repeat::Freely, deadline: None, settled: Settled::Taken };
        // One of the same id that is being stopped is in the way until it has ended.
        let Ok(asked) = Asked::new(&self.calls, request) else { return false };
        self.asked.insert(client.to_owned(), asked.key());
        let client = client.to_owned();
        let answer = asked.answer(drop).map(|answered| {
            answered.and_then(|answer| match answer {
                CallAnswer::Person(answer) => Ok(answer),
                // The book takes no answer of another kind.
                _ => Err(CallError::Lost),
            })
        });
        self.answers.push(answer.map(|answer| (client, answer)).boxed());
        true
    }

    /// Tells those who are still asked why they are not any more.
    fn stop(&mut self, reason: CallCancelReason) {
        let mut book = self.calls.lock();
        self.asked.values().for_each(|key| book.abandon_because(*key, reason));
    }
}
