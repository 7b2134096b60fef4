//! A journal that the test plays: it sees each message and answers as it likes.

use std::time::Duration;

use futures::channel::mpsc::{Receiver, Sender};
use futures::{FutureExt, SinkExt, StreamExt};
use sha2::{Digest, Sha256};
use tau_core::event::EventHash;
use tau_proto::runtime::v1::{
    Ack, AttachRequest, AttachResponse, Event, ExtensionRole, Fenced, Hello, JournalRole, Nack, NackReason,
    SessionPosition, SessionSelector, Welcome, attach_request, attach_response,
};
use tau_runtime::attach::{Attachments, AttachmentsOptions, Caller, RoleKind};
use tau_runtime::journals::{AttachEnd, AttachError, Journals, in_process};
use tau_runtime::{Durability, SessionOptions};
use tokio::task::JoinHandle;

use super::support::in_time;

/// The journal's end of an attachment.
pub(crate) struct Journal {
    incoming: Receiver<AttachResponse>,
    outgoing: Sender<AttachRequest>,
    pub(crate) attachment: JoinHandle<Result<AttachEnd, AttachError>>,
    /// What was appended over this attachment, in order.
    pub(crate) events: Vec<Event>,
}

/// Makes a session wait for so many journals.
pub(crate) fn waits_for(required: usize, journals: &Journals) -> impl FnOnce(&mut SessionOptions) {
    let mut durability = Durability::default();
    durability.journals = Some(journals.clone());
    durability.required_acks = required;
    move |options| options.durability = durability
}

/// Time for everything that can happen to happen; shorter than any limit.
pub(crate) async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

pub(crate) fn hello(client: &str) -> Hello {
    let role = JournalRole::default();
    Hello {
        protocol_version: 1,
        client_name: "test".into(),
        client_id: client.into(),
        roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }],
        ..Default::default()
    }
}

pub(crate) fn hello_at(client: &str, positions: Vec<SessionPosition>) -> Hello {
    let role = JournalRole { positions, ..Default::default() };
    Hello { roles: vec![ExtensionRole { role: Some(role.into()), ..Default::default() }], ..hello(client) }
}

/// Says hello as a journal of some sessions only.
pub(crate) fn hello_for(client: &str, selector: SessionSelector) -> Hello {
    let mut hello = hello(client);
    hello.roles[0].selector = selector.into();
    hello
}

/// The sessions of a team.
pub(crate) fn team(name: &str) -> SessionSelector {
    SessionSelector {
        metadata: [("team".to_owned(), name.to_owned())].into_iter().collect(),
        ..Default::default()
    }
}

/// The hash of an event as `event.proto` says it.
pub(crate) fn hash(event: &Event) -> EventHash {
    let mut sha = Sha256::new();
    let mut put = |bytes: &[u8]| sha.update(bytes);
    let text = |put: &mut dyn FnMut(&[u8]), bytes: &[u8]| {
        put(&(bytes.len() as u64).to_be_bytes());
        put(bytes);
    };
    text(&mut put, event.session_id.as_bytes());
    put(&event.seq.to_be_bytes());
    put(&event.epoch.to_be_bytes());
    text(&mut put, event.event_id.as_bytes());
    text(&mut put, event.kind.as_bytes());
    put(&u64::from(event.schema_version).to_be_bytes());
    match &event.cause_event_id {
        Some(cause) => {
            put(&[1]);
            text(&mut put, cause.as_bytes());
        }
        None => put(&[0]),
    }
    put(&event.time.seconds.to_be_bytes());
    put(&event.time.nanos.to_be_bytes());
    text(&mut put, &event.body);
    text(&mut put, &event.prev_hash);
    EventHash(sha.finalize().into())
}

/// Where an event stands.
pub(crate) fn position(event: &Event) -> SessionPosition {
    SessionPosition {
        session_id: event.session_id.clone(),
        seq: event.seq,
        epoch: event.epoch,
        hash: hash(event).0.to_vec().into(),
        ..Default::default()
    }
}

/// The reason of a refusal, and the event that is refused.
pub(crate) fn refusal(event: &Event, reason: NackReason) -> Nack {
    Nack {
        session_id: event.session_id.clone(),
        seq: event.seq,
        epoch: event.epoch,
        reason: reason.into(),
        detail: "says the test".into(),
        ..Default::default()
    }
}

impl Journal {
    /// A connection over which nothing was said.
    pub(crate) fn connect(journals: &Journals) -> Self {
        Self::connect_to(Attachments::new(journals.clone(), AttachmentsOptions::default()))
    }

    pub(crate) fn connect_to(hub: Attachments) -> Self {
        let (runtime, journal) = in_process();
        let caller = Caller::with_roles([RoleKind::Journal]);
        let attachment =
            tokio::spawn(async move { hub.attach(runtime.incoming, runtime.outgoing, &caller).await });
        Self { incoming: journal.incoming, outgoing: journal.outgoing, attachment, events: Vec::new() }
    }

    pub(crate) async fn attach(journals: &Journals, client: &str) -> Self {
        Self::attach_with(journals, hello(client)).await
    }

    pub(crate) async fn attach_with(journals: &Journals, hello: Hello) -> Self {
        let mut journal = Self::connect(journals);
        journal.say(hello).await;
        journal.welcome().await;
        journal
    }

    pub(crate) async fn say(&mut self, message: impl Into<attach_request::Message>) {
        self.say_any(Some(message.into())).await;
    }

    pub(crate) async fn say_any(&mut self, message: Option<attach_request::Message>) {
        in_time(self.outgoing.send(AttachRequest { message, ..Default::default() })).await.unwrap();
    }

    /// The next message; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<attach_response::Message> {
        let message = in_time(self.incoming.next()).await?.message.unwrap();
        if let attach_response::Message::Append(append) = &message {
            self.events.extend(append.events.iter().cloned());
        }
        Some(message)
    }

    pub(crate) async fn welcome(&mut self) -> Welcome {
        match self.next().await {
            Some(attach_response::Message::Welcome(welcome)) => welcome,
            other => panic!("no welcome but {other:?}"),
        }
    }

    pub(crate) async fn append(&mut self) -> Vec<Event> {
        match self.next().await {
            Some(attach_response::Message::Append(append)) => append.events,
            other => panic!("no append but {other:?}"),
        }
    }

    pub(crate) async fn fenced(&mut self) -> Fenced {
        match self.next().await {
            Some(attach_response::Message::Fenced(fenced)) => fenced,
            other => panic!("not fenced but {other:?}"),
        }
    }

    /// Appends up to one that ends with an event of a kind. Gives that event.
    pub(crate) async fn until(&mut self, kind: &str) -> Event {
        loop {
            let last = self.append().await.pop().unwrap();
            if last.kind == kind {
                return last;
            }
        }
    }

    /// That nothing is said, though there was time.
    pub(crate) async fn hears_nothing(&mut self) {
        a_moment().await;
        let message = self.incoming.next().now_or_never();
        assert!(message.is_none(), "{message:?}");
    }

    pub(crate) async fn ack(&mut self, event: &Event) {
        self.say(Ack { positions: vec![position(event)], ..Default::default() }).await;
    }

    /// Appends up to one that ends with an event of a kind, all acknowledged.
    pub(crate) async fn take(&mut self, kind: &str) -> Event {
        let event = self.until(kind).await;
        self.ack(&event).await;
        event
    }

    /// Says that no more comes, as a journal does that goes away.
    pub(crate) async fn detach(mut self) -> Result<AttachEnd, AttachError> {
        self.outgoing.close_channel();
        in_time(self.attachment).await.unwrap()
    }

    /// Is gone, as after a crash.
    pub(crate) async fn crash(self) {
        drop((self.incoming, self.outgoing));
        let _ = in_time(self.attachment).await.unwrap();
    }
}
