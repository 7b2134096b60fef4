//! An agent: a model at a provider, ready to be asked.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use tau_core::config::{Config, ConfigError, Merge, ModelOptions, ProviderConfig, ResolvedModel};
use tau_core::{ChatResponse, Model, Secret};
use url::Url;

use crate::attempt::{self, Choice, Price};
use crate::error::{AgentError, Endpoint};
use crate::exchange::Exchange;
use crate::format::{self, Ask};
use crate::images;
use crate::limits::Limits;
use crate::provider::{Authorized, CredentialSource, Provider};
use crate::record::Recorder;
use crate::request::{ChatRequest, WireCache};
use crate::secrets::Secrets;
use crate::stream::{ChatStream, StreamEvent};
use crate::target::Target;
use crate::transport::{HttpTransport, ReplayTransport, Transport, TransportError, WireRequest};

/// A model at a provider: format, address, credential, options and retries. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Agent {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    model: Model,
    options: ModelOptions,
    target: Target,
    exchange: Arc<Exchange>,
    /// The agents asked in its place while it does not answer, in order.
    fallbacks: Vec<Agent>,
    recorder: Option<Recorder>,
}

/// The address and the headers stay out of it: they may hold secrets, and the endpoint says where.
impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("model", &self.model)
            .field("options", &self.options)
            .field("exchange", &self.exchange)
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// An agent that speaks HTTP with the provider of a resolved model.
    ///
    /// The key is sent as the provider or the format wants it. Only `api_key` is read: whoever loads the configuration
    /// puts the content of `api_key_env` or `api_key_file` there.
    ///
    /// # Errors
    /// When the kind or the format is unknown, the address is none, or TLS cannot be set up.
    pub fn new(resolved: &ResolvedModel) -> Result<Self, AgentSetupError> {
        Self::with_limits(resolved, &Limits::new())
    }

    /// As [`new`](Self::new), keeping limits together with every other agent that was given the same ones.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_limits(resolved: &ResolvedModel, limits: &Limits) -> Result<Self, AgentSetupError> {
        let base = Target::base_url(resolved)?;
        let transport = HttpTransport::new(&base, &resolved.provider.client)?;
        let agent = Self::build(resolved, Target::new(resolved)?, Arc::new(transport), limits);
        let fallbacks = resolved.fallbacks.iter().map(|fallback| Self::with_limits(fallback, limits));
        Ok(agent.with_fallbacks(fallbacks.collect::<Result<_, _>>()?))
    }

    /// The same agent with others that are asked in its place, in order, while it cannot be reached, fails, is over its
    /// limits or takes too long for its first word. Each is asked with its own options; fallbacks of theirs do not count.
    #[must_use]
    pub fn with_fallbacks(self, fallbacks: Vec<Self>) -> Self {
        Self { inner: Arc::new(Inner { fallbacks, ..(*self.inner).clone() }) }
    }

    /// The same agent whose exchanges are written down. Fallbacks are not asked then: a recording is of one model.
    #[must_use]
    pub fn with_recorder(self, recorder: Recorder) -> Self {
        let exchange = &*self.inner.exchange;
        let transport = recorder.around(Arc::clone(&exchange.transport), &exchange.secrets);
        let exchange = Arc::new(Exchange { transport, ..exchange.clone() });
        let recorder = Some(recorder);
        Self { inner: Arc::new(Inner { exchange, recorder, fallbacks: Vec::new(), ..(*self.inner).clone() }) }
    }

    /// The same with a token in place of a key and without the fallbacks, which have keys of their own. The token is
    /// asked for when the first request is sent, and again when it ends or is refused.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_credentials(
        resolved: &ResolvedModel,
        source: Arc<dyn CredentialSource>,
        limits: &Limits,
    ) -> Result<Self, AgentSetupError> {
        let base = Target::base_url(resolved)?;
        let http = Arc::new(HttpTransport::new(&base, &resolved.provider.client)?);
        let secrets = secrets(&resolved.provider, &base);
        let transport = Authorized::new(http, source, resolved.provider.token.refresh(), secrets.clone());
        let target = Target::new(resolved)?;
        Ok(Self::build_with(resolved, target, Arc::new(transport), limits, secrets))
    }

    /// An agent whose requests go through a transport of the caller's.
    ///
    /// # Errors
    /// When the format is unknown or the address is none.
    pub fn with_transport(
        resolved: &ResolvedModel,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, AgentSetupError> {
        Ok(Self::build(resolved, Target::new(resolved)?, transport, &Limits::new()))
    }

    /// An agent at a provider of the caller's, in place of the kind that is configured.
    ///
    /// # Errors
    /// When the format is unknown or the address is none.
    pub fn with_provider(
        resolved: &ResolvedModel,
        provider: &dyn Provider,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, AgentSetupError> {
        Ok(Self::build(resolved, Target::at(resolved, provider)?, transport, &Limits::new()))
    }

    fn build(
        resolved: &ResolvedModel,
        target: Target,
        transport: Arc<dyn Transport>,
        limits: &Limits,
    ) -> Self {
        let secrets = secrets(&resolved.provider, &target.base);
        Self::build_with(resolved, target, transport, limits, secrets)
    }

    fn build_with(
        resolved: &ResolvedModel,
        target: Target,
        transport: Arc<dyn Transport>,
        limits: &Limits,
        secrets: Secrets,
    ) -> Self {
        let format = target.format;
        let base_url = target.base.clone();
        let endpoint = Endpoint::new(&resolved.provider_name, &resolved.model.name, &base_url);
        let (model, options) = (resolved.model.clone(), resolved.options.clone());
        let client = resolved.provider.client.clone();
        let limits = limits.of(&resolved.provider_name, &base_url, &client);
        let exchange = Arc::new(Exchange { client, format, endpoint, transport, secrets, limits });
        let inner = Inner { model, options, target, exchange, fallbacks: Vec::new(), recorder: None };
        Self { inner: Arc::new(inner) }
    }

    /// An agent whose model is a recording. It is the model that was recorded, under the name it had.
    ///
    /// # Errors
    /// When the recording is of a format this version does not know.
    pub fn replay(transport: Arc<ReplayTransport>) -> Result<Self, AgentSetupError> {
        format::by_name(transport.recording().format())?;
        let mut config = Config::default();
        let mut provider = ProviderConfig::new("http://replay.invalid/v1");
        provider.format = Some(transport.recording().format().to_owned());
        config.providers.insert("replay".to_owned(), provider);
        let resolved = config.resolve(&format!("replay/{}", transport.recording().model()))?;
        Self::with_transport(&resolved, transport)
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.inner.model
    }

    /// How the model is asked where a request does not say.
    #[must_use]
    pub fn options(&self) -> &ModelOptions {
        &self.inner.options
    }

    /// The wire format it speaks.
    #[must_use]
    pub fn format(&self) -> &'static str {
        self.inner.exchange.format.name()
    }

    /// The name of its provider in the configuration.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.inner.exchange.endpoint.provider
    }

    pub(crate) fn interrupted(&self) -> AgentError {
        self.inner.exchange.interrupted()
    }

    /// The models that the provider says it has, in the order it names them. Asked once, without retries.
    ///
    /// # Errors
    /// When the server cannot be asked, or answers with something else.
    pub async fn list_models(&self) -> Result<Vec<String>, AgentError> {
        let inner = &self.inner;
        let mut request = WireRequest::get(inner.target.models_url.clone());
        request.headers.clone_from(&inner.target.headers);
        let body = inner.exchange.fetch(request).await?;
        inner.target.format.decode_models(&body).map_err(|error| inner.exchange.format_error(error))
    }

    /// Asks the model and gives its answer as it comes.
    ///
    /// The request is encoded here and now; it is sent when the stream is first polled. It is tried again as the
    /// client's configuration says, but only while nothing of an answer has come.
    pub fn stream(&self, request: ChatRequest<'_>, cache: &mut WireCache) -> ChatStream {
        let mut choices = VecDeque::from([self.choice(&request, cache)]);
        let without_options = ChatRequest { options: None, ..request };
        let fallbacks = &self.inner.fallbacks;
        for (agent, cache) in fallbacks.iter().zip(cache.fallbacks(fallbacks.len())) {
            let price = Price::Own(agent.inner.model.prices.clone());
            choices.push_back(Choice { price, ..agent.choice(&without_options, cache) });
        }
        Box::pin(attempt::answer(choices))
    }

    /// The request as this model is asked it.
    fn choice(&self, request: &ChatRequest<'_>, cache: &mut WireCache) -> Choice {
        let inner = &self.inner;
        if let Some(recorder) = &inner.recorder {
            recorder.note(inner.exchange.format.name(), &inner.model.name, request.messages);
        }
        let options = match request.options {
            Some(over) => inner.options.clone().merge(over.clone()),
            None => inner.options.clone(),
        };
        let refusal = images::refusal(request.messages, &inner.target.images)
            .map(|problem| AgentError::unsendable(&inner.exchange.endpoint, problem));
        let fitted = cache.fitted(request.messages, &inner.target.images);
        let request = &ChatRequest { messages: fitted.as_deref().unwrap_or(request.messages), ..*request };
        let ask = Ask::new(&inner.model, &options, &inner.target.quirks, request);
        let body = inner.target.format.encode_chat(&ask, cache);
        let mut wire = WireRequest::post(inner.target.chat_url.clone(), body);
        wire.headers.clone_from(&inner.target.headers);
        Choice { exchange: Arc::clone(&inner.exchange), request: wire, refusal, price: Price::Asked }
    }

    /// What else is needed to ask something.
    pub(crate) fn parts(&self) -> (&Target, &Arc<Exchange>) {
        (&self.inner.target, &self.inner.exchange)
    }

    /// Asks the model and waits for its whole answer.
    ///
    /// # Errors
    /// When the model cannot be asked or its answer breaks off.
    pub async fn chat(
        &self,
        request: ChatRequest<'_>,
        cache: &mut WireCache,
    ) -> Result<ChatResponse, AgentError> {
        let mut stream = self.stream(request, cache);
        while let Some(event) = stream.next().await {
            if let StreamEvent::Completed(response) = event? {
                return Ok(response);
            }
        }
        Err(self.inner.exchange.interrupted())
    }
}

/// Everything of the configuration that must not show.
fn secrets(provider: &ProviderConfig, base_url: &Url) -> Secrets {
    let headers = provider.headers.values().flat_map(|value| value.expose().split_whitespace());
    let key = provider.api_key.iter().map(Secret::expose);
    let address = [base_url.username(), base_url.password().unwrap_or_default()];
    // A version is known to everybody, and errors are about it often.
    let query = base_url.query_pairs().filter(|(name, _)| name != "api-version");
    let query: Vec<String> = query.map(|(_, value)| value.into_owned()).collect();
    Secrets::new(headers.chain(key).chain(address).chain(query.iter().map(String::as_str)))
}

/// An agent could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentSetupError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The wire format of a recording is unknown.
    #[error(transparent)]
    Format(#[from] format::UnknownFormat),
    /// TLS could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Transport(#[from] TransportError),
}
