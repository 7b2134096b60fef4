//! Server-sent events out of an answer's bytes, whatever is wrong with the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use sseer::EventStream;
use sseer::errors::EventStreamError;
use sseer::event::Event;

use super::FormatError;
use crate::transport::TransportError;

/// The bytes of an answer.
pub(super) type Body = BoxStream<'static, Result<Bytes, TransportError>>;

/// One event.
pub(super) struct SseEvent {
    /// Whether it is named as an error. Other names say nothing that the data does not.
    pub(super) is_error: bool,
    /// Its data, lines joined.
    pub(super) data: String,
    /// Whether the answer ended before the event's blank line did, so that it may be the half of one.
    pub(super) is_unterminated: bool,
}

/// The events of an answer. An event that the answer's end cuts off is given too, and marked.
pub(super) fn events(body: Body) -> impl Stream<Item = Result<SseEvent, FormatError>> + Send {
    let ended = Arc::new(AtomicBool::new(false));
    let at_end = Arc::clone(&ended);
    let end = futures::stream::once(async move {
        at_end.store(true, Ordering::Relaxed);
        Ok(Bytes::from_static(b"\n\n"))
    });
    EventStream::new(valid_utf8(body).chain(end).boxed()).map(move |event| read(event, &ended))
}

fn read(
    event: Result<Event, EventStreamError<TransportError>>,
    ended: &AtomicBool,
) -> Result<SseEvent, FormatError> {
    match event {
        Ok(event) => Ok(SseEvent {
            is_error: &*event.event == "error",
            data: event.data.to_string(),
            is_unterminated: ended.load(Ordering::Relaxed),
        }),
        Err(EventStreamError::Transport(error)) => Err(FormatError::Transport(error)),
        Err(error) => Err(FormatError::Malformed(error.to_string())),
    }
}

/// Puts U+FFFD in the place of bytes that are no UTF-8, as decoders of the web do: one wrong byte is no reason to
/// lose an answer.
fn valid_utf8(body: Body) -> impl Stream<Item = Result<Bytes, TransportError>> + Send {
    futures::stream::unfold((body, Vec::new()), |(mut body, mut held)| async move {
        let chunk = match body.next().await {
            Some(Ok(chunk)) => Ok(repair(&mut held, chunk)),
            Some(Err(error)) => Err(error),
            None if held.is_empty() => return None,
            None => {
                held.clear();
                Ok(Bytes::from_static("\u{FFFD}".as_bytes()))
            }
        };
        Some((chunk, (body, held)))
    })
}

/// The chunk as UTF-8. A character that it cuts is held for the next one.
fn repair(held: &mut Vec<u8>, chunk: Bytes) -> Bytes {
    if held.is_empty() && std::str::from_utf8(&chunk).is_ok() {
        return chunk;
    }
    let mut bytes = std::mem::take(held);
    bytes.extend_from_slice(&chunk);
    let mut text = String::with_capacity(bytes.len());
    let mut pieces = bytes.utf8_chunks().peekable();
    while let Some(piece) = pieces.next() {
        text.push_str(piece.valid());
        let invalid = piece.invalid();
        let is_cut = pieces.peek().is_none()
            && std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
        if is_cut {
            held.extend_from_slice(invalid);
        } else if !invalid.is_empty() {
            text.push('\u{FFFD}');
        }
    }
    Bytes::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repair_is_the_same_however_the_bytes_are_cut() {
        let bytes = b"a\xE4\xBD\xA0 \xFF \xE4\xBD \xF0\x9F\x98\x80\xC3(";
        let expected = String::from_utf8_lossy(bytes).into_owned();
        for first in 0..bytes.len() {
            for second in first..bytes.len() {
                let mut held = Vec::new();
                let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let repaired: Vec<u8> = parts
                    .iter()
                    .flat_map(|part| repair(&mut held, Bytes::copy_from_slice(part)).to_vec())
                    .collect();
                assert_eq!(String::from_utf8(repaired).unwrap(), expected, "{first} {second}");
                assert!(held.is_empty());
            }
        }
    }
}
