//! Reading answers: a stream of server-sent events, or one JSON object from a server that does not stream.

use std::collections::VecDeque;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use sseer::EventStream;
use sseer::errors::EventStreamError;

use super::fold::Fold;
use crate::format::FormatError;
use crate::stream::StreamEvent;
use crate::transport::{TransportError, WireResponse};

pub(super) fn stream(response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
    let chunks: BoxStream<'static, Result<Chunk, FormatError>> = if response.content_type.contains("json") {
        futures::stream::once(whole(response)).boxed()
    } else {
        EventStream::new(response.body).map(read_event).boxed()
    };
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
}

async fn whole(response: WireResponse) -> Result<Chunk, FormatError> {
    let body = response.body.try_fold(Vec::new(), async |mut body, chunk| {
        body.extend_from_slice(&chunk);
        Ok(body)
    });
    read_chunk(&String::from_utf8_lossy(&body.await?))
}

fn read_event(
    event: Result<sseer::event::Event, EventStreamError<TransportError>>,
) -> Result<Chunk, FormatError> {
    match event {
        Ok(event) => read_chunk(&event.data),
        Err(EventStreamError::Transport(error)) => Err(FormatError::Transport(error)),
        Err(error) => Err(FormatError::Malformed(error.to_string())),
    }
}

fn read_chunk(data: &str) -> Result<Chunk, FormatError> {
    let data = data.trim();
    if data == "[DONE]" {
        return Ok(Chunk::Done);
    }
    let value: Value = serde_json::from_str(data).map_err(|error| {
        let shown = &data[..data.floor_char_boundary(200)];
        FormatError::Malformed(format!("{error} in `{shown}`"))
    })?;
    match value.get("error") {
        None | Some(Value::Null) => Ok(Chunk::Part(value)),
        Some(_) => Err(FormatError::Server(data.to_owned())),
    }
}

struct Decoder {
    chunks: BoxStream<'static, Result<Chunk, FormatError>>,
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
            match self.chunks.next().await {
                Some(Ok(Chunk::Part(value))) => self.ready.extend(fold.push(&value)),
                // Usage follows the finish reason in a chunk of its own, so the end is `[DONE]`; servers that
                // send none end with the stream, and then only a finish reason makes the reply complete.
                Some(Ok(Chunk::Done)) if fold.is_finished() || !fold.is_empty() => return self.complete(),
                None if fold.is_finished() => return self.complete(),
                Some(Ok(Chunk::Done)) | None => {
                    self.fold = None;
                    return None;
                }
                // What the server says after it finished cannot take the reply back.
                Some(Err(FormatError::Transport(_))) if fold.is_finished() => return self.complete(),
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
