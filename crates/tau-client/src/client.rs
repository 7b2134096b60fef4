//! A server, as a program calls it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::client::{CallOptions, ClientConfig};
use connectrpc::{ConnectError, ErrorCode};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::{
    AdminServiceClient, CreateSessionRequest, ExtensionServiceClient, RuntimeServiceClient, SubscribeRequest,
};
use uuid::Uuid;

use crate::admin::Admin;
use crate::attach::{Attachment, Link, Tools};
use crate::connect::connect;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::list::{SessionList, Sessions};
use crate::session::Session;
use crate::stream::Subscription;
#[cfg(feature = "tls")]
use crate::tls::Tls;
use crate::token::Token;
use crate::transport::Transport;

/// The largest answer: a session's journal comes in one.
pub(crate) const MAX_MESSAGE: usize = 64 << 20;
/// The largest message of an attachment: an append ends with a decision, and may hold more than one event of any size.
const MAX_ATTACHED_MESSAGE: usize = 256 << 20;

/// How a server is called.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The credential. `None` unless set: a Unix socket and a service in this process want none.
    pub token: Option<Token>,
    /// The deadline of every call that is answered at once. A minute unless set. Streams have none.
    pub timeout: Duration,
    /// How long a connection may take to come about. Five seconds unless set.
    pub connect_timeout: Duration,
    /// For how long a stream that broke off is tried again. A minute unless set.
    pub reconnect_for: Duration,
    #[cfg(feature = "tls")]
    pub(crate) tls: Tls,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            token: None,
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            reconnect_for: Duration::from_secs(60),
            #[cfg(feature = "tls")]
            tls: Tls::default(),
        }
    }
}

impl ClientOptions {
    /// With a credential.
    #[must_use]
    pub fn with_token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// With another trust than the system's in servers behind `https://`, or with a certificate to call them with.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// With another deadline for calls that are answered at once.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With another time for a connection to come about.
    #[must_use]
    pub const fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// With another patience for streams that broke off. Zero: none is tried again.
    #[must_use]
    pub const fn with_reconnect_for(mut self, time: Duration) -> Self {
        self.reconnect_for = time;
        self
    }
}

/// A server, as a program calls it. Cloning is cheap and shares the connection, which is made again when it is lost.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    transport: Transport,
    config: ClientConfig,
    options: ClientOptions,
    runtime: RuntimeServiceClient<Transport>,
    admin: AdminServiceClient<Transport>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.0.endpoint).finish_non_exhaustive()
    }
}

impl Client {
    /// Connects to a server that wants no token.
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] where nobody answers.
    pub async fn connect(endpoint: Endpoint) -> Result<Self, Error> {
        Self::connect_with(endpoint, ClientOptions::default()).await
    }

    /// Connects to a server. Whether it accepts the token is told by the first call.
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] where nobody answers; [`ErrorKind::Unauthorised`] where the token cannot be sent.
    pub async fn connect_with(endpoint: Endpoint, options: ClientOptions) -> Result<Self, Error> {
        let mut config = ClientConfig::new(endpoint.uri()).with_default_max_message_size(MAX_MESSAGE);
        if let Some(token) = &options.token {
            let no_header = || Error::new(ErrorKind::Unauthorised, "the token holds what no header can");
            config = config.with_default_header("authorization", token.header().ok_or_else(no_header)?);
        }
        let transport = connect(&endpoint, &options).await.map_err(Error::of_call)?;
        let runtime = RuntimeServiceClient::new(transport.clone(), config.clone());
        let admin = AdminServiceClient::new(transport.clone(), config.clone());
        Ok(Self(Arc::new(Inner { endpoint, transport, config, options, runtime, admin })))
    }

    /// Where the server is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Creates a session: `CreateSessionRequest::default()` is one of the default agent.
    ///
    /// A request without an idempotency key gets one, so that it is safe to repeat when the connection breaks.
    ///
    /// # Errors
    /// As `RuntimeService.CreateSession` says.
    pub async fn create_session(&self, request: CreateSessionRequest) -> Result<Session, Error> {
        Ok(self.session(self.create(request).await?.session_id))
    }

    /// The same, and gives it as it stands, with what it was created with.
    ///
    /// # Errors
    /// As [`create_session`](Self::create_session).
    pub async fn create(&self, mut request: CreateSessionRequest) -> Result<pb::Session, Error> {
        if request.idempotency_key.is_empty() {
            request.idempotency_key = new_key();
        }
        let runtime = self.runtime();
        let created = self
            .call(|options| runtime.create_session_with_options(request.clone(), options), Repeat::Safe)
            .await?
            .into_owned();
        Ok(created.session.into_option().unwrap_or_default())
    }

    /// A session that exists. Nothing is asked of the server.
    pub fn session(&self, id: impl Into<String>) -> Session {
        Session::new(self.clone(), id.into())
    }

    /// Sessions, page by page as they are asked for.
    #[must_use]
    pub fn list(&self, list: SessionList) -> Sessions {
        Sessions::new(self.clone(), list)
    }

    /// Follows sessions, on through connections that are lost.
    ///
    /// # Errors
    /// As `RuntimeService.Subscribe` says.
    pub async fn subscribe(&self, request: SubscribeRequest) -> Result<Subscription, Error> {
        Subscription::start(self.clone(), request).await
    }

    /// What operators ask for.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// Offers tools, and runs their calls until it is detached: over connections that are lost and come back,
    /// without losing or doubling a call.
    ///
    /// # Errors
    /// As `ExtensionService.Attach` says, for the first attachment.
    pub async fn attach(&self, tools: Tools) -> Result<Attachment, Error> {
        Attachment::start(self.clone(), tools).await
    }

    /// One stream of `ExtensionService.Attach`, for what speaks the protocol itself, such as a journal.
    ///
    /// # Errors
    /// Those of the connection; others come with the first message.
    pub async fn open_link(&self) -> Result<Link, Error> {
        let config = self.0.config.clone().with_default_max_message_size(MAX_ATTACHED_MESSAGE);
        let extensions = ExtensionServiceClient::new(self.0.transport.clone(), config);
        let stream = extensions.attach().await.map_err(Error::of_call)?;
        Ok(Link::new(stream))
    }

    /// The generated client of `RuntimeService`, for what this crate has no words for.
    #[must_use]
    pub fn runtime(&self) -> &RuntimeServiceClient<Transport> {
        &self.0.runtime
    }

    /// The generated client of `AdminService`.
    #[must_use]
    pub fn admin_service(&self) -> &AdminServiceClient<Transport> {
        &self.0.admin
    }

    /// What carries the calls.
    #[must_use]
    pub fn transport(&self) -> &Transport {
        &self.0.transport
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    pub(crate) fn options(&self) -> &ClientOptions {
        &self.0.options
    }

    /// A call that is answered at once.
    pub(crate) async fn call<T, F>(&self, call: impl Fn(CallOptions) -> F, repeat: Repeat) -> Result<T, Error>
    where
        F: Future<Output = Result<T, ConnectError>>,
    {
        let options = || CallOptions::default().with_timeout(self.0.options.timeout);
        match call(options()).await {
            // A connection that the server had closed is noticed by whoever uses it next.
            Err(error)
                if repeat == Repeat::Safe
                    && error.code == ErrorCode::Unavailable
                    && error.details.is_empty() =>
            {
                call(options()).await
            }
            answer => answer,
        }
        .map_err(Error::of_call)
    }
}

/// Whether a call may be sent again where nobody knows whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Safe,
    Never,
}

/// A key that makes a call safe to repeat.
pub(crate) fn new_key() -> String {
    Uuid::new_v4().to_string()
}
