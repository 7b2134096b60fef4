//! Requests, as they come.

use std::io;

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most headers a request may have.
const MOST_HEADERS: usize = 64;

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The headers, in order; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whatever framing it came in.
    pub body: Bytes,
}

impl Request {
    /// The first header of a name, in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn wants_close(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    /// The next request on a connection; `None` when the client closed it between two.
    pub(crate) async fn read(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Option<Self>> {
        let mut request = loop {
            if let Some((request, length)) = parse_head(buffer)? {
                let _ = buffer.split_to(length);
                break request;
            }
            if stream.read_buf(buffer).await? == 0 {
                return if buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        if request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        request.body = if request.is_chunked() {
            read_chunks(stream, buffer).await?
        } else {
            let length = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
            take(stream, buffer, length).await?
        };
        Ok(Some(request))
    }
}

/// The head of a request and how many bytes it takes; `None` when it is not all there.
fn parse_head(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(buffer).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let headers = head
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        path: head.path.unwrap_or_default().to_owned(),
        headers,
        body: Bytes::new(),
    };
    Ok(Some((request, length)))
}

/// So many bytes, from the buffer and then from the connection.
async fn take(stream: &mut TcpStream, buffer: &mut BytesMut, length: usize) -> io::Result<Bytes> {
    buffer.reserve(length.saturating_sub(buffer.len()));
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(buffer.split_to(length).freeze())
}

async fn read_chunks(stream: &mut TcpStream, buffer: &mut BytesMut) -> io::Result<Bytes> {
    const LINE_END: usize = 2;
    let mut body = BytesMut::new();
    loop {
        let invalid = |_| io::Error::other("invalid chunk size");
        match httparse::parse_chunk_size(buffer).map_err(invalid)? {
            httparse::Status::Partial => {
                if stream.read_buf(buffer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            httparse::Status::Complete((head, size)) => {
                let _ = buffer.split_to(head);
                let size = usize::try_from(size).map_err(io::Error::other)?;
                let chunk = take(stream, buffer, size + LINE_END).await?;
                if size == 0 {
                    return Ok(body.freeze());
                }
                body.extend_from_slice(&chunk[..size]);
            }
        }
    }
}
