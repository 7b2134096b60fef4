//! What hubs say to each other, as bytes.
//!
//! One frame is one of: a message, a reply, a failure, an acknowledgement. Numbers are big-endian, a text is its length
//! in 4 bytes and its UTF-8, and the body of a message is the rest of the frame. A deadline is the time that was left when
//! the frame was made, because hubs need not agree about clocks. What begins with another version is not read.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::time::Instant;

use super::error::HubErrorKind;
use super::message::{Destination, Headers, Message, Priority, Purpose};
use super::name::{HubId, MessageId};

const VERSION: u8 = 1;
const MESSAGE: u8 = 0;
const REPLY: u8 = 1;
const FAILED: u8 = 2;
const ACKNOWLEDGED: u8 = 3;

const FROM: u8 = 1;
const DEADLINE: u8 = 2;
const CORRELATION: u8 = 4;

/// One thing that a hub says to another.
#[derive(Debug)]
pub(super) enum Frame {
    /// A message; and below which number everything of its origin is settled, where it must arrive.
    Message {
        sender: HubId,
        settled: u64,
        message: Message,
    },
    Reply {
        request: MessageId,
        reply: Message,
    },
    Failed {
        request: MessageId,
        kind: HubErrorKind,
        detail: String,
    },
    Acknowledged {
        id: MessageId,
    },
}

/// Bytes that are no frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Frame {
    pub(super) fn message(sender: HubId, settled: u64, message: &Message) -> Bytes {
        let mut frame = begin(MESSAGE, 64 + message.body.len());
        frame.put_u64(sender.0);
        frame.put_u64(settled);
        put_message(&mut frame, message);
        frame.freeze()
    }

    pub(super) fn reply(request: MessageId, reply: &Message) -> Bytes {
        let mut frame = begin(REPLY, 64 + reply.body.len());
        put_id(&mut frame, request);
        put_message(&mut frame, reply);
        frame.freeze()
    }

    pub(super) fn failed(request: MessageId, kind: HubErrorKind, detail: &str) -> Bytes {
        let mut frame = begin(FAILED, 32 + detail.len());
        put_id(&mut frame, request);
        frame.put_u8(kind.code());
        put_text(&mut frame, detail);
        frame.freeze()
    }

    pub(super) fn acknowledged(id: MessageId) -> Bytes {
        let mut frame = begin(ACKNOWLEDGED, 16);
        put_id(&mut frame, id);
        frame.freeze()
    }

    /// Reads a frame. The body of a message shares the bytes of the frame.
    pub(super) fn decode(mut bytes: Bytes) -> Result<Self, Malformed> {
        let bytes = &mut bytes;
        if bytes.try_get_u8()? != VERSION {
            return Err(Malformed);
        }
        Ok(match bytes.try_get_u8()? {
            MESSAGE => Self::Message {
                sender: HubId(bytes.try_get_u64()?),
                settled: bytes.try_get_u64()?,
                message: get_message(bytes)?,
            },
            REPLY => Self::Reply { request: get_id(bytes)?, reply: get_message(bytes)? },
            FAILED => Self::Failed {
                request: get_id(bytes)?,
                kind: HubErrorKind::of_code(bytes.try_get_u8()?),
                detail: get(bytes)?,
            },
            ACKNOWLEDGED => Self::Acknowledged { id: get_id(bytes)? },
            _ => return Err(Malformed),
        })
    }
}

impl From<bytes::TryGetError> for Malformed {
    fn from(_: bytes::TryGetError) -> Self {
        Self
    }
}

impl From<std::convert::Infallible> for Malformed {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<super::name::NameError> for Malformed {
    fn from(_: super::name::NameError) -> Self {
        Self
    }
}

fn begin(kind: u8, room: usize) -> BytesMut {
    let mut frame = BytesMut::with_capacity(room + 64);
    frame.put_u8(VERSION);
    frame.put_u8(kind);
    frame
}

fn put_id(frame: &mut BytesMut, id: MessageId) {
    frame.put_u64(id.origin.0);
    frame.put_u64(id.number);
}

/// A text longer than 4 GiB is left out whole; no transport takes it anyway.
fn put_text(frame: &mut BytesMut, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(0);
    frame.put_u32(length);
    frame.put_slice(&text.as_bytes()[..length as usize]);
}

fn put_message(frame: &mut BytesMut, message: &Message) {
    put_id(frame, message.id);
    frame.put_u8(match message.purpose {
        Purpose::Tell => 0,
        Purpose::Ask => 1,
        Purpose::MustArrive => 2,
    });
    frame.put_u8(match message.priority {
        Priority::Low => 0,
        Priority::Normal => 1,
        Priority::High => 2,
    });
    let has = |flag, is_there| if is_there { flag } else { 0 };
    frame.put_u8(
        has(FROM, message.from.is_some())
            | has(DEADLINE, message.deadline.is_some())
            | has(CORRELATION, message.correlation.is_some()),
    );
    let path = message.path.as_deref().unwrap_or_default();
    frame.put_u8(u8::try_from(path.len()).unwrap_or(u8::MAX));
    path.iter().take(u8::MAX.into()).for_each(|hub| frame.put_u64(hub.0));
    match &message.destination {
        Destination::Participant(id) => {
            frame.put_u8(0);
            put_text(frame, id.as_str());
        }
        Destination::Subject(subject) => {
            frame.put_u8(1);
            put_text(frame, subject.as_str());
        }
        Destination::Everyone => frame.put_u8(2),
    }
    if let Some(from) = &message.from {
        put_text(frame, from.as_str());
    }
    if let Some(deadline) = message.deadline {
        let left = deadline.saturating_duration_since(Instant::now()).as_micros();
        frame.put_u64(u64::try_from(left).unwrap_or(u64::MAX));
    }
    if let Some(id) = message.correlation {
        put_id(frame, id);
    }
    let count = message.headers.as_ref().map_or(0, |headers| headers.len());
    frame.put_u32(u32::try_from(count).unwrap_or(u32::MAX));
    for (name, value) in message.headers() {
        put_text(frame, name);
        put_text(frame, value);
    }
    frame.put_slice(&message.body);
}

fn get_id(bytes: &mut Bytes) -> Result<MessageId, Malformed> {
    Ok(MessageId { origin: HubId(bytes.try_get_u64()?), number: bytes.try_get_u64()? })
}

/// What `T` makes of a text.
fn get<T: for<'a> TryFrom<&'a str, Error: Into<Malformed>>>(bytes: &mut Bytes) -> Result<T, Malformed> {
    let length = bytes.try_get_u32()? as usize;
    let text = bytes.get(..length).ok_or(Malformed)?;
    let made = T::try_from(std::str::from_utf8(text).map_err(|_| Malformed)?).map_err(Into::into)?;
    bytes.advance(length);
    Ok(made)
}

fn get_message(bytes: &mut Bytes) -> Result<Message, Malformed> {
    let id = get_id(bytes)?;
    let purpose = match bytes.try_get_u8()? {
        0 => Purpose::Tell,
        1 => Purpose::Ask,
        2 => Purpose::MustArrive,
        _ => return Err(Malformed),
    };
    let priority = match bytes.try_get_u8()? {
        0 => Priority::Low,
        1 => Priority::Normal,
        2 => Priority::High,
        _ => return Err(Malformed),
    };
    let flags = bytes.try_get_u8()?;
    let path = get_path(bytes)?;
    let destination = match bytes.try_get_u8()? {
        0 => Destination::Participant(get(bytes)?),
        1 => Destination::Subject(get(bytes)?),
        2 => Destination::Everyone,
        _ => return Err(Malformed),
    };
    let from = match flags & FROM {
        0 => None,
        _ => Some(get(bytes)?),
    };
    let deadline = match flags & DEADLINE {
        0 => None,
        _ => Instant::now().checked_add(Duration::from_micros(bytes.try_get_u64()?)),
    };
    let correlation = match flags & CORRELATION {
        0 => None,
        _ => Some(get_id(bytes)?),
    };
    let headers = get_headers(bytes)?;
    let body = bytes.split_off(0);
    Ok(Message { id, destination, from, purpose, priority, deadline, correlation, headers, path, body })
}

fn get_path(bytes: &mut Bytes) -> Result<Option<Arc<[HubId]>>, Malformed> {
    let count = bytes.try_get_u8()?;
    if count == 0 {
        return Ok(None);
    }
    (0..count).map(|_| Ok(HubId(bytes.try_get_u64()?))).collect::<Result<Arc<[_]>, _>>().map(Some)
}

fn get_headers(bytes: &mut Bytes) -> Result<Option<Arc<Headers>>, Malformed> {
    let count = bytes.try_get_u32()?;
    if count == 0 {
        return Ok(None);
    }
    let mut headers = Headers::new();
    // A count that lies ends with the bytes.
    for _ in 0..count {
        headers.insert(get(bytes)?, get(bytes)?);
    }
    Ok(Some(Arc::new(headers)))
}

#[cfg(test)]
mod tests;
