//! Where extensions attach: the runtime's side of `ExtensionService.Attach`.
//!
//! The runtime calls nobody. An extension is a client that attaches and says which roles it takes; what a session needs of
//! a role is asked of whoever took it.
//!
//! ```text
//!  sessions ── events ──▶ journals' book ─┐                      ┌─▶ journal
//!                                         ├─▶ attachment (one) ──┤
//!  callers ─── calls ───▶ calls' book ────┘   says and listens   └─▶ tools, hooks
//! ```
//!
//! Both books are memory alone ([`journals`](crate::journals), `calls/`); `serve.rs` does the talking. Roles of this
//! version: all. What an extension gives, decides or answers is a caller of the book: `tool.rs`, `environment/`, `hooks/`,
//! `responder.rs`, `store/`.

mod call;
mod calls;
mod content;
mod environment;
mod error;
mod hello;
mod hooks;
mod in_process;
mod offer;
mod output;
#[cfg(feature = "server")]
mod responder;
mod role;
mod selector;
mod serve;
mod store;
mod time;
mod token;
mod tool;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{Sink, Stream};
use tau_core::event::ToolSpec;
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
#[cfg(feature = "server")]
use tau_proto::runtime::v1::PendingRequest;
use tau_proto::runtime::v1::{AttachRequest, AttachResponse, Detach};
use tau_tools::ToolExecutor;
use tokio::time::Instant;

use crate::driver::ResultKeeper;
use crate::hooks::Hooks;
use crate::journals::Journals;
use calls::{Book, Calls};

#[cfg(feature = "server")]
pub(crate) use content::encoded;
pub use environment::{ProvideError, RemoteEnvironment};
pub use error::{AttachError, AttachErrorKind, Violation};
pub use in_process::{End, in_process};
#[cfg(feature = "server")]
pub(crate) use responder::{Round, Verdict};
pub use role::RoleKind;
pub(crate) use selector::Selector;
pub use selector::SessionTraits;
pub use store::AttachedStore;

/// Settings of [`Attachments`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AttachmentsOptions {
    /// Name of the program, for people. Default: `tau-runtime`.
    pub server_name: String,
    /// Version of the program, for people. Default: that of this crate.
    pub server_version: String,
    /// How long either side may be silent before it gives a sign of life; after three of it the other side is lost.
    /// Greater than zero. Default: 10 s.
    pub heartbeat_interval: Duration,
    /// How long an extension that was lost is expected back before its calls fail, and how long a call waits for somebody
    /// who serves it. Default: 10 s.
    pub grace: Duration,
    /// How long extensions keep results that nobody settled. Default: 10 min.
    pub result_retention: Duration,
}

impl Default for AttachmentsOptions {
    fn default() -> Self {
        Self {
            server_name: env!("CARGO_PKG_NAME").to_owned(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            heartbeat_interval: Duration::from_secs(10),
            grace: Duration::from_secs(10),
            result_retention: Duration::from_mins(10),
        }
    }
}

/// How an attachment ended, when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachEnd {
    /// The extension went away.
    Detached,
    /// The runtime ended it, and the extension took everything.
    Closed,
}

/// Whoever attaches, as far as it is known from its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller {
    /// The roles it may take.
    pub roles: BTreeSet<RoleKind>,
}

impl Caller {
    /// One that may take any role, such as a part of this program.
    #[must_use]
    pub fn trusted() -> Self {
        use RoleKind::{Environment, Hooks, Journal, Responder, Tools};
        Self::with_roles([Journal, Tools, Environment, Hooks, Responder])
    }

    /// One that may take some roles.
    #[must_use]
    pub fn with_roles(roles: impl IntoIterator<Item = RoleKind>) -> Self {
        Self { roles: roles.into_iter().collect() }
    }
}

/// The place where extensions attach and where what they do is asked for. Cheap to clone; every clone is the same place.
#[derive(Debug, Clone)]
pub struct Attachments {
    journals: Journals,
    calls: Arc<Calls>,
    options: Arc<AttachmentsOptions>,
}

impl Default for Attachments {
    fn default() -> Self {
        Self::new(Journals::default(), AttachmentsOptions::default())
    }
}

impl Attachments {
    /// A place with these settings, whose journals are sent what sessions append there.
    #[must_use]
    pub fn new(journals: Journals, options: AttachmentsOptions) -> Self {
        let calls = Arc::new(Calls::new(Book::new(options.grace)));
        Self { journals, calls, options: Arc::new(options) }
    }

    /// Where sessions append.
    #[must_use]
    pub const fn journals(&self) -> &Journals {
        &self.journals
    }

    /// Serves one extension until it goes away. An attachment with the `client_id` of an earlier one replaces it.
    ///
    /// It needs a tokio runtime with time. Dropping it is losing the extension.
    ///
    /// # Errors
    /// When the extension breaks the interface, takes a role that it may not, falls silent, attaches again, or cannot be
    /// sent to.
    pub async fn attach<I, O>(
        &self,
        incoming: I,
        outgoing: O,
        caller: &Caller,
    ) -> Result<AttachEnd, AttachError>
    where
        I: Stream<Item = AttachRequest>,
        O: Sink<AttachResponse>,
        O::Error: std::error::Error + Send + Sync + 'static,
    {
        serve::attach(self, incoming, outgoing, caller).await
    }

    /// The tools that are offered to a session which is being created, in the order the model is told of them: by
    /// priority, then by the extension's id, then as each extension orders them. Of one name the first stands.
    ///
    /// An extension keeps what it gave until [`settle`](Attachments::settle) says that nobody will ask for it again.
    #[must_use]
    pub fn tools_for(&self, session: &SessionTraits) -> Vec<Arc<dyn ToolExecutor>> {
        let specs = tool::offered(&self.calls.lock(), session);
        specs.into_iter().map(|spec| self.tool(session, spec)).collect()
    }

    /// A tool of a session that exists already, whether somebody offers it now or not: its calls go to whoever does when
    /// they are made.
    #[must_use]
    pub fn tool(&self, session: &SessionTraits, spec: ToolSpec) -> Arc<dyn ToolExecutor> {
        Arc::new(tool::RemoteTool::new(&self.calls, self.options.grace, session.clone(), spec))
    }

    /// The result of a call is durable, or nobody needs it: the extension that made it is told that it may forget it. The
    /// call is named by its idempotency key ([`CallScope`](tau_tools::CallScope)). Sessions of a
    /// [`Runtime`](crate::runtime::Runtime) do this themselves.
    pub fn settle(&self, key: &str) {
        self.calls.lock().settle(key);
    }

    /// Whom a session tells that results of calls are durable.
    pub(crate) fn results(&self) -> Arc<dyn ResultKeeper> {
        Arc::clone(&self.calls) as _
    }

    /// Whose environment a session gets that asks for none: of those that are for it the one with the highest priority,
    /// then the one whose id comes first.
    #[must_use]
    pub fn environment_for(&self, session: &SessionTraits) -> Option<String> {
        environment::choose(&self.calls.lock(), session, Instant::now())
    }

    /// Whether an extension is there, or expected back, that gives a session its environment.
    #[cfg(feature = "server")]
    pub(crate) fn gives_environment(&self, session: &SessionTraits, provider: &str) -> bool {
        environment::given(&self.calls.lock(), session, provider, Instant::now()).is_some()
    }

    /// Opens the environment of a session with an extension. One that was lost is waited for as long as it is expected back.
    ///
    /// # Errors
    /// When the extension is not there, gives this session no environment, or cannot open it.
    pub async fn open_environment(
        &self,
        session: &SessionTraits,
        provider: &str,
    ) -> Result<RemoteEnvironment, ProvideError> {
        RemoteEnvironment::open(&self.calls, self.options.grace, session, provider).await
    }

    /// Waits until somebody is there who answers for people, or is not any more.
    #[cfg(feature = "server")]
    pub(crate) async fn until_responders(&self, are_there: bool) {
        let mut changes = self.calls.lock().changes();
        while responder::is_anybody_there(&self.calls.lock()) != are_there {
            // The book lives as long as this place.
            if changes.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// A request that waits for a person, to be asked of whoever answers for one.
    #[cfg(feature = "server")]
    pub(crate) fn round(&self, session: SessionTraits, request: PendingRequest) -> Round {
        Round::new(&self.calls, session, request)
    }

    /// The hooks of a session: of every extension that took the role for it, now and later.
    #[must_use]
    pub fn hooks_for(&self, session: &SessionTraits) -> Arc<dyn Hooks> {
        Arc::new(hooks::AttachedHooks::new(&self.calls, session.clone()))
    }

    /// Asks every extension to leave, and refuses those that come later. No call begins any more; those that were begun go
    /// on, and events are still sent. Whoever asks ends what is left after `timeout`, with [`Attachments::close`].
    pub fn drain(&self, timeout: Duration) {
        let detail = "the runtime is ending".to_owned();
        let told = Detach { detail, timeout: WireDuration::from(timeout).into(), ..Default::default() };
        self.calls.lock().drain(&told, Instant::now());
    }

    /// Ends every attachment once it was sent everything and its calls are settled, and those that come later at once.
    pub fn close(&self) {
        self.journals.close();
        self.calls.lock().close(Instant::now());
    }
}
