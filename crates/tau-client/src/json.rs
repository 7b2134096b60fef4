//! Calls of any method in JSON: the Connect protocol as it is written down, without generated types.

use bytes::{Buf as _, Bytes, BytesMut};
use connectrpc::client::{ClientBody, ClientTransport as _, full_body};
use connectrpc::{ConnectError, ErrorCode};
use futures::stream::{self, BoxStream, StreamExt as _};
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use serde::Deserialize;

use crate::client::{Client, MAX_MESSAGE};
use crate::error::{Error, ErrorKind};
use crate::transport::AnswerBody;

/// Bytes before each message of a stream: flags, and its length.
const HEAD: usize = 5;
/// The flag of the last message, which says how the stream ended.
const END: u8 = 2;

/// How a method answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answers {
    /// With one message.
    One,
    /// With a stream of messages.
    Stream,
}

/// How a stream ended.
#[derive(Deserialize)]
struct EndOfStream {
    error: Option<ConnectError>,
}

impl Client {
    /// Calls a method of any service with a message in JSON, and gives the answers as they come, in JSON. `method` is its
    /// full name: `tau.runtime.v1.AdminService/GetInfo`.
    ///
    /// # Errors
    /// As the method says; for a stream also by its last item.
    pub async fn call_json(
        &self,
        method: &str,
        message: &str,
        answers: Answers,
    ) -> Result<BoxStream<'static, Result<String, Error>>, Error> {
        let request = self.request(method, message, answers)?;
        match answers {
            Answers::One => {
                // A server that does not keep the deadline is not waited for either.
                let answer = tokio::time::timeout(self.options().timeout, self.one(request)).await;
                let answer = answer.map_err(|_| Error::new(ErrorKind::Deadline, "the deadline passed"))?;
                Ok(stream::iter([answer]).boxed())
            }
            Answers::Stream => {
                let response = self.send(request).await?;
                match is_stream(&response) {
                    true => Ok(messages(response.into_body())),
                    false => Err(refused(&whole(response).await?)),
                }
            }
        }
    }

    async fn one(&self, request: Request<ClientBody>) -> Result<String, Error> {
        let response = self.send(request).await?;
        let is_ok = response.status().is_success();
        let text = whole(response).await?;
        if is_ok { String::from_utf8(text.into()).map_err(|_| no_answer()) } else { Err(refused(&text)) }
    }

    async fn send(&self, request: Request<ClientBody>) -> Result<Response<AnswerBody>, Error> {
        self.transport().send(request).await.map_err(|error| {
            Error::of_call(ConnectError::unavailable_from_transport("the request could not be sent", error))
        })
    }

    fn request(&self, method: &str, message: &str, answers: Answers) -> Result<Request<ClientBody>, Error> {
        let (kind, body) = match answers {
            Answers::One => ("application/json", Bytes::copy_from_slice(message.as_bytes())),
            Answers::Stream => ("application/connect+json", envelope(message)),
        };
        let base = self.config().base_uri().to_string();
        let mut request = Request::post(format!("{}/{method}", base.trim_end_matches('/')))
            .header(CONTENT_TYPE, kind)
            .header("connect-protocol-version", "1");
        if answers == Answers::One {
            request = request.header("connect-timeout-ms", self.options().timeout.as_millis().to_string());
        }
        if let Some(headers) = request.headers_mut() {
            headers.extend(self.config().default_headers().clone());
        }
        let no_method = |_| Error::new(ErrorKind::Protocol, "this is no name of a method");
        request.body(full_body(body)).map_err(no_method)
    }
}

fn envelope(message: &str) -> Bytes {
    let size = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], &size.to_be_bytes()[..], message.as_bytes()].concat().into()
}

fn is_stream(response: &Response<AnswerBody>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/connect+json"))
}

async fn whole(response: Response<AnswerBody>) -> Result<Bytes, Error> {
    let body = Limited::new(response.into_body(), MAX_MESSAGE).collect().await;
    Ok(body.map_err(|_| Error::new(ErrorKind::Unreachable, "the answer broke off"))?.to_bytes())
}

/// The error that an answer is.
fn refused(text: &[u8]) -> Error {
    match serde_json::from_slice::<ConnectError>(text) {
        Ok(error) => Error::of_call(error),
        Err(_) => no_answer(),
    }
}

fn no_answer() -> Error {
    Error::of_call(ConnectError::new(ErrorCode::Unknown, "the answer is no JSON of the Connect protocol"))
}

/// The messages of a stream, up to its end.
fn messages(body: AnswerBody) -> BoxStream<'static, Result<String, Error>> {
    let state = Some((body, BytesMut::new()));
    stream::unfold(state, |state| async {
        let (mut body, mut waiting) = state?;
        match next(&mut body, &mut waiting).await {
            Ok(message) => Some((Ok(message?), Some((body, waiting)))),
            Err(error) => Some((Err(error), None)),
        }
    })
    .boxed()
}

async fn next(body: &mut AnswerBody, waiting: &mut BytesMut) -> Result<Option<String>, Error> {
    loop {
        if let Some((flags, message)) = split(waiting)? {
            if flags & END != 0 {
                let end: EndOfStream = serde_json::from_slice(&message).map_err(|_| no_answer())?;
                return end.error.map_or(Ok(None), |error| Err(Error::of_stream(error)));
            }
            return String::from_utf8(message.into()).map(Some).map_err(|_| no_answer());
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    waiting.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => return Err(Error::of_stream(error)),
            None => return Err(Error::new(ErrorKind::Ended, "the server did not say how it ended")),
        }
    }
}

/// The next message, if all of it is there.
fn split(waiting: &mut BytesMut) -> Result<Option<(u8, Bytes)>, Error> {
    let Some((head, rest)) = waiting.split_at_checked(HEAD) else { return Ok(None) };
    let (flags, size) = (head[0], u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize);
    if size > MAX_MESSAGE {
        return Err(Error::new(ErrorKind::Protocol, "a message is larger than any may be"));
    }
    if rest.len() < size {
        return Ok(None);
    }
    waiting.advance(HEAD);
    Ok(Some((flags, waiting.split_to(size).freeze())))
}
