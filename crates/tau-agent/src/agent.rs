//! An agent: a model at a provider, ready to be asked.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use tau_core::config::{Config, ConfigError, Merge, ModelOptions, ProviderConfig, ResolvedModel};
use tau_core::{ChatResponse, Model, Secret};
use url::Url;

use crate::attempt::{self, Choice};
use crate::error::{AgentError, Endpoint};
use crate::exchange::Exchange;
use crate::format;
use crate::limits::Limits;
use crate::record::Recorder;
use crate::request::{ChatRequest, WireCache};
use crate::stream::{ChatStream, StreamEvent};
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
    base_url: Url,
    headers: Vec<(String, Secret)>,
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
    /// The key is sent as the format wants it. Only `api_key` is read: whoever loads the configuration puts the
    /// content of `api_key_env` or `api_key_file` there.
    ///
    /// # Errors
    /// When the format is unknown, the address is none, or TLS cannot be set up.
    pub fn new(resolved: &ResolvedModel) -> Result<Self, AgentSetupError> {
        Self::with_limits(resolved, &Limits::new())
    }

    /// As [`new`](Self::new), keeping limits together with every other agent that was given the same ones.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn with_limits(resolved: &ResolvedModel, limits: &Limits) -> Result<Self, AgentSetupError> {
        let base = base_url(resolved)?;
        let transport = HttpTransport::new(&base, &resolved.provider.client)?;
        let agent = Self::build(resolved, Arc::new(transport), limits)?;
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

    /// An agent whose requests go through a transport of the caller's.
    ///
    /// # Errors
    /// When the format is unknown or the address is none.
    pub fn with_transport(
        resolved: &ResolvedModel,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, AgentSetupError> {
        Self::build(resolved, transport, &Limits::new())
    }

    fn build(
        resolved: &ResolvedModel,
        transport: Arc<dyn Transport>,
        limits: &Limits,
    ) -> Result<Self, AgentSetupError> {
        let format = format::by_name(resolved.provider.format())?;
        let base_url = base_url(resolved)?;
        let mut headers: Vec<(String, Secret)> =
            resolved.provider.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        if let Some(key) = &resolved.provider.api_key {
            headers.push(format.auth_header(key));
        }
        let endpoint = Endpoint::new(&resolved.provider_name, &resolved.model.name, &base_url);
        let (model, options) = (resolved.model.clone(), resolved.options.clone());
        let client = resolved.provider.client.clone();
        let secrets = secrets(&resolved.provider, &base_url);
        let limits = limits.of(&resolved.provider_name, &base_url, &client);
        let exchange = Arc::new(Exchange { client, format, endpoint, transport, secrets, limits });
        let inner =
            Inner { model, options, base_url, headers, exchange, fallbacks: Vec::new(), recorder: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// An agent whose model is a recording. It is the model that was recorded, under the name it had.
    ///
    /// # Errors
    /// When the recording is of a format this version does not know.
    pub fn replay(transport: Arc<ReplayTransport>) -> Result<Self, AgentSetupError> {
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
        let mut request = WireRequest::get(inner.exchange.format.models_url(&inner.base_url));
        request.headers.clone_from(&inner.headers);
        let body = inner.exchange.fetch(request).await?;
        inner.exchange.format.decode_models(&body).map_err(|error| inner.exchange.format_error(error))
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
            choices.push_back(agent.choice(&without_options, cache));
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
        let body = inner.exchange.format.encode_chat(&inner.model, &options, request, cache);
        let mut wire = WireRequest::post(inner.exchange.format.chat_url(&inner.base_url), body);
        wire.headers.clone_from(&inner.headers);
        Choice { exchange: Arc::clone(&inner.exchange), request: wire }
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

/// Everything that must not show, should a server repeat it in what it says.
fn secrets(provider: &ProviderConfig, base_url: &Url) -> Vec<Secret> {
    /// Shorter texts are words of everyday, and taking them out would garble the error.
    const SHORTEST: usize = 6;
    let headers = provider.headers.values().flat_map(|value| value.expose().split_whitespace());
    let key = provider.api_key.iter().map(Secret::expose);
    let address = [base_url.username(), base_url.password().unwrap_or_default()];
    let query: Vec<String> = base_url.query_pairs().map(|(_, value)| value.into_owned()).collect();
    let texts = headers.chain(key).chain(address).chain(query.iter().map(String::as_str));
    texts.filter(|text| text.len() >= SHORTEST).map(Secret::new).collect()
}

fn base_url(resolved: &ResolvedModel) -> Result<Url, ConfigError> {
    resolved.provider.base_url(&format!("providers.{}", resolved.provider_name))
}

/// An agent could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentSetupError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The wire format is unknown.
    #[error(transparent)]
    Format(#[from] format::UnknownFormat),
    /// TLS could not be set up.
    #[error("the HTTP client could not be set up: {0}")]
    Transport(#[from] TransportError),
}
