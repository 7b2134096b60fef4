//! Reading answers: a stream of server-sent events, or one JSON object from a server that does not stream.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;

use super::fold::Fold;
use crate::format::FormatError;
use crate::format::sse::{self, Body, SseEvent};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

/// How long after the finish reason the rest may take, which is the usage and the end marker. Some servers send
/// no end marker and keep the connection open, and the reply is complete without.
const REST: Duration = Duration::from_secs(10);

/// How much of an answer that cannot be read is shown, in bytes.
const SHOWN: usize = 200;

pub(super) fn stream(response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
    let chunks = futures::stream::once(open(response.body)).flatten().boxed();
    let state = Decoder { chunks, fold: Some(Fold::default()), ready: VecDeque::new() };
    futures::stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    })
    .boxed()
}

enum Chunk {
    /// A part of the answer.
    Part(Value),
    /// The server's word that nothing more comes.
    Done,
    /// A sign of life.
    Nothing,
    /// The first half of an event, and the end.
    Half,
}

type Chunks = BoxStream<'static, Result<Chunk, FormatError>>;

/// Tells a stream from a whole object by how it begins: the content type is wrong often enough.
async fn open(mut body: Body) -> Chunks {
    let mut head = Vec::new();
    let first = loop {
        if let Some(first) = first_byte(&head) {
            break first;
        }
        match body.next().await {
            Some(Ok(chunk)) => head.extend_from_slice(&chunk),
            Some(Err(error)) => return futures::stream::iter([Err(error.into())]).boxed(),
            None => return futures::stream::empty().boxed(),
        }
    };
    let body = futures::stream::iter([Ok(Bytes::from(head))]).chain(body).boxed();
    match first {
        // A web page is neither; read as JSON it is shown in the error.
        b'{' | b'[' | b'<' => {
            // The object's end is the end of the answer.
            let end = futures::stream::iter([Ok(Chunk::Done)]);
            futures::stream::once(whole(body)).chain(end).boxed()
        }
        _ => sse::events(body).map(|event| read_event(&event?)).boxed(),
    }
}

/// The first byte that is no blank, behind a byte order mark; `None` when it has not come yet.
fn first_byte(head: &[u8]) -> Option<u8> {
    const MARK: &[u8] = "\u{FEFF}".as_bytes();
    if head.len() < MARK.len() && MARK.starts_with(head) {
        return None;
    }
    let text = head.strip_prefix(MARK).unwrap_or(head);
    text.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

async fn whole(body: Body) -> Result<Chunk, FormatError> {
    let body = body.try_fold(Vec::new(), async |mut body, chunk| {
        body.extend_from_slice(&chunk);
        Ok(body)
    });
    let text = String::from_utf8_lossy(&body.await?).into_owned();
    let data = text.trim_start_matches('\u{FEFF}').trim();
    // A proxy that answers in the server's place may wrap the object in a list.
    let value = match parse(data)? {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        value => value,
    };
    if is_error(&value) {
        return Err(FormatError::Server(data.to_owned()));
    }
    if value["choices"].get(0).is_none() {
        return Err(FormatError::Malformed(format!("no choices in `{}`", shown(data))));
    }
    Ok(Chunk::Part(value))
}

fn read_event(event: &SseEvent) -> Result<Chunk, FormatError> {
    let data = event.data.trim();
    if data == "[DONE]" {
        return Ok(Chunk::Done);
    }
    if data.is_empty() {
        return Ok(Chunk::Nothing);
    }
    if event.name == "error" {
        return Err(FormatError::Server(data.to_owned()));
    }
    match parse(data) {
        Ok(value) if is_error(&value) => Err(FormatError::Server(data.to_owned())),
        Ok(value) => Ok(Chunk::Part(value)),
        Err(_) if event.is_unterminated => Ok(Chunk::Half),
        Err(error) => Err(error),
    }
}

fn parse(data: &str) -> Result<Value, FormatError> {
    serde_json::from_str(data)
        .map_err(|error| FormatError::Malformed(format!("{error} in `{}`", shown(data))))
}

fn shown(data: &str) -> &str {
    &data[..data.floor_char_boundary(SHOWN)]
}

/// Whether a server reports an error, in a field of its own or, as older vLLM does, by the kind of the object.
fn is_error(value: &Value) -> bool {
    let reported = match &value["error"] {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    reported || value["object"] == "error"
}

struct Decoder {
    chunks: Chunks,
    /// The reply so far; taken when it is complete.
    fold: Option<Fold>,
    ready: VecDeque<StreamEvent>,
}

impl Decoder {
    async fn next(&mut self) -> Option<Result<StreamEvent, FormatError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let fold = self.fold.as_mut()?;
            let is_finished = fold.is_finished();
            let chunk = if is_finished {
                tokio::time::timeout(REST, self.chunks.next()).await.unwrap_or(None)
            } else {
                self.chunks.next().await
            };
            match chunk {
                Some(Ok(Chunk::Part(value))) => self.ready.extend(fold.push(&value)),
                Some(Ok(Chunk::Nothing)) => {}
                // Usage follows the finish reason in a chunk of its own, so the end is `[DONE]`; servers that
                // send none end with the stream, and then only a finish reason makes the reply complete.
                Some(Ok(Chunk::Done)) if !fold.is_empty() => return self.complete(),
                // Whatever comes after the finish reason cannot take the reply back.
                Some(Ok(Chunk::Done | Chunk::Half) | Err(_)) | None if is_finished => return self.complete(),
                Some(Ok(Chunk::Done | Chunk::Half)) | None => {
                    self.fold = None;
                    return None;
                }
                Some(Err(error)) => {
                    self.fold = None;
                    return Some(Err(error));
                }
            }
        }
    }

    fn complete(&mut self) -> Option<Result<StreamEvent, FormatError>> {
        let fold = self.fold.take()?;
        Some(Ok(StreamEvent::Completed(fold.finish())))
    }
}
