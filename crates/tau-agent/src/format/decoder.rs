//! Reading answers: what every format has in common.
//!
//! A format folds the parts of an answer into the reply. Here the bytes become parts, whether the server streams
//! or sends one object, and the end of the answer is told from its breaking off.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use serde_json::Value;
use tau_core::ChatResponse;
use tokio::time::Instant;

use super::FormatError;
use super::json::{raw_items, shown};
use super::ndjson;
use super::sse::{self, Body, SseEvent};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

/// How long after the reply is complete the rest may take, which is the usage and the end marker. Some servers send
/// no end marker and keep the connection open.
const REST: Duration = Duration::from_secs(10);

/// How the parts of a streamed answer are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON object on each line.
    Lines,
    /// Frames of Amazon's event streams.
    #[cfg(feature = "bedrock")]
    Binary,
}

/// A part of an answer: one event, one line, or the whole of it.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// The JSON as it came.
    pub(super) text: &'a str,
    /// The JSON.
    pub(super) value: &'a Value,
}

/// How far a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More must come, or the answer broke off.
    Open,
    /// The server said that the reply is complete, and may still say what it cost.
    Ending,
    /// Nothing more comes.
    Complete,
}

/// Parts of an answer, folded into the reply.
pub(super) trait Fold: Default + Send + 'static {
    /// How the format streams.
    const FRAMING: Framing = Framing::Events;

    /// Takes a part of a stream in and adds the events it makes.
    ///
    /// # Errors
    /// When the server reports that it failed.
    fn push(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError>;

    /// Takes a whole answer in, of a server that does not stream.
    ///
    /// # Errors
    /// When it is no answer of the format, or an error.
    fn push_whole(&mut self, part: &Part<'_>, events: &mut VecDeque<StreamEvent>) -> Result<(), FormatError>;

    /// Takes in that the stream is over, by an end marker outside of the format's own parts.
    fn push_end(&mut self) {}

    /// How far the reply is.
    fn progress(&self) -> Progress;

    /// The whole reply.
    fn finish(self) -> ChatResponse;
}

/// Reads an answer with a fold.
pub(super) fn decode<F: Fold>(
    response: WireResponse,
) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
    let frames = futures::stream::once(open(response.body, F::FRAMING)).flatten().boxed();
    let state = Decoder { frames, fold: Some(F::default()), ready: VecDeque::new(), rest_by: None };
    futures::stream::unfold(state, |mut state| async move {
        let item = state.next().await?;
        Some((item, state))
    })
    .boxed()
}

enum Frame {
    /// A part of a stream.
    Part(String, Value),
    /// A whole answer, or one of the parts a server sent as a list.
    Whole(String, Value),
    /// The server's word that nothing more comes.
    End,
    /// A sign of life.
    Nothing,
    /// The first half of an event, and the end.
    Half,
}

type Frames = BoxStream<'static, Result<Frame, FormatError>>;

/// Tells a stream from a whole object by how it begins: the content type is wrong often enough.
async fn open(mut body: Body, framing: Framing) -> Frames {
    let (mut head, mut searched) = (Vec::new(), 0);
    let first = loop {
        if let Some(first) = first_byte(&head, searched) {
            break first;
        }
        searched = head.len();
        match body.next().await {
            Some(Ok(chunk)) => head.extend_from_slice(&chunk),
            Some(Err(error)) => return futures::stream::iter([Err(error.into())]).boxed(),
            None => return futures::stream::empty().boxed(),
        }
    };
    let body = futures::stream::iter([Ok(Bytes::from(head))]).chain(body).boxed();
    match (first, framing) {
        (b'{', Framing::Lines) => lines(body),
        // A frame begins with its length, whose first byte is zero.
        #[cfg(feature = "bedrock")]
        (0, Framing::Binary) => super::eventstream::events(body)
            .map(|event| {
                let text = event?;
                let value = parse(&text)?;
                Ok(Frame::Part(text, value))
            })
            .boxed(),
        // A web page is neither; read as JSON it is shown in the error.
        (b'{' | b'[' | b'<', _) => whole(body),
        _ => sse::events(body).map(|event| read_event(event?)).boxed(),
    }
}

/// The first byte that is no blank, behind a byte order mark; `None` when it has not come yet. So many bytes were searched
/// before.
fn first_byte(head: &[u8], searched: usize) -> Option<u8> {
    const MARK: &[u8] = "\u{FEFF}".as_bytes();
    if head.len() < MARK.len() && MARK.starts_with(head) {
        return None;
    }
    let behind_mark = if head.starts_with(MARK) { MARK.len() } else { 0 };
    let start = if searched < MARK.len() { behind_mark } else { searched };
    head[start..].iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

/// The whole object and the end of it, which is the end of the answer.
fn whole(body: Body) -> Frames {
    let frames = async move {
        let body = body.try_fold(Vec::new(), async |mut body, chunk| {
            body.extend_from_slice(&chunk);
            Ok(body)
        });
        match body.await {
            Ok(body) => read_whole(&body).unwrap_or_else(|error| vec![Err(error)]),
            Err(error) => vec![Err(error.into())],
        }
    };
    futures::stream::once(frames).flat_map(futures::stream::iter).boxed()
}

fn read_whole(body: &[u8]) -> Result<Vec<Result<Frame, FormatError>>, FormatError> {
    let text = String::from_utf8_lossy(body);
    let data = text.trim_start_matches('\u{FEFF}').trim();
    let mut frames = Vec::new();
    match parse(data)? {
        // A proxy that answers in the server's place may wrap the object in a list, and some servers send the parts
        // of a stream as one.
        Value::Array(values) if !values.is_empty() => {
            for (value, text) in values.into_iter().zip(raw_items(data)) {
                frames
                    .push(checked(value, text.get()).map(|value| Frame::Whole(text.get().to_owned(), value)));
            }
        }
        value => frames.push(checked(value, data).map(|value| Frame::Whole(data.to_owned(), value))),
    }
    frames.push(Ok(Frame::End));
    Ok(frames)
}

/// Lines that are objects; when the first is none, the object may have been written over several.
fn lines(body: Body) -> Frames {
    let lines = ndjson::lines(body).boxed();
    futures::stream::unfold((lines, true), |(mut lines, is_first)| async move {
        let line = match lines.next().await? {
            Ok(line) => line,
            Err(error) => return Some((vec![Err(error)], (lines, false))),
        };
        let frames = match serde_json::from_str(&line) {
            Ok(value) => vec![checked(value, &line).map(|value| Frame::Part(line, value))],
            Err(_) if is_first => {
                let mut text = line;
                while let Some(Ok(line)) = lines.next().await {
                    text.push('\n');
                    text.push_str(&line);
                }
                read_whole(text.as_bytes()).unwrap_or_else(|error| vec![Err(error)])
            }
            Err(error) => match lines.next().await {
                Some(_) => vec![Err(malformed(&error, &line))],
                None => vec![Ok(Frame::Half)],
            },
        };
        Some((frames, (lines, false)))
    })
    .flat_map(futures::stream::iter)
    .boxed()
}

fn read_event(event: SseEvent) -> Result<Frame, FormatError> {
    let data = event.data.trim();
    if data == "[DONE]" {
        return Ok(Frame::End);
    }
    if data.is_empty() {
        return Ok(Frame::Nothing);
    }
    if event.is_error {
        return Err(FormatError::Server(data.to_owned()));
    }
    match parse(data) {
        Ok(value) => {
            let value = checked(value, data)?;
            let is_all = data.len() == event.data.len();
            Ok(Frame::Part(if is_all { event.data } else { data.to_owned() }, value))
        }
        Err(_) if event.is_unterminated => Ok(Frame::Half),
        Err(error) => Err(error),
    }
}

fn parse(data: &str) -> Result<Value, FormatError> {
    serde_json::from_str(data).map_err(|error| malformed(&error, data))
}

fn malformed(error: &serde_json::Error, data: &str) -> FormatError {
    FormatError::Malformed(format!("{error} in `{}`", shown(data)))
}

/// Whether a field for errors holds one.
pub(super) fn is_error(field: &Value) -> bool {
    match field {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

/// The value, unless a server reports an error: in a field of its own or, as older vLLM does, by the kind of the object.
fn checked(value: Value, text: &str) -> Result<Value, FormatError> {
    if is_error(&value["error"]) || value["object"] == "error" || value["type"] == "error" {
        return Err(FormatError::Server(text.to_owned()));
    }
    Ok(value)
}

struct Decoder<F> {
    frames: Frames,
    /// The reply so far; taken when it is complete.
    fold: Option<F>,
    ready: VecDeque<StreamEvent>,
    /// Until when the rest is waited for, from the last words on, whatever keeps the connection alive.
    rest_by: Option<Instant>,
}

impl<F: Fold> Decoder<F> {
    async fn next(&mut self) -> Option<Result<StreamEvent, FormatError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            let fold = self.fold.as_mut()?;
            let frame = match fold.progress() {
                Progress::Complete => return self.complete(),
                Progress::Ending => {
                    let by = *self.rest_by.get_or_insert_with(|| Instant::now() + REST);
                    tokio::time::timeout_at(by, self.frames.next()).await.unwrap_or(None)
                }
                Progress::Open => self.frames.next().await,
            };
            let was_complete = fold.progress() == Progress::Ending;
            let pushed = match frame {
                Some(Ok(Frame::Part(text, value))) => {
                    fold.push(&Part { text: &text, value: &value }, &mut self.ready)
                }
                Some(Ok(Frame::Whole(text, value))) => {
                    fold.push_whole(&Part { text: &text, value: &value }, &mut self.ready)
                }
                Some(Ok(Frame::Nothing)) => Ok(()),
                Some(Ok(Frame::End)) => {
                    fold.push_end();
                    if fold.progress() != Progress::Open {
                        return self.complete();
                    }
                    self.fold = None;
                    return None;
                }
                // Whatever comes after the reply's end cannot take it back.
                Some(Ok(Frame::Half) | Err(_)) | None if was_complete => return self.complete(),
                Some(Ok(Frame::Half)) | None => {
                    self.fold = None;
                    return None;
                }
                Some(Err(error)) => Err(error),
            };
            if let Err(error) = pushed {
                if was_complete {
                    return self.complete();
                }
                self.fold = None;
                return Some(Err(error));
            }
            // What still comes with words is the reply, not its rest: Gemini says that it stops for each round of its own
            // tools, and some gateways do in every part.
            if !self.ready.is_empty() {
                self.rest_by = None;
            }
        }
    }

    fn complete(&mut self) -> Option<Result<StreamEvent, FormatError>> {
        let fold = self.fold.take()?;
        Some(Ok(StreamEvent::Completed(fold.finish())))
    }
}
