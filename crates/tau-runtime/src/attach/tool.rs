//! Tools that extensions run.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::event::ToolSpec;
use tau_core::{EffectClass, HumanDuration, ToolDefinition};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    Call, CallFailureKind, RunTool, ToolCall, call_progress::Progress, call_result::Result as Answer,
};
use tau_tools::{CallScope, ToolContext, ToolExecutor, ToolOutput};
use tokio::time::Instant;

use super::call::{Asked, CallError};
use super::calls::{Book, Calls, Repeat, Request, Settled};
use super::role::{Roles, Target, ToolsProvider};
use super::selector::SessionTraits;
use super::{content, token};

/// What is offered to a session, in order.
pub(super) fn offered(book: &Book, session: &SessionTraits) -> Vec<ToolSpec> {
    let mut names = BTreeSet::new();
    let offers = providers(book, session).into_iter().flat_map(|provider| &provider.offers);
    let first = offers.filter(|offer| names.insert(offer.spec.definition.name.as_str()));
    first.map(|offer| offer.spec.clone()).collect()
}

/// Who offers tools to a session, the first choice first.
fn providers<'a>(book: &'a Book, session: &SessionTraits) -> Vec<&'a ToolsProvider> {
    let tools = book.roles().filter_map(|Roles { tools, .. }| tools.as_ref());
    let mut tools: Vec<_> = tools.filter(|tools| tools.selector.selects(session)).collect();
    // They come by id, and stay so where the priority is the same.
    tools.sort_by_key(|tools| Reverse(tools.priority));
    tools
}

/// A tool that whoever offers it runs.
pub(super) struct RemoteTool {
    calls: Arc<Calls>,
    grace: Duration,
    session: SessionTraits,
    spec: ToolSpec,
}

impl fmt::Debug for RemoteTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RemoteTool").field(&self.spec.definition.name).finish()
    }
}

impl RemoteTool {
    pub(super) fn new(calls: &Arc<Calls>, grace: Duration, session: SessionTraits, spec: ToolSpec) -> Self {
        Self { calls: Arc::clone(calls), grace, session, spec }
    }

    fn name(&self) -> &str {
        &self.spec.definition.name
    }

    fn request(&self, scope: Option<&CallScope>, arguments: &Value, timeout: Duration) -> Request {
        // Outside a session nothing else names the call.
        let key = scope.map_or_else(token::generate, |scope| scope.idempotency_key.clone());
        let call = ToolCall {
            call_id: scope.map_or(&*key, |scope| scope.call_id.as_str()).to_owned(),
            name: self.name().to_owned(),
            arguments_json: arguments.to_string(),
            ..Default::default()
        };
        let run = RunTool { call: call.into(), idempotency_key: key.clone(), ..Default::default() };
        let call = Call {
            call_id: key,
            session_id: scope.map(|scope| scope.session.to_string()).unwrap_or_default(),
            epoch: self.session.epoch(),
            run_id: scope.map(|scope| scope.run.to_string()).unwrap_or_default(),
            timeout: WireDuration::from(timeout).into(),
            call: Some(run.into()),
            ..Default::default()
        };
        let target = Target::Tool { name: self.name().to_owned(), session: self.session.clone() };
        let repeat = match self.spec.effect {
            EffectClass::Pure | EffectClass::Idempotent => Repeat::Freely,
            _ => Repeat::OnlyIfHeld,
        };
        // Outside a session nobody would say that it is durable.
        let settled = if scope.is_some() { Settled::Durable } else { Settled::Taken };
        Request { call, target, repeat, deadline: Instant::now().checked_add(timeout), settled }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> ToolOutput {
        let timeout = self.timeout(arguments, context.timeout);
        let request = self.request(context.scope.as_ref(), arguments, timeout);
        let answer = match Asked::new(&self.calls, request) {
            Ok(asked) => {
                asked
                    .answer(|progress| {
                        if let Progress::Text(text) = progress {
                            context.progress.report(&text);
                        }
                    })
                    .await
            }
            Err(busy) => Err(busy),
        };
        match answer {
            Ok(Answer::Tool(returned)) => content::output(returned),
            // The book takes no answer of another kind.
            Ok(_) => self.failed(&CallError::Lost),
            Err(error) => self.failed(&error),
        }
    }

    /// What the model reads of a call without a result.
    fn failed(&self, error: &CallError) -> ToolOutput {
        let (name, grace) = (self.name(), HumanDuration::from(self.grace));
        ToolOutput::error(match error {
            CallError::Busy => {
                format!(
                    "`{name}` was not run: the same call is still under way. Wait before you call it again."
                )
            }
            CallError::NoProvider => format!(
                "`{name}` was not run: no extension that offers it was there within {grace}. Nothing was done; go \
                 on without it, or try again later."
            ),
            CallError::Lost => format!(
                "`{name}` was lost: the extension that ran it went away and did not come back within {grace}. {}",
                self.doubt()
            ),
            CallError::TimedOut => format!("`{name}` was stopped: it took too long. {}", self.doubt()),
            CallError::Failed { kind, message } => self.reported(*kind, message),
        })
    }

    /// What the model reads of a call that its extension did not carry out.
    fn reported(&self, kind: CallFailureKind, message: &str) -> String {
        let name = self.name();
        let (what, then) = match kind {
            CallFailureKind::NotHeld => (
                "has an unknown outcome: the extension was restarted and does not know the call",
                self.doubt(),
            ),
            CallFailureKind::Fenced => ("was not run: the session went on elsewhere", "Nothing was done."),
            CallFailureKind::Cancelled => ("was cancelled", self.doubt()),
            CallFailureKind::TimedOut => ("was stopped: it took too long", self.doubt()),
            CallFailureKind::Unavailable => {
                ("was not run: its extension cannot take it now", "Nothing was done; try again later.")
            }
            CallFailureKind::Unsupported => {
                ("was not run: its extension does not offer it any more", "Nothing was done.")
            }
            CallFailureKind::Internal | CallFailureKind::Unspecified => {
                ("failed in its extension", self.doubt())
            }
        };
        let said = if message.is_empty() { String::new() } else { format!(" ({message})") };
        format!("`{name}` {what}{said}. {then}")
    }

    /// What is to be made of a call that may have run.
    const fn doubt(&self) -> &'static str {
        match self.spec.effect {
            EffectClass::Pure => "It changes nothing, so it may be called again.",
            _ => "It may have done all of its work, a part or none; look before you call it again.",
        }
    }
}

impl ToolExecutor for RemoteTool {
    fn definition(&self) -> &ToolDefinition {
        &self.spec.definition
    }

    fn effect(&self) -> EffectClass {
        self.spec.effect
    }

    fn timeout(&self, _arguments: &Value, default: Duration) -> Duration {
        let book = self.calls.lock();
        let offer = providers(&book, &self.session).into_iter().find_map(|tools| tools.offer(self.name()));
        offer.and_then(|offer| offer.timeout).unwrap_or(default)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).boxed()
    }
}
