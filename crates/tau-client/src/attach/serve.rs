//! One attachment over one connection.

use std::future::poll_fn;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tau_proto::runtime::v1::{
    AttachRequest, AttachResponse, Call, CallFailureKind, Detach, Heartbeat, Welcome, attach_request,
    attach_response, call,
};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::book::{Arrival, Book, failure};
use super::link::{Incoming, Link, Outgoing};
use super::running::{Behalf, News, Running};
use super::tools::{PROTOCOL_VERSION, Tools};
use crate::error::{Error, ErrorKind};
use crate::time::from_wire;

/// So many intervals of silence mean that the server is lost.
const SILENT_INTERVALS: u32 = 3;
/// How long a server may take to welcome.
const WELCOME: Duration = Duration::from_secs(30);

/// An extension: what it offers, and what it knows beyond one connection.
#[derive(Debug)]
pub(super) struct Provider {
    tools: Tools,
    book: Book,
    running: Running,
    resume_token: String,
}

/// A connection over which the extension was welcomed.
pub(super) struct Welcomed {
    link: Link,
    interval: Duration,
}

/// How an attachment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// As was asked here.
    Detached,
    /// As the server asked, which is about to end.
    Drained,
}

impl Provider {
    pub(super) fn new(tools: Tools) -> Self {
        Self { tools, book: Book::default(), running: Running::new(), resume_token: String::new() }
    }

    /// Introduces the extension over a new connection.
    pub(super) async fn greet(&mut self, mut link: Link) -> Result<Welcomed, Error> {
        let hello = self.tools.hello(&self.resume_token);
        let sent = link.outgoing.send(request(hello)).await;
        let welcome = match timeout(WELCOME, link.incoming.next()).await {
            Ok(Some(message)) => match message?.message {
                Some(attach_response::Message::Welcome(welcome)) => welcome,
                _ => return Err(Error::new(ErrorKind::Protocol, "it did not welcome the extension first")),
            },
            // What kept the greeting from arriving says more than the end of the stream.
            Ok(None) => return Err(sent.err().unwrap_or_else(|| lost("it ended the attachment"))),
            Err(_) => return Err(lost("it did not welcome the extension in time")),
        };
        let interval = welcome.heartbeat_interval.as_option().and_then(from_wire);
        let interval = interval.filter(|interval| !interval.is_zero());
        let interval =
            interval.ok_or_else(|| Error::new(ErrorKind::Protocol, "it named no interval for heartbeats"))?;
        if welcome.protocol_version != PROTOCOL_VERSION {
            return Err(Error::new(ErrorKind::Protocol, "it speaks another version of the protocol"));
        }
        self.enter(welcome);
        Ok(Welcomed { link, interval })
    }

    fn enter(&mut self, mut welcome: Welcome) {
        self.resume_token = std::mem::take(&mut welcome.resume_token);
        for unwanted in self.book.welcome(&welcome) {
            self.running.stop(&unwanted);
        }
    }

    /// Serves calls until the connection is lost, the server ends, or `stop` says that it is enough.
    pub(super) async fn serve(
        &mut self,
        welcomed: Welcomed,
        stop: &CancellationToken,
    ) -> Result<Ended, Error> {
        let Welcomed { link: Link { mut incoming, mut outgoing }, interval } = welcomed;
        let (mut heard, mut spoken) = (Instant::now(), Instant::now());
        let (mut waiting, mut farewell): (Option<attach_request::Message>, _) = (None, None);
        let mut expiry = Instant::now() + interval;
        let (mut is_leaving, mut is_dirty, mut drain) = (false, false, None);
        loop {
            waiting = waiting.or_else(|| farewell.take()).or_else(|| self.book.next());
            if drain.is_some() && self.running.is_empty() && waiting.is_none() {
                return part(incoming, outgoing, interval, drain).await;
            }
            tokio::select! {
                message = incoming.next() => {
                    heard = Instant::now();
                    let message = message.ok_or_else(|| lost("the server ended the attachment"))??;
                    if let Some(end) = self.receive(message)? {
                        drain = Some(if is_leaving { Ended::Detached } else { end });
                    }
                }
                news = self.running.next() => self.take(news),
                can_send = advance(&mut outgoing, waiting.is_some()), if is_dirty || waiting.is_some() => {
                    can_send?;
                    is_dirty = waiting.is_some();
                    if let Some(message) = waiting.take() {
                        outgoing.start_send_unpin(request(message))?;
                        spoken = Instant::now();
                    }
                }
                () = stop.cancelled(), if !is_leaving => {
                    is_leaving = true;
                    // The server answers with its own when nothing is open any more.
                    farewell = Some(Detach::default().into());
                }
                () = sleep_until(spoken + interval), if waiting.is_none() => {
                    waiting = Some(Heartbeat::default().into());
                }
                () = sleep_until(expiry) => {
                    expiry = Instant::now() + interval;
                    self.book.expire(Instant::now());
                }
                () = sleep_until(heard + interval.saturating_mul(SILENT_INTERVALS)) => {
                    return Err(lost("the server has fallen silent"));
                }
            }
        }
    }

    /// Goes on with what runs while there is no connection, until `end`.
    pub(super) async fn wait(&mut self, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                news = self.running.next() => self.take(news),
                () = &mut end => return,
            }
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Progress(progress) => self.book.progress(&progress.call_id, progress.text),
            News::Ended(id, result) => {
                for progress in self.running.unheard() {
                    self.book.progress(&progress.call_id, progress.text);
                }
                self.book.ended(&id, result, Instant::now());
            }
        }
    }

    /// Takes a message in, and says whether the server wants to part.
    fn receive(&mut self, message: AttachResponse) -> Result<Option<Ended>, Error> {
        use attach_response::Message;
        match message.message {
            Some(Message::Call(call)) => self.call(call),
            Some(Message::CallCancel(cancel)) => self.running.stop(&cancel.call_id),
            Some(Message::CallReceived(received)) => self.book.received(&received),
            Some(Message::CallsSettled(settled)) => self.book.settled(&settled.call_ids),
            Some(Message::Detach(_)) => return Ok(Some(Ended::Drained)),
            // No call of a tool has input.
            Some(Message::Heartbeat(_) | Message::CallInput(_)) => {}
            Some(Message::Welcome(_) | Message::Append(_) | Message::Fenced(_)) | None => {
                return Err(Error::new(ErrorKind::Protocol, "it said what no provider of tools is told"));
            }
        }
        Ok(None)
    }

    fn call(&mut self, mut call: Call) {
        let now = Instant::now();
        let Arrival::New(room) = self.book.call(&call, now) else { return };
        let Some(call::Call::RunTool(asked)) = call.call.take() else {
            let unsupported = failure(CallFailureKind::Unsupported, "this extension only runs tools");
            return self.book.ended(&call.call_id, unsupported, now);
        };
        match self.tools.handler(&asked.call.name) {
            Some(handler) => {
                let behalf = Behalf {
                    call_id: call.call_id,
                    session: call.session_id,
                    run: call.run_id,
                    timeout: call.timeout.as_option().and_then(from_wire),
                };
                self.running.run(handler, asked, behalf, room);
            }
            None => {
                let unsupported = failure(CallFailureKind::Unsupported, "there is no such tool here");
                self.book.ended(&call.call_id, unsupported, now);
            }
        }
    }
}

/// Makes room for a message, or sends what was handed over. Dropping it halfway loses nothing.
async fn advance(outgoing: &mut Outgoing, has_message: bool) -> Result<(), Error> {
    poll_fn(|context| match has_message {
        true => outgoing.poll_ready_unpin(context),
        false => outgoing.poll_flush_unpin(context),
    })
    .await
}

/// Says that nothing more comes, and hears the server out.
async fn part(
    mut incoming: Incoming,
    mut outgoing: Outgoing,
    patience: Duration,
    end: Option<Ended>,
) -> Result<Ended, Error> {
    let farewell = async {
        // Whoever is gone need not be told.
        let _ = outgoing.close().await;
        while incoming.next().await.is_some() {}
    };
    let _ = timeout(patience, farewell).await;
    Ok(end.unwrap_or(Ended::Drained))
}

fn request(message: impl Into<attach_request::Message>) -> AttachRequest {
    AttachRequest { message: Some(message.into()), ..Default::default() }
}

fn lost(what: &str) -> Error {
    Error::new(ErrorKind::Ended, what)
}

#[cfg(test)]
mod tests;
