//! What sessions ask of people, asked of the extensions that answer for people.
//!
//! One task a session sees to it. While nobody is there who answers, it waits and follows nothing; clients answer with
//! `Respond` in any case, and the kernel takes the first answer.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use tau_core::SessionId;
use tau_core::event::{EventBody, PermissionAnswer, PlanAnswer, QuestionAnswer, Seq};
use tau_proto::runtime::v1::{self as pb, CallCancelReason};
use tau_session::{Pending, PendingQuestion};
use tokio::sync::oneshot;

use super::wire::{self, Reply};
use crate::attach::{Attachments, SessionTraits, Verdict};
use crate::driver::{Handle, SharedUpdate};
use crate::runtime::LiveSession;

/// Asks for a session and its subagents until it has ended.
pub(crate) async fn respond(attachments: Attachments, live: LiveSession, traits: SessionTraits) {
    loop {
        tokio::select! {
            () = attachments.until_responders(true) => {}
            _ = live.stopped() => return,
        }
        let following = Following::new(attachments.clone(), live.handle().clone(), traits.clone());
        // Boxed, so that a session of which nobody asks anything costs no more than the waiting.
        tokio::select! {
            () = following.follow() => return,
            () = attachments.until_responders(false) => {}
        }
    }
}

/// One session, followed while somebody is there to ask.
struct Following {
    attachments: Attachments,
    handle: Handle,
    traits: SessionTraits,
    /// What is being asked, by the event that asks, and how its asking is ended.
    asked: BTreeMap<Seq, oneshot::Sender<CallCancelReason>>,
    subagents: BTreeSet<SessionId>,
    tasks: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Following {
    fn new(attachments: Attachments, handle: Handle, traits: SessionTraits) -> Self {
        let (asked, subagents, tasks) = (BTreeMap::new(), BTreeSet::new(), FuturesUnordered::new());
        Self { attachments, handle, traits, asked, subagents, tasks }
    }

    /// Until the session has ended.
    fn follow(mut self) -> BoxFuture<'static, ()> {
        async move {
            let mut updates = self.handle.subscribe(self.handle.overview().seq);
            self.look(CallCancelReason::Cancelled);
            loop {
                tokio::select! {
                    update = updates.next_shared() => match update {
                        Some(SharedUpdate::Event(event)) => {
                            if let Some(reason) = change(&event.body) {
                                self.look(reason);
                            }
                        }
                        Some(_) => {}
                        None => break,
                    },
                    Some(()) = self.tasks.next(), if !self.tasks.is_empty() => {}
                }
            }
            for (_, end) in std::mem::take(&mut self.asked) {
                // One that was just answered has no use for a reason.
                let _ = end.send(CallCancelReason::SessionStopped);
            }
            while self.tasks.next().await.is_some() {}
        }
        .boxed()
    }

    /// Asks what waits by now, and no more what does not.
    fn look(&mut self, reason: CallCancelReason) {
        let overview = self.handle.overview();
        let pending: BTreeSet<Seq> = overview.pending.iter().map(|pending| pending.seq).collect();
        let gone = self.asked.keys().filter(|seq| !pending.contains(seq)).copied().collect::<Vec<_>>();
        for end in gone.iter().filter_map(|seq| self.asked.remove(seq)) {
            let _ = end.send(reason);
        }
        let traits = self.traits.clone().with_epoch(overview.epoch).with_metadata(overview.metadata);
        for pending in overview.pending {
            if let std::collections::btree_map::Entry::Vacant(place) = self.asked.entry(pending.seq) {
                let (end, ended) = oneshot::channel();
                place.insert(end);
                let (attachments, handle) = (self.attachments.clone(), self.handle.clone());
                self.tasks.push(settle(attachments, handle, traits.clone(), pending, ended).boxed());
            }
        }
        for child in overview.subagents {
            if self.subagents.insert(child) {
                self.follow_subagent(child);
            }
        }
    }

    fn follow_subagent(&self, child: SessionId) {
        let (attachments, handle) = (self.attachments.clone(), self.handle.clone());
        let traits = self.traits.below(child);
        let task = async move {
            if let Some(handle) = handle.subagent(child).await {
                Self::new(attachments, handle, traits).follow().await;
            }
        };
        self.tasks.push(task.boxed());
    }
}

/// Why what waits may be something else after an event.
const fn change(event: &EventBody) -> Option<CallCancelReason> {
    Some(match event {
        EventBody::PermissionAnswered { .. }
        | EventBody::QuestionAnswered { .. }
        | EventBody::PlanAnswered { .. } => CallCancelReason::Answered,
        EventBody::PermissionRequested { .. }
        | EventBody::QuestionAsked { .. }
        | EventBody::PlanProposed { .. }
        | EventBody::SubagentStarted { .. }
        | EventBody::ToolFinished { .. }
        | EventBody::Rewound { .. } => CallCancelReason::Cancelled,
        EventBody::SessionClosed => CallCancelReason::SessionStopped,
        _ => return None,
    })
}

/// Asks for one answer, and gives it to the session. Where somebody else was faster, that one counts.
async fn settle(
    attachments: Attachments,
    handle: Handle,
    traits: SessionTraits,
    pending: Pending,
    ended: oneshot::Receiver<CallCancelReason>,
) {
    let round = attachments.round(traits, wire::pending_request(&pending));
    let reply = match round.ask(|answer| read(&pending.question, answer), ended).await {
        Verdict::Answered(reply) => Some(reply),
        Verdict::Nobody => nobody(&pending.question),
        Verdict::Ended => None,
    };
    let call = pending.call.id;
    let answered = match reply {
        Some(Reply::Permission(answer)) => handle.answer_permission(call, answer).await,
        Some(Reply::Question(answer)) => handle.answer_question(call, answer).await,
        Some(Reply::Plan(answer)) => handle.answer_plan(call, answer).await,
        None => return,
    };
    if let Err(error) = answered {
        tracing::debug!(session = %handle.session_id(), %error, "a responder's answer came too late");
    }
}

/// An answer, if it is one to what was asked.
fn read(question: &PendingQuestion, answer: pb::Answer) -> Option<Reply> {
    let reply = wire::read_answer(answer).ok()?;
    let fits = matches!(
        (question, &reply),
        (PendingQuestion::Permission { .. }, Reply::Permission(_))
            | (PendingQuestion::Question { .. }, Reply::Question(_))
            | (PendingQuestion::Plan { .. }, Reply::Plan(_))
    );
    fits.then_some(reply)
}

/// That nobody answers.
const fn nobody(question: &PendingQuestion) -> Option<Reply> {
    match question {
        PendingQuestion::Permission { .. } => Some(Reply::Permission(PermissionAnswer::NobodyToAsk)),
        PendingQuestion::Question { .. } => Some(Reply::Question(QuestionAnswer::NobodyToAsk)),
        PendingQuestion::Plan { .. } => Some(Reply::Plan(PlanAnswer::NobodyToAsk)),
        _ => None,
    }
}
