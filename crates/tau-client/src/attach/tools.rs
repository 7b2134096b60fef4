//! The tools that an extension offers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tau_proto::runtime::v1::{ExtensionRole, Hello, SessionSelector, ToolsRole};

use super::call::ToolCall;
use super::tool::{Tool, ToolOutput};

/// The newest version of the protocol that this speaks.
pub(super) const PROTOCOL_VERSION: u32 = 1;
/// So many calls run at a time, unless said otherwise.
const CALLS: u32 = 16;

pub(super) type Handler = Arc<dyn Fn(ToolCall) -> BoxFuture<'static, ToolOutput> + Send + Sync>;

/// The tools that an extension offers, each with what runs its calls.
///
/// A session's tools are fixed when it is created: these are for sessions that are created after they were offered.
#[derive(Clone)]
pub struct Tools {
    hello: Hello,
    role: ToolsRole,
    selector: Option<SessionSelector>,
    priority: i32,
    handlers: BTreeMap<String, Handler>,
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tools").field(&self.handlers.keys()).finish()
    }
}

impl Tools {
    /// No tools yet, of an extension with this id: always the same, after restarts too, and no other extension's.
    pub fn new(client_id: impl Into<String>) -> Self {
        let client_id = client_id.into();
        let hello = Hello {
            protocol_version: PROTOCOL_VERSION,
            client_name: client_id.clone(),
            client_id,
            call_credit: CALLS,
            ..Default::default()
        };
        let (role, handlers) = (ToolsRole::default(), BTreeMap::new());
        Self { hello, role, selector: None, priority: 0, handlers }
    }

    /// Offers one more tool; calls of it are run by `handler`, several at a time. A tool of the same name is replaced.
    ///
    /// When a call is not wanted any more, what `handler` returned is dropped. What it gives is text for the model, a
    /// [`ToolOutput`], or a `Result` of either, of which the error is told to the model.
    #[must_use]
    pub fn with<H, F>(mut self, tool: Tool, handler: H) -> Self
    where
        H: Fn(ToolCall) -> F + Send + Sync + 'static,
        F: Future<Output: Into<ToolOutput>> + Send + 'static,
    {
        let name = tool.name().to_owned();
        self.role.tools.retain(|other| other.definition.name != name);
        self.role.tools.push(tool.0);
        let handler: Handler = Arc::new(move |call| handler(call).map(Into::into).boxed());
        self.handlers.insert(name, handler);
        self
    }

    /// Name and version of the program, for people. The id unless set.
    #[must_use]
    pub fn program(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.hello.client_name = name.into();
        self.hello.client_version = version.into();
        self
    }

    /// For these sessions alone. All that the server lets it see unless set.
    #[must_use]
    pub fn for_sessions(mut self, selector: SessionSelector) -> Self {
        self.selector = Some(selector);
        self
    }

    /// Its place among other providers of tools of the same names; higher comes first. 0 unless set.
    #[must_use]
    pub const fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// So many calls at a time, of all tools together. 16 unless set.
    #[must_use]
    pub const fn max_calls(mut self, calls: u32) -> Self {
        self.hello.call_credit = calls;
        self
    }

    /// The first message of an attachment.
    pub(super) fn hello(&self, resume_token: &str) -> Hello {
        let role = ExtensionRole {
            role: Some(self.role.clone().into()),
            selector: self.selector.clone().into(),
            priority: self.priority,
            ..Default::default()
        };
        Hello { roles: vec![role], resume_token: resume_token.to_owned(), ..self.hello.clone() }
    }

    pub(super) fn handler(&self, name: &str) -> Option<&Handler> {
        self.handlers.get(name)
    }
}
