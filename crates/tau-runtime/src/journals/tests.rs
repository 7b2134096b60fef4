//! Whoever comes, goes and acknowledges when: a journal is sent the sessions that it selects and no others, and no gate
//! opens for another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::collection::{btree_set, vec};
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use tau_core::SessionId;
use tau_core::event::{EventHash, Seq};
use tau_proto::runtime::v1::{Ack, Event, SessionPosition, SessionSelector, attach_response::Message};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::book::{Book, Next};
use super::entry::Kept;
use super::session::{Outcome, Standing};
use crate::attach::{Selector, SessionTraits};
use crate::kernel::gate::{Gate, Position};

const CLIENTS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Deed {
    /// A client attaches for the sessions of these agents, or for all where there are none.
    Attach(usize, BTreeSet<u8>),
    Detach(usize),
    Append(usize),
    /// A client reads everything that there is.
    Read(usize),
    /// A client acknowledges what it was sent of a session, whether it is still for it or not.
    Ack(usize, usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    (0..5_u8, 0..3_usize, 0..4_usize, btree_set(0..2_u8, 0..2)).prop_map(|(deed, client, session, agents)| {
        match deed {
            0 => Deed::Attach(client, agents),
            1 => Deed::Detach(client),
            2 => Deed::Append(session),
            3 => Deed::Read(client),
            _ => Deed::Ack(client, session),
        }
    })
}

fn agent(number: u8) -> String {
    format!("agent-{number}")
}

/// A session of the test, and what is known of it apart from the book.
struct Session {
    id: SessionId,
    agent: u8,
    token: u64,
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    gate: Gate,
    last: Seq,
    /// What each client acknowledged while it was attached for this session.
    held: BTreeMap<usize, Seq>,
}

impl Session {
    fn hear(&mut self) {
        while let Ok(outcome) = self.outcomes.try_recv() {
            match outcome {
                Outcome::Attached { client } => self.gate.attached(&client),
                Outcome::Lost { client } => self.gate.lost(&client),
                Outcome::Acked { client, seq } => {
                    _ = self.gate.ack(&client, Position { epoch: 1, seq }).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The last event that so many journals of this session acknowledged.
    fn durable(&self, required: usize) -> Seq {
        let mut held: Vec<Seq> = self.held.values().copied().collect();
        held.sort_unstable_by(|one, other| other.cmp(one));
        held.get(required - 1).copied().unwrap_or_default()
    }
}

/// A client of the test.
#[derive(Default)]
struct Journal {
    attachment: Option<(u64, BTreeSet<u8>)>,
    sent: BTreeMap<SessionId, Seq>,
}

impl Journal {
    fn selects(&self, agent: u8) -> bool {
        self.attachment.as_ref().is_some_and(|(_, agents)| agents.is_empty() || agents.contains(&agent))
    }
}

fn begin(book: &mut Book, number: u8, required: usize) -> Session {
    let id = SessionId::from_u128(number.into());
    let (sender, outcomes) = mpsc::unbounded_channel();
    let agent = number % 2;
    let position = Position { epoch: 1, seq: Seq(0) };
    let traits = SessionTraits::new(id).with_agent(self::agent(agent));
    let standing = Standing { session: id, traits, position, hash: EventHash::ZERO, required };
    let token = book.register(standing, sender);
    let gate = Gate::new(required, position);
    Session { id, agent, token, outcomes, gate, last: Seq(0), held: BTreeMap::new() }
}

fn attach(book: &mut Book, client: usize, agents: &BTreeSet<u8>) -> u64 {
    let agents = agents.iter().map(|number| agent(*number)).collect();
    let selector = Selector::read(&SessionSelector { agents, ..Default::default() }).unwrap();
    book.attach(CLIENTS[client], selector, &[], Arc::new(Notify::new()))
}

fn read(book: &mut Book, client: usize, attachment: u64) -> Vec<Event> {
    let mut events = Vec::new();
    while let Next::Say(message) = book.next(CLIENTS[client], attachment, Instant::now()) {
        let Message::Append(append) = *message else { panic!("{message:?}") };
        events.extend(append.events);
    }
    events
}

proptest! {
    #[test]
    fn a_journal_speaks_for_the_sessions_that_it_selects(
        deeds in vec(deed(), 0..60),
        required in 1..3_usize,
        late in any::<bool>(),
    ) {
        let mut book = Book::default();
        let mut journals: [Journal; 3] = std::array::from_fn(|_| Journal::default());
        let mut sessions: Vec<Session> =
            (0..if late { 2 } else { 4 }).map(|number| begin(&mut book, number, required)).collect();
        for (at, deed) in deeds.into_iter().enumerate() {
            if at == 10 && late {
                sessions.extend((2..4).map(|number| begin(&mut book, number, required)));
            }
            match deed {
                Deed::Attach(client, agents) => {
                    let attachment = attach(&mut book, client, &agents);
                    journals[client].attachment = Some((attachment, agents));
                }
                Deed::Detach(client) => {
                    if let Some((attachment, _)) = journals[client].attachment.take() {
                        book.detach(CLIENTS[client], attachment);
                    }
                }
                Deed::Append(session) => if let Some(session) = sessions.get_mut(session) {
                    session.last = session.last.next();
                    let event = Event {
                        session_id: session.id.to_string(), seq: session.last.0, epoch: 1, ..Default::default()
                    };
                    let mut kept = Kept::new(event, EventHash::ZERO);
                    kept.ends_append = true;
                    book.append(session.id, session.token, vec![kept]);
                    let released = session.gate.commit(session.last, Vec::new());
                    prop_assert!(released.is_empty());
                },
                Deed::Read(client) => if let Some((attachment, _)) = journals[client].attachment {
                    for event in read(&mut book, client, attachment) {
                        let of = sessions.iter().find(|one| one.id.to_string() == event.session_id).unwrap();
                        prop_assert!(journals[client].selects(of.agent), "{client} was sent {event:?}");
                        let sent = journals[client].sent.entry(of.id).or_default();
                        *sent = (*sent).max(Seq(event.seq));
                    }
                    // It has everything now, but for what was dropped because others hold it.
                    for session in sessions.iter().filter(|one| journals[client].selects(one.agent)) {
                        let sent = journals[client].sent.get(&session.id).copied().unwrap_or_default();
                        prop_assert!(sent == session.last || session.held.values().any(|held| *held > sent));
                    }
                },
                Deed::Ack(client, session) => {
                    let journal = &journals[client];
                    let Some((attachment, _)) = journal.attachment else { continue };
                    let Some(session) = sessions.get_mut(session) else { continue };
                    let Some(seq) = journal.sent.get(&session.id).copied() else { continue };
                    let session_id = session.id.to_string();
                    let at = SessionPosition { session_id, seq: seq.0, epoch: 1, ..Default::default() };
                    let ack = Ack { positions: vec![at], ..Default::default() };
                    book.ack(CLIENTS[client], attachment, &ack).unwrap();
                    if journal.selects(session.agent) {
                        session.held.insert(client, seq);
                    }
                }
            }
            for session in &mut sessions {
                session.hear();
                prop_assert_eq!(session.gate.durable(), session.durable(required));
                let there = journals.iter().filter(|journal| journal.selects(session.agent)).count();
                prop_assert_eq!(session.gate.is_short(), there < required);
            }
        }
    }
}
