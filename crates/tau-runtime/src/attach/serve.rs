//! One attachment, from hello to its end.

use std::pin::pin;
use std::sync::Arc;

use futures::{Sink, Stream, StreamExt};
use tau_proto::runtime::v1::{AttachRequest, AttachResponse, Heartbeat, attach_request::Message};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::calls::{Step, Terms};
use super::error::{AttachError, AttachErrorKind, Violation};
use super::hello::{self, Follows, Introduction};
use super::output::Output;
use super::time::{elapsed, moment};
use super::{AttachEnd, Attachments, Caller, offer, token};
use crate::journals::Next;

/// So many intervals of silence mean that the other side is lost.
const SILENT_INTERVALS: u32 = 3;

/// Leaves the books, whatever ends the attachment.
struct Attachment {
    hub: Attachments,
    client: String,
    /// Its number in the book of calls.
    number: u64,
    /// Its number in the book of journals, if it is one.
    journal: Option<u64>,
    is_orderly: bool,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Some(journal) = self.journal {
            self.hub.journals.shared.lock().detach(&self.client, journal);
        }
        self.hub.calls.lock().detach(&self.client, self.number, self.is_orderly, Instant::now());
    }
}

pub(super) async fn attach<I, O>(
    hub: &Attachments,
    incoming: I,
    outgoing: O,
    caller: &Caller,
) -> Result<AttachEnd, AttachError>
where
    I: Stream<Item = AttachRequest>,
    O: Sink<AttachResponse>,
    O::Error: std::error::Error + Send + Sync + 'static,
{
    let (mut incoming, outgoing) = (pin!(incoming), pin!(outgoing));
    let interval = hub.options.heartbeat_interval;
    let patience = interval.saturating_mul(SILENT_INTERVALS);
    let first = timeout(patience, incoming.next()).await;
    let first = first.map_err(|_| AttachError::new(AttachErrorKind::Lost))?;
    let Some(Message::Hello(hello)) = first.and_then(|request| request.message) else {
        return Err(Violation::NoHello.into());
    };
    let mut output = Output::new(outgoing);
    let wake = Arc::new(Notify::new());
    let mut attachment = Attachment::enter(hub, hello::read(hello, caller)?, &wake, &mut output)?;

    let mut heard = Instant::now();
    let mut is_closing = false;
    loop {
        let mut retry = None;
        if output.is_free() && !is_closing {
            match attachment.next() {
                Next::Say(message) => output.say(*message),
                Next::Wait(until) => retry = until,
                Next::Replaced => return Err(AttachError::new(AttachErrorKind::Replaced)),
                Next::Close => {
                    is_closing = true;
                    let closed = timeout(patience, output.close()).await;
                    closed.map_err(|_| AttachError::new(AttachErrorKind::Lost))??;
                }
            }
        }
        let (is_free, spoken) = (output.is_free(), output.spoken());
        tokio::select! {
            request = incoming.next() => match request {
                Some(request) => {
                    heard = Instant::now();
                    attachment.receive(request)?;
                }
                None if is_closing => return Ok(AttachEnd::Closed),
                None => {
                    attachment.is_orderly = true;
                    // Whoever went away may not hear that the stream ends.
                    let _ = timeout(patience, output.close()).await;
                    return Ok(AttachEnd::Detached);
                }
            },
            sent = output.progress(), if !is_closing => sent?,
            () = wake.notified(), if !is_closing => {
                // A message that waits may be for an attachment that is not this one any more.
                if !attachment.is_current() {
                    return Err(AttachError::new(AttachErrorKind::Replaced));
                }
            }
            () = moment(retry) => {}
            () = elapsed(spoken, interval), if is_free && !is_closing => {
                output.say(Heartbeat::default().into());
            }
            () = elapsed(heard, patience) => return Err(AttachError::new(AttachErrorKind::Lost)),
        }
    }
}

impl Attachment {
    /// Enters the books, and says welcome.
    fn enter<S>(
        hub: &Attachments,
        introduction: Introduction,
        wake: &Arc<Notify>,
        output: &mut Output<'_, S>,
    ) -> Result<Self, AttachError>
    where
        S: Sink<AttachResponse>,
        S::Error: std::error::Error + Send + Sync + 'static,
    {
        let Introduction { hello, roles, follows } = introduction;
        let terms = Terms {
            roles,
            token: hello.resume_token.clone(),
            new_token: token::generate(),
            credit: hello.call_credit.into(),
            input_window: hello::input_window(&hello),
            wake: Arc::clone(wake),
        };
        let entered = hub.calls.lock().attach(&hello.client_id, terms, Instant::now());
        let entered = entered.ok_or_else(|| AttachError::new(AttachErrorKind::Draining))?;
        let journal = follows.map(|Follows { selector, positions }| {
            let wake = Arc::clone(wake);
            hub.journals.shared.lock().attach(&hello.client_id, selector, &positions, wake)
        });
        let attachment = Self {
            hub: hub.clone(),
            client: hello.client_id.clone(),
            number: entered.attachment,
            journal,
            is_orderly: false,
        };
        output.say(hello::welcome(&hub.options, &hello, entered).into());
        Ok(attachment)
    }

    /// What is to be done next: calls come before events, because credit bounds them.
    fn next(&self) -> Next {
        let (step, is_closed) = {
            let mut calls = self.hub.calls.lock();
            (calls.next(&self.client, self.number), calls.is_closed())
        };
        let is_idle = match step {
            Step::Say(message) => return Next::Say(message),
            Step::Replaced => return Next::Replaced,
            Step::Busy => false,
            Step::Idle => true,
        };
        let journal = self
            .journal
            .map(|number| self.hub.journals.shared.lock().next(&self.client, number, Instant::now()));
        match journal {
            Some(Next::Close) if !is_idle => Next::Wait(None),
            Some(next) => next,
            None if is_closed && is_idle => Next::Close,
            None => Next::Wait(None),
        }
    }

    fn is_current(&self) -> bool {
        self.hub.calls.lock().is_current(&self.client, self.number)
            && self
                .journal
                .is_none_or(|number| self.hub.journals.shared.lock().is_current(&self.client, number))
    }

    fn receive(&self, request: AttachRequest) -> Result<(), Violation> {
        let (client, number) = (self.client.as_str(), self.number);
        let journal = self.journal.ok_or(Violation::OtherRole);
        match request.message.ok_or(Violation::UnknownMessage)? {
            Message::Ack(ack) => self.hub.journals.shared.lock().ack(client, journal?, &ack),
            Message::Nack(nack) => self.hub.journals.shared.lock().nack(client, journal?, nack),
            Message::Heartbeat(_) => Ok(()),
            Message::CallReceived(received) => self.hub.calls.lock().received(client, number, &received),
            Message::Hello(_) => Err(Violation::HelloTwice),
            Message::Detach(_) => {
                self.hub.calls.lock().part(client, number, Instant::now());
                Ok(())
            }
            Message::Credit(credit) => self.hub.calls.lock().credit(client, number, &credit),
            Message::CallProgress(piece) => self.hub.calls.lock().progress(client, number, piece),
            Message::CallResult(result) => self.hub.calls.lock().result(client, number, result),
            Message::ToolsChanged(changed) => {
                let offered = offer::read(&changed.offered)?;
                let change = (offered, &changed.withdrawn[..]);
                self.hub.calls.lock().change_tools(client, number, change, Instant::now())
            }
        }
    }
}
