//! Frames of Amazon's event streams out of an answer's bytes. Both checksums of each frame are compared.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use aws_smithy_types::event_stream::Message;
use bytes::{Buf, BytesMut};
use futures::{Stream, StreamExt};
use serde_json::json;

use super::FormatError;
use super::sse::Body;

/// What is longer is no frame: Amazon's own limit is 16 MB for the payload and 128 kB for the headers.
const LONGEST: u32 = 17 * 1024 * 1024;

/// The events of an answer, each as JSON: `{"NAME": PAYLOAD}`. An exception is an error of the server; a frame that the
/// answer's end cuts off is the end.
pub(super) fn events(body: Body) -> impl Stream<Item = Result<String, FormatError>> + Send {
    let state = Frames { body, held: BytesMut::new(), decoder: MessageFrameDecoder::new(), within: false };
    futures::stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        match state.next().await {
            Some(Ok(event)) => Some((Ok(event), Some(state))),
            // Where one frame is wrong, nobody knows where the next begins.
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    })
}

struct Frames {
    body: Body,
    held: BytesMut,
    decoder: MessageFrameDecoder,
    /// Whether the beginning of a frame was taken out of what is held.
    within: bool,
}

impl Frames {
    async fn next(&mut self) -> Option<Result<String, FormatError>> {
        loop {
            if let Some(found) = self.frame().transpose() {
                return Some(found);
            }
            match self.body.next().await {
                Some(Ok(chunk)) => self.held.extend_from_slice(&chunk),
                Some(Err(error)) => return Some(Err(error.into())),
                None => return None,
            }
        }
    }

    fn frame(&mut self) -> Result<Option<String>, FormatError> {
        let length = self.held.get(..4).map(|mut head| head.get_u32());
        if !self.within && length.is_some_and(|length| length > LONGEST) {
            return Err(FormatError::Malformed(format!("a frame of {} bytes", length.unwrap_or_default())));
        }
        let before = self.held.len();
        let decoded = self.decoder.decode_frame(&mut self.held);
        match decoded
            .map_err(|error| FormatError::Malformed(format!("no frame of an event stream: {error}")))?
        {
            DecodedFrame::Complete(message) => {
                self.within = false;
                event(&message).map(Some)
            }
            DecodedFrame::Incomplete => {
                self.within |= self.held.len() < before;
                Ok(None)
            }
        }
    }
}

/// What a frame says.
fn event(message: &Message) -> Result<String, FormatError> {
    let header = |name: &str| {
        let found = message.headers().iter().find(|header| header.name().as_str() == name);
        found.and_then(|header| header.value().as_string().ok()).map_or("", |value| value.as_str())
    };
    let payload = String::from_utf8_lossy(message.payload());
    match header(":message-type") {
        "exception" => Err(server_error(header(":exception-type"), &payload)),
        "error" => {
            let said = json!({ "message": header(":error-message") }).to_string();
            Err(server_error(header(":error-code"), &said))
        }
        _ => Ok(format!("{{{}:{payload}}}", json!(header(":event-type")))),
    }
}

fn server_error(kind: &str, payload: &str) -> FormatError {
    let said: serde_json::Value = serde_json::from_str(payload).unwrap_or_default();
    let message = said["message"].as_str().unwrap_or(payload);
    FormatError::Server(json!({ "error": { "type": kind, "message": message } }).to_string())
}
