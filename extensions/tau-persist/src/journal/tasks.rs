//! What goes on beside storing: operations that the runtime asked for, and the renewal of leases.

use std::future::pending;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::FuturesUnordered;
use tau_proto::runtime::v1::{Call, CallFailure, CallFailureKind, CallResult, call};

use super::attach::Journal;
use super::operation;

/// So many operations go on at a time.
pub(super) const MAX_CALLS: u32 = 64;

/// Tasks under way. One that answers a call gives its result.
#[derive(Default)]
pub(super) struct Tasks {
    running: FuturesUnordered<BoxFuture<'static, Option<CallResult>>>,
    is_renewing: bool,
}

impl Tasks {
    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// Carries out what the runtime asks. It asks for no more than the credit that it has, so this is bounded.
    pub(super) fn answer(&self, journal: &Journal, call: Call) {
        let (store, leases) = (Arc::clone(&journal.store), Arc::clone(&journal.leases));
        let answer = async move {
            let result = match call.call {
                Some(call::Call::Journal(operation)) => {
                    operation::answer(store, leases, operation).await.into()
                }
                _ => {
                    let kind = CallFailureKind::Unsupported.into();
                    let message = "a journal does not do this".to_owned();
                    CallFailure { kind, message, ..Default::default() }.into()
                }
            };
            Some(CallResult { call_id: call.call_id, result: Some(result), ..Default::default() })
        };
        self.running.push(answer.boxed());
    }

    /// Keeps others away from the runtime's sessions for another while.
    pub(super) fn renew(&mut self, journal: &Journal) {
        if self.is_renewing || journal.leases.is_empty() {
            return;
        }
        self.is_renewing = true;
        let leases = Arc::clone(&journal.leases);
        let renewal = async move {
            leases.renew().await;
            None
        };
        self.running.push(renewal.boxed());
    }

    /// The next that ends. Never where there is none.
    pub(super) async fn next(&mut self) -> Option<CallResult> {
        match self.running.next().await {
            Some(Some(result)) => Some(result),
            Some(None) => {
                self.is_renewing = false;
                None
            }
            None => pending().await,
        }
    }
}
