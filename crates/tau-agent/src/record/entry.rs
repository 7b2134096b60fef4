//! One exchange on its way to the disk.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use serde_json::{Map, Value};

use super::Recorder;
use crate::request::WireBody;
use crate::transport::{TransportError, WireResponse};

/// One exchange. What is known of it is written when it is dropped, however it ended.
#[derive(Debug)]
pub(super) struct Entry {
    recorder: Recorder,
    request: WireBody,
    response: Map<String, Value>,
    body: Vec<u8>,
}

impl Entry {
    pub(super) fn new(recorder: Recorder, request: WireBody) -> Self {
        let mut response = Map::new();
        // Until something else is known.
        response.insert("broke_off".to_owned(), "the request was given up".into());
        Self { recorder, request, response, body: Vec::new() }
    }

    /// The request did not get through.
    pub(super) fn failed(mut self, error: &TransportError) {
        self.response.insert("broke_off".to_owned(), error.to_string().into());
        let kind = serde_json::to_value(error.kind()).unwrap_or_default();
        self.response.insert("kind".to_owned(), kind);
    }

    /// The answer began; what comes of it is kept while it passes by.
    pub(super) fn began(mut self, mut response: WireResponse) -> WireResponse {
        self.response.insert("status".to_owned(), response.status.into());
        self.response.insert("content_type".to_owned(), response.content_type.clone().into());
        if !response.headers.is_empty() {
            let headers = response.headers.iter().map(|(name, value)| (name.clone(), value.clone().into()));
            self.response.insert("headers".to_owned(), Value::Object(headers.collect()));
        }
        self.response.insert("broke_off".to_owned(), "the client read no further".into());
        response.body = self.tee(response.body);
        response
    }

    fn tee(
        self,
        body: BoxStream<'static, Result<Bytes, TransportError>>,
    ) -> BoxStream<'static, Result<Bytes, TransportError>> {
        stream::unfold((body, self), |(mut body, mut entry)| async move {
            let chunk = body.next().await;
            match &chunk {
                Some(Ok(bytes)) => entry.body.extend_from_slice(bytes),
                Some(Err(error)) => {
                    entry.response.insert("broke_off".to_owned(), error.to_string().into());
                }
                None => {
                    entry.response.remove("broke_off");
                }
            }
            chunk.map(|chunk| (chunk, (body, entry)))
        })
        .boxed()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if self.response.contains_key("status") {
            match std::str::from_utf8(&self.body) {
                Ok(text) => self.response.insert("body".to_owned(), self.recorder.clean_answer(text).into()),
                Err(_) => self.response.insert("body_base64".to_owned(), STANDARD.encode(&self.body).into()),
            };
        }
        let response = std::mem::take(&mut self.response);
        self.recorder.write_exchange(&self.request.to_vec(), response, &self.body);
    }
}
