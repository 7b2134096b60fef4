//! One attachment, from hello to its end.

use std::collections::BTreeSet;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Sink, Stream, StreamExt};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    AttachRequest, AttachResponse, Heartbeat, Hello, JournalRole, SessionPosition, Welcome, attach_request,
    extension_role,
};
use tokio::time::{Instant, sleep_until, timeout};

use super::book::{Next, Shared};
use super::error::{AttachError, AttachErrorKind, Violation};
use super::output::Output;
use super::{AttachEnd, JournalsOptions};

/// The version of the interface that is spoken here.
const PROTOCOL_VERSION: u32 = 1;
/// So many intervals of silence mean that the other side is lost.
const SILENT_INTERVALS: u32 = 3;
/// The longest id and name of a client, in bytes.
const MAX_NAME: usize = 128;

/// Leaves the book, whatever ends the attachment.
struct Attachment {
    shared: Arc<Shared>,
    client: String,
    number: u64,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        self.shared.lock().detach(&self.client, self.number);
    }
}

pub(super) async fn attach<I, O>(
    shared: Arc<Shared>,
    options: &JournalsOptions,
    incoming: I,
    outgoing: O,
) -> Result<AttachEnd, AttachError>
where
    I: Stream<Item = AttachRequest>,
    O: Sink<AttachResponse>,
    O::Error: std::error::Error + Send + Sync + 'static,
{
    let (mut incoming, outgoing) = (pin!(incoming), pin!(outgoing));
    let interval = options.heartbeat_interval;
    let patience = interval.saturating_mul(SILENT_INTERVALS);
    let first = timeout(patience, incoming.next()).await;
    let first = first.map_err(|_| AttachError::new(AttachErrorKind::Lost))?;
    let Some(attach_request::Message::Hello(hello)) = first.and_then(|request| request.message) else {
        return Err(Violation::NoHello.into());
    };
    let positions = positions(&hello)?;
    let mut output = Output::new(outgoing);
    let (number, wake) = shared.lock().attach(&hello.client_id, positions);
    output.say(welcome(options, &hello, number).into());
    let attachment = Attachment { shared, client: hello.client_id, number };

    let mut heard = Instant::now();
    let mut is_closing = false;
    loop {
        let mut retry = None;
        if output.is_free() && !is_closing {
            let next = attachment.shared.lock().next(&attachment.client, number, Instant::now());
            match next {
                Next::Say(message) => output.say(message),
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
                    // Whoever went away may not hear that the stream ends.
                    let _ = timeout(patience, output.close()).await;
                    return Ok(AttachEnd::Detached);
                }
            },
            sent = output.progress(), if !is_closing => sent?,
            () = wake.notified(), if !is_closing => {
                // A message that waits may be for an attachment that is not this one any more.
                if !attachment.shared.lock().is_current(&attachment.client, number) {
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
    #[allow(unreachable_patterns, reason = "messages of roles that are not served yet")]
    fn receive(&self, request: AttachRequest) -> Result<(), Violation> {
        match request.message {
            Some(attach_request::Message::Ack(ack)) => {
                self.shared.lock().ack(&self.client, self.number, &ack)
            }
            Some(attach_request::Message::Nack(nack)) => {
                self.shared.lock().nack(&self.client, self.number, nack)
            }
            Some(attach_request::Message::Heartbeat(_)) => Ok(()),
            Some(attach_request::Message::Hello(_)) => Err(Violation::HelloTwice),
            Some(_) | None => Err(Violation::UnknownMessage),
        }
    }
}

/// Checks what the extension says of itself, and gives the positions it continues from.
fn positions(hello: &Hello) -> Result<&[SessionPosition], Violation> {
    if hello.protocol_version == 0 {
        return Err(Violation::Version);
    }
    let is_named = |name: &str| (1..=MAX_NAME).contains(&name.len());
    if !is_named(&hello.client_id) || !is_named(&hello.client_name) || hello.client_version.len() > MAX_NAME {
        return Err(Violation::Client);
    }
    let [role] = &hello.roles[..] else { return Err(Violation::Roles) };
    let Some(extension_role::Role::Journal(role)) = &role.role else { return Err(Violation::Roles) };
    let JournalRole { positions, .. } = role;
    let sessions: BTreeSet<&str> = positions.iter().map(|position| position.session_id.as_str()).collect();
    if sessions.len() < positions.len() {
        return Err(Violation::RepeatedPosition);
    }
    Ok(positions)
}

fn welcome(options: &JournalsOptions, hello: &Hello, number: u64) -> Welcome {
    let interval = WireDuration {
        seconds: i64::try_from(options.heartbeat_interval.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(options.heartbeat_interval.subsec_nanos()).unwrap_or_default(),
        ..Default::default()
    };
    Welcome {
        protocol_version: hello.protocol_version.min(PROTOCOL_VERSION),
        server_name: options.server_name.clone(),
        server_version: options.server_version.clone(),
        attachment_id: format!("attachment-{number}"),
        heartbeat_interval: interval.into(),
        ..Default::default()
    }
}

/// Ready at a moment; never without one.
async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// Ready when a time has passed; never where that is beyond the clock.
async fn elapsed(start: Instant, duration: Duration) {
    moment(start.checked_add(duration)).await;
}
