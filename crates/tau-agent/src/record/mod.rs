//! Recording a model: what it was asked and what it answered, without credentials, as it happens.
//!
//! A recording plays on any machine with [`ReplayTransport`](crate::transport::ReplayTransport), so it can go with the report
//! of a fault. What is in it is described there. Headers of requests and addresses are not written at all. Credentials
//! that are known, and words that look like one, are taken out of everything else, also where a model streams them in
//! pieces; what a program printed besides is in it, so look before you send one to somebody.

mod entry;
mod scrub;
mod secrets;

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tau_core::{ContentBlock, Message, Role, Secret};

use crate::secrets::Secrets;
use crate::transport::{Transport, TransportError, WireRequest, WireResponse, appended};
use entry::Entry;
use secrets::SecretFinder;

/// Writes down every exchange of the agents it is given to. Cheap to clone; clones write to the same place.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    sink: Box<dyn Write + Send>,
    finder: SecretFinder,
    /// Those of the agents, which get more when tokens are renewed.
    shared: Vec<Secrets>,
    /// Texts that differ from machine to machine.
    varying: Vec<String>,
    /// The request before, as it was written.
    before: Option<Value>,
    /// Results of tools that the next request is the first to hold.
    results: Vec<Value>,
    has_header: bool,
    /// What went wrong, until somebody asks.
    failed: Option<io::Error>,
    /// Whether anything did: a recording with a gap is none.
    is_broken: bool,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

impl Recorder {
    /// A recorder that writes to `sink`, each exchange when it is over.
    pub fn new(sink: impl Write + Send + 'static) -> Self {
        let inner = Inner {
            sink: Box::new(sink),
            finder: SecretFinder::default(),
            shared: Vec::new(),
            varying: Vec::new(),
            before: None,
            results: Vec::new(),
            has_header: false,
            failed: None,
            is_broken: false,
        };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }

    /// The same recorder, which writes none of these besides those of the agents it is given to.
    #[must_use]
    pub fn without(self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.lock().finder.add(secrets);
        self
    }

    /// The same recorder, for which these texts of requests may be others in a replay: folders, names of machines.
    #[must_use]
    pub fn varying(self, texts: impl IntoIterator<Item = String>) -> Self {
        self.lock().varying.extend(texts.into_iter().filter(|text| text.len() > 1));
        self
    }

    /// What went wrong when it was written, the first time something did.
    ///
    /// # Errors
    /// When something did; what follows was not written.
    pub fn check(&self) -> io::Result<()> {
        self.lock().failed.take().map_or(Ok(()), Err)
    }

    /// With every credential that is known by now.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<Secret> = inner.shared.iter().flat_map(Secrets::all).collect();
        inner.finder.add(known);
        inner
    }

    /// Takes note of what a request is about: whose it is, and what is new in it.
    pub(crate) fn note(&self, format: &str, model: &str, messages: &[Arc<Message>]) {
        let mut inner = self.lock();
        if !std::mem::replace(&mut inner.has_header, true) {
            let prompt = messages.iter().rev().find(|message| message.role == Role::User);
            let prompt = prompt.map(|message| message.text()).unwrap_or_default();
            let mut header = json!({
                "tau_recording": 1, "format": format, "model": model, "prompt": prompt,
                "recorded_by": concat!("tau ", env!("CARGO_PKG_VERSION")),
            });
            scrub::value(&mut header, &inner.finder);
            inner.write(&header);
        }
        let newest = messages.iter().rev().take_while(|message| message.role != Role::Assistant);
        let results = newest.flat_map(|message| message.content.iter()).filter_map(|block| match block {
            ContentBlock::ToolResult(result) => serde_json::to_value(result).ok(),
            _ => None,
        });
        // Those of others who are recorded beside it wait too.
        for result in results {
            if !inner.results.contains(&result) {
                inner.results.push(result);
            }
        }
    }

    /// A transport whose exchanges are written down.
    pub(crate) fn around(&self, transport: Arc<dyn Transport>, secrets: &Secrets) -> Arc<dyn Transport> {
        self.lock().shared.push(secrets.clone());
        Arc::new(RecordingTransport { recorder: self.clone(), transport })
    }

    fn clean_answer(&self, text: &str) -> String {
        scrub::answer(text, &self.lock().finder)
    }

    fn write_exchange(&self, request: &[u8], mut response: Map<String, Value>, body: &[u8]) {
        let mut inner = self.lock();
        if response.contains_key("body_base64")
            && scrub::holds_credential(&String::from_utf8_lossy(body), &inner.finder)
        {
            response.remove("body_base64");
            response
                .insert("broke_off".to_owned(), "left out of the recording: it holds a credential".into());
        }
        let mut request: Value = serde_json::from_slice(request).unwrap_or_default();
        scrub::request(&mut request, &inner.finder, &inner.varying);
        let results = std::mem::take(&mut inner.results);
        if !results.is_empty() {
            let mut results = Value::Array(results);
            scrub::value(&mut results, &inner.finder);
            inner.write(&json!({ "results": results }));
        }
        let added = inner.before.as_ref().and_then(|before| appended(before, &request));
        match added {
            Some(added) => inner.write(&json!({ "append": added })),
            None => inner.write(&json!({ "request": request })),
        }
        inner.before = Some(request);
        let mut response = Value::Object(response);
        scrub::value(&mut response, &inner.finder);
        inner.write(&json!({ "response": response }));
        let flushed = inner.sink.flush();
        inner.keep(flushed);
    }
}

impl Inner {
    fn write(&mut self, value: &Value) {
        if !self.is_broken {
            let line = scrub::line(format!("{value}\n"), &self.finder);
            let written = self.sink.write_all(line.as_bytes());
            self.keep(written);
        }
    }

    fn keep(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.is_broken = true;
            self.failed.get_or_insert(error);
        }
    }
}

/// A transport whose exchanges are written down.
#[derive(Debug)]
struct RecordingTransport {
    recorder: Recorder,
    transport: Arc<dyn Transport>,
}

impl Transport for RecordingTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let entry = Entry::new(self.recorder.clone(), request.body.clone());
        let sent = self.transport.send(request);
        async move {
            match sent.await {
                Ok(response) => Ok(entry.began(response)),
                Err(error) => {
                    entry.failed(&error);
                    Err(error)
                }
            }
        }
        .boxed()
    }
}
