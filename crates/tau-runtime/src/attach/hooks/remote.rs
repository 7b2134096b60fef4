//! Hooks as a session sees them, which extensions decide.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sha2::{Digest, Sha256};
use tau_core::SessionId;
use tau_core::event::{HookDecision, HookPoint, HookSubject};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{Call, call_result::Result as Answer};
use tokio::time::Instant;

use super::wire;
use crate::attach::call::{Asked, CallError};
use crate::attach::calls::{Calls, Repeat, Request, Settled};
use crate::attach::role::Target;
use crate::attach::selector::SessionTraits;
use crate::hooks::{Hook, HookAsk, HookFailure, HookSpec, Hooks, RegisteredHook};

/// So soon is a lost provider looked for again. Where it is expected back, the book itself waits for it.
const AGAIN: Duration = Duration::from_millis(50);

/// The hooks of a session that extensions decide.
#[derive(Debug)]
pub(in crate::attach) struct AttachedHooks {
    calls: Arc<Calls>,
    session: SessionTraits,
}

impl AttachedHooks {
    pub(in crate::attach) fn new(calls: &Arc<Calls>, session: SessionTraits) -> Self {
        Self { calls: Arc::clone(calls), session }
    }
}

impl Hooks for AttachedHooks {
    fn points(&self) -> BTreeSet<HookPoint> {
        let book = self.calls.lock();
        let hooks = book.hooks(&self.session, Instant::now());
        hooks.flat_map(|(_, hooks)| hooks.map(|hook| hook.point)).collect()
    }

    fn at(&self, point: HookPoint) -> Vec<RegisteredHook> {
        let book = self.calls.lock();
        let clients = book.hooks(&self.session, Instant::now());
        let hooks = clients.flat_map(|(client, hooks)| hooks.map(move |hook| (client, hook)));
        let mut hooks: Vec<RegisteredHook> = hooks
            .filter(|(_, spec)| spec.point == point)
            .map(|(client, spec)| {
                let (calls, session) = (Arc::clone(&self.calls), self.session.clone());
                let hook = RemoteHook { calls, session, client: client.to_owned(), spec: Arc::clone(spec) };
                RegisteredHook::new(Arc::clone(spec), Arc::new(hook))
            })
            .collect();
        // They come by id, and stay so where the priority is the same.
        hooks.sort_by_key(|hook| Reverse(hook.spec.priority));
        hooks
    }

    fn below(&self, child: SessionId) -> Arc<dyn Hooks> {
        Arc::new(Self::new(&self.calls, self.session.below(child)))
    }
}

/// A hook that one extension decides.
struct RemoteHook {
    calls: Arc<Calls>,
    session: SessionTraits,
    client: String,
    spec: Arc<HookSpec>,
}

impl fmt::Debug for RemoteHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHook")
            .field("client", &self.client)
            .field("hook", &self.spec.name)
            .finish_non_exhaustive()
    }
}

impl RemoteHook {
    fn request(&self, ask: &HookAsk, deadline: Option<Instant>) -> Request {
        let call = Call {
            call_id: self.id(ask),
            session_id: ask.session.to_string(),
            epoch: if ask.epoch == 0 { self.session.epoch() } else { ask.epoch },
            run_id: ask.run.map(|run| run.to_string()).unwrap_or_default(),
            timeout: WireDuration::from(self.spec.timeout).into(),
            call: Some(wire::ask(&self.spec.name, ask).into()),
            ..Default::default()
        };
        let (target, repeat) = (Target::Hook(self.client.clone()), Repeat::Freely);
        Request { call, target, repeat, deadline, settled: Settled::Taken }
    }

    /// The same whenever the same thing is asked. What is about a session is not the same another time, and a call is not
    /// with other arguments.
    fn id(&self, ask: &HookAsk) -> String {
        let mut text = format!("{} {} {:?} {:?} ", ask.session, self.client, ask.point, ask.about);
        // Writing to a string cannot fail.
        if ask.about == HookSubject::Session {
            let _ = write!(text, "{} {} ", ask.epoch, ask.seq.0);
        }
        let _ = write!(text, "{} ", self.spec.name);
        let mut sha = Sha256::new();
        sha.update(text.as_bytes());
        if let Some(call) = &ask.call {
            sha.update(call.arguments.raw().as_bytes());
        }
        let digest = sha.finalize();
        digest.iter().take(16).fold("hook-".to_owned(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        })
    }

    /// Asks until there is an answer: a provider that was lost may come back, and whoever asks keeps time.
    async fn decide(&self, ask: &HookAsk) -> Result<HookDecision, HookFailure> {
        let deadline = Instant::now().checked_add(self.spec.timeout);
        loop {
            let answer = match Asked::new(&self.calls, self.request(ask, deadline)) {
                Ok(asked) => asked.answer(|_| ()).await,
                Err(busy) => Err(busy),
            };
            match answer {
                Ok(Answer::Hook(decision)) => return wire::read(decision),
                // The book takes no answer of another kind.
                Ok(_) => return Err(HookFailure::Lost),
                Err(CallError::TimedOut) => return Err(HookFailure::TimedOut),
                Err(CallError::Failed { kind, message }) => {
                    return Err(HookFailure::Failed(format!("{kind:?} {message}").trim().to_owned()));
                }
                Err(CallError::NoProvider | CallError::Lost | CallError::Busy) => {
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

impl Hook for RemoteHook {
    fn ask<'a>(&'a self, ask: &'a HookAsk) -> BoxFuture<'a, Result<HookDecision, HookFailure>> {
        self.decide(ask).boxed()
    }
}
