//! Where a browser is sent back to: a port of this machine that takes one request.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// A longer head is none of a browser that was sent here.
const HEAD_BYTES: usize = 16 << 10;
/// How long a browser may take to send a request once it has connected.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const PATH: &str = "/callback";

/// A listener on a port of 127.0.0.1 for the answer to a [`Login`](super::Login).
#[derive(Debug)]
pub struct LoopbackRedirect {
    listener: TcpListener,
    url: Url,
}

impl LoopbackRedirect {
    /// Listens on a port that is free.
    ///
    /// # Errors
    /// When there is none.
    pub async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = format!("http://127.0.0.1:{}{PATH}", listener.local_addr()?.port());
        let url = Url::parse(&address).map_err(io::Error::other)?;
        Ok(Self { listener, url })
    }

    /// The address for [`LoginOptions`](super::LoginOptions).
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the browser, and gives the address it was sent to, code and state included. Anything else that
    /// asks is told that there is nothing.
    ///
    /// # Errors
    /// When the port cannot be listened on any longer.
    pub async fn answer(self) -> io::Result<Url> {
        loop {
            let (mut stream, _) = self.listener.accept().await?;
            let read = tokio::time::timeout(REQUEST_TIMEOUT, target(&mut stream)).await;
            let target = read.ok().and_then(Result::ok).flatten();
            let url =
                target.and_then(|target| self.url.join(&target).ok()).filter(|url| is_answer(url, &self.url));
            let (status, text) = match &url {
                Some(_) => ("200 OK", "You can close this window and go back to tau."),
                None => ("404 Not Found", "There is nothing here."),
            };
            let length = text.len();
            let reply = format!(
                "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{text}"
            );
            // The browser may be gone already.
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.shutdown().await;
            if let Some(url) = url {
                return Ok(url);
            }
        }
    }
}

fn is_answer(url: &Url, own: &Url) -> bool {
    let has = |name: &str| url.query_pairs().any(|(key, _)| key == name);
    url.origin() == own.origin() && url.path() == PATH && (has("code") || has("error"))
}

/// What a request is for: the second word of its first line.
async fn target(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut buffer = [0; 4 << 10];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await?;
        if read == 0 || head.len() > HEAD_BYTES {
            return Ok(None);
        }
        head.extend_from_slice(&buffer[..read]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.lines().next().unwrap_or_default().split(' ');
    Ok(match (words.next(), words.next()) {
        (Some("GET"), Some(target)) if target.starts_with('/') => Some(target.to_owned()),
        _ => None,
    })
}
