//! The server.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::reply::{Reply, Step};
use crate::request::Request;

/// Room for a request of middling size, so that most are read without growing.
const BUFFER: usize = 16 * 1024;

type Script = dyn Fn(usize, &Request) -> Reply + Send + Sync;

/// A model server on 127.0.0.1 that answers by script. It ends, with its connections, when it is dropped.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Box<Script>,
    /// `None` when requests are not kept.
    requests: Option<Mutex<Vec<Arc<Request>>>>,
    arrived: watch::Sender<usize>,
    abandoned: watch::Sender<usize>,
}

impl fmt::Debug for ModelServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ModelServer {
    /// A server whose replies a function gives, from the number of the request (from 0) and the request.
    ///
    /// It runs on the runtime that this is called on.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start(
        script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::bind(Box::new(script), Some(Mutex::default())).await
    }

    /// As [`start`](Self::start), but requests are not kept: for benchmarks, whose memory they would fill.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn start_unrecorded(
        script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::bind(Box::new(script), None).await
    }

    /// A server with a list of replies. A request beyond them is answered with status 400, which no client
    /// tries again.
    ///
    /// # Errors
    /// When the system gives no port.
    pub async fn with_replies(replies: impl IntoIterator<Item = Reply>) -> io::Result<Self> {
        let replies: Vec<Reply> = replies.into_iter().collect();
        Self::start(move |number, _| {
            replies.get(number).cloned().unwrap_or_else(|| {
                let message = format!("the script holds {} replies, and was asked once more", replies.len());
                Reply::error(400, "script_exhausted", &message)
            })
        })
        .await
    }

    async fn bind(script: Box<Script>, requests: Option<Mutex<Vec<Arc<Request>>>>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (arrived, abandoned) = (watch::Sender::new(0), watch::Sender::new(0));
        let shared = Arc::new(Shared { script, requests, arrived, abandoned });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address a provider is configured with: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The requests so far, in order; empty when they are not kept.
    #[must_use]
    pub fn requests(&self) -> Vec<Arc<Request>> {
        let Some(requests) = &self.shared.requests else { return Vec::new() };
        requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came so far.
    #[must_use]
    pub fn request_count(&self) -> usize {
        *self.shared.arrived.borrow()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for_requests(&self, count: usize) {
        // An error would mean that the sender is gone, and `self` holds it.
        let _ = self.shared.arrived.subscribe().wait_for(|arrived| *arrived >= count).await;
    }

    /// Waits until so many clients have gone away from a reply that [hangs](Reply::hang).
    pub async fn wait_for_abandoned(&self, count: usize) {
        let _ = self.shared.abandoned.subscribe().wait_for(|abandoned| *abandoned >= count).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that fails here is gone already; its client sees it.
                if let Ok((stream, _)) = accepted {
                    connections.spawn(serve(stream, Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

/// Answers the requests of one connection. Errors end it, and the client sees that.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(BUFFER);
    while let Some(request) = Request::read(&mut stream, &mut buffer).await? {
        let request = Arc::new(request);
        let number = shared.record(&request);
        let reply = (shared.script)(number, &request);
        let next = play(&mut stream, &reply, &shared).await?;
        if next == Next::Close || request.wants_close() {
            break;
        }
    }
    Ok(())
}

impl Shared {
    /// Keeps a request and gives its number.
    fn record(&self, request: &Arc<Request>) -> usize {
        let mut number = 0;
        self.arrived.send_modify(|arrived| {
            if let Some(requests) = &self.requests {
                requests.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(request));
            }
            number = *arrived;
            *arrived += 1;
        });
        number
    }
}

/// What becomes of a connection after a reply.
#[derive(PartialEq, Eq)]
enum Next {
    Request,
    Close,
}

async fn play(stream: &mut TcpStream, reply: &Reply, shared: &Shared) -> io::Result<Next> {
    let length = reply.known_length();
    let mut out = Vec::with_capacity(512 + length.unwrap_or_default());
    let mut framing = Framing::Head;
    for step in &reply.steps {
        match step {
            Step::Status(status) => {
                let reason = if *status == 200 { "OK" } else { "Scripted" };
                out.extend_from_slice(format!("HTTP/1.1 {status} {reason}\r\n").as_bytes());
                framing = Framing::Headers;
            }
            Step::Header(name, value) => {
                out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            Step::Body(bytes) => framing.body(bytes, length, &mut out),
            Step::Raw(bytes) => out.extend_from_slice(bytes),
            Step::Pause(duration) => {
                framing.flush(stream, length, &mut out).await?;
                tokio::time::sleep(*duration).await;
            }
            Step::Hang => {
                framing.flush(stream, length, &mut out).await?;
                wait_for_end(stream).await;
                shared.abandoned.send_modify(|abandoned| *abandoned += 1);
                return Ok(Next::Close);
            }
            Step::Close => {
                framing.flush(stream, length, &mut out).await?;
                stream.shutdown().await?;
                return Ok(Next::Close);
            }
            Step::Reset => {
                framing.flush(stream, length, &mut out).await?;
                stream.set_zero_linger()?;
                return Ok(Next::Close);
            }
        }
    }
    framing.end(length, &mut out);
    stream.write_all(&out).await?;
    // A raw answer says itself how long it is, so nobody but the client knows whether more may follow.
    Ok(if framing == Framing::Head { Next::Close } else { Next::Request })
}

/// How far an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Framing {
    /// No status line yet; raw answers stay here.
    Head,
    /// Between the status line and the body.
    Headers,
    /// In the body.
    Body,
}

impl Framing {
    fn begin_body(&mut self, length: Option<usize>, out: &mut Vec<u8>) {
        if *self != Self::Headers {
            return;
        }
        let framing = length.map_or_else(
            || "transfer-encoding: chunked".to_owned(),
            |length| format!("content-length: {length}"),
        );
        out.extend_from_slice(framing.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        *self = Self::Body;
    }

    fn body(&mut self, bytes: &[u8], length: Option<usize>, out: &mut Vec<u8>) {
        self.begin_body(length, out);
        // An empty chunk would be the end.
        if length.is_some() || bytes.is_empty() {
            out.extend_from_slice(bytes);
            return;
        }
        out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }

    fn end(&mut self, length: Option<usize>, out: &mut Vec<u8>) {
        self.begin_body(length, out);
        if *self == Self::Body && length.is_none() {
            out.extend_from_slice(b"0\r\n\r\n");
        }
    }

    async fn flush(
        &mut self,
        stream: &mut TcpStream,
        length: Option<usize>,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        self.begin_body(length, out);
        stream.write_all(out).await?;
        out.clear();
        Ok(())
    }
}

/// Waits until the client goes away.
async fn wait_for_end(stream: &mut TcpStream) {
    let mut ignored = [0; 1024];
    while matches!(stream.read(&mut ignored).await, Ok(read) if read > 0) {}
}
