//! Extensions and callers that the book is played against.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use tau_core::event::ToolSpec;
use tau_core::{EffectClass, SessionId, ToolDefinition};
use tau_proto::runtime::v1::attach_response::Message;
use tau_proto::runtime::v1::{
    Call, CallFailure, CallFailureKind, CallProgress, CallResult, RunTool, ToolReturn, call_progress,
    call_result::Result as Answer,
};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::attach::calls::{Book, Key, Repeat, Request, Settled, Step, Terms, Then};
use crate::attach::offer::Offer;
use crate::attach::role::{Roles, Target, ToolsProvider};
use crate::attach::selector::{Selector, SessionTraits};

pub(super) const GRACE: Duration = Duration::from_secs(10);
pub(super) const CLIENTS: [&str; 2] = ["a", "b"];
const TOOLS: [&str; 2] = ["free", "bound"];
/// How many calls of the second tool a client runs at a time.
pub(super) const BOUND: usize = 2;

#[derive(Debug, Clone)]
pub(super) enum Deed {
    Open {
        tool: usize,
        is_repeatable: bool,
    },
    Connect {
        client: usize,
        remembers: bool,
        credit: u64,
    },
    /// What is said next arrives.
    Hear {
        client: usize,
    },
    /// What is said next is lost, and with it the connection.
    Lose {
        client: usize,
    },
    /// The oldest call that runs tells something.
    Tell {
        client: usize,
    },
    /// The oldest call that runs ends; its result may be lost with the connection.
    Finish {
        client: usize,
        arrives: bool,
    },
    Abandon {
        call: usize,
    },
    Take {
        call: usize,
    },
    Wait {
        seconds: u64,
    },
}

pub(super) fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let client = || 0..CLIENTS.len();
    let deed = prop_oneof![
        4 => (0..TOOLS.len(), any::<bool>()).prop_map(|(tool, is_repeatable)| Deed::Open { tool, is_repeatable }),
        2 => (client(), any::<bool>(), 0u64..4)
            .prop_map(|(client, remembers, credit)| Deed::Connect { client, remembers, credit }),
        8 => client().prop_map(|client| Deed::Hear { client }),
        1 => client().prop_map(|client| Deed::Lose { client }),
        2 => client().prop_map(|client| Deed::Tell { client }),
        4 => (client(), any::<bool>()).prop_map(|(client, arrives)| Deed::Finish { client, arrives }),
        1 => (0..30usize).prop_map(|call| Deed::Abandon { call }),
        4 => (0..30usize).prop_map(|call| Deed::Take { call }),
        1 => (1..8u64).prop_map(|seconds| Deed::Wait { seconds }),
    ];
    vec(deed, 0..120)
}

/// An extension as the interface wants it.
#[derive(Default)]
pub(super) struct Extension {
    attachment: Option<u64>,
    token: String,
    credit: u64,
    /// What it knows of calls: running, or how they ended.
    pub(super) calls: BTreeMap<String, Option<Answer>>,
    /// How often it has forgotten everything.
    life: u64,
    /// What it has told of each, and what of it was taken.
    told: BTreeMap<String, (u64, u64)>,
    /// Results that this attachment still owes.
    owes: usize,
}

pub(super) struct World {
    pub(super) book: Book,
    pub(super) now: Instant,
    pub(super) extensions: [Extension; 2],
    pub(super) calls: Vec<Known>,
    /// How often each call began.
    pub(super) begun: BTreeMap<String, usize>,
    tokens: u64,
}

/// A call as its caller knows it.
pub(super) struct Known {
    key: Key,
    pub(super) id: String,
    pub(super) is_repeatable: bool,
    /// Its client may be told that it is settled.
    is_settled: bool,
    /// The last piece of progress: in which life of its extension, and which.
    heard: (u64, u64),
    pub(super) end: End,
}

#[derive(Debug, PartialEq)]
pub(super) enum End {
    Open,
    Abandoned,
    Done,
}

fn roles(priority: i32) -> Roles {
    let offer = |name: &&str| Offer {
        spec: ToolSpec::new(ToolDefinition::new(*name, "", serde_json::json!({})), EffectClass::Pure),
        timeout: None,
        max_calls: (*name == "bound").then_some(BOUND),
    };
    let offers = TOOLS.iter().map(offer).collect();
    let tools = Some(ToolsProvider { priority, selector: Selector::default(), offers });
    Roles { tools, ..Roles::default() }
}

fn failure(kind: CallFailureKind) -> Answer {
    Answer::Failure(CallFailure { kind: kind.into(), ..Default::default() })
}

impl World {
    pub(super) fn new() -> Self {
        let extensions = <[Extension; 2]>::default();
        let (book, now) = (Book::new(GRACE), Instant::now());
        Self { book, now, extensions, calls: Vec::new(), begun: BTreeMap::new(), tokens: 0 }
    }

    pub(super) fn perform(&mut self, deed: &Deed) {
        match *deed {
            Deed::Open { tool, is_repeatable } => self.open(tool, is_repeatable),
            Deed::Connect { client, remembers, credit } => self.connect(client, remembers, credit),
            Deed::Hear { client } => drop(self.hear(client)),
            Deed::Lose { client } => {
                if let Some(attachment) = self.extensions[client].attachment {
                    let _ = self.book.next(CLIENTS[client], attachment);
                    self.disconnect(client);
                }
            }
            Deed::Tell { client } => self.tell(client),
            Deed::Finish { client, arrives } => self.finish(client, arrives),
            Deed::Abandon { call } => {
                if let Some(known) = self.calls.get_mut(call).filter(|known| known.end == End::Open) {
                    known.end = End::Abandoned;
                    self.book.abandon(known.key, self.now);
                }
            }
            Deed::Take { call } => self.take(call),
            Deed::Wait { seconds } => {
                self.now += Duration::from_secs(seconds);
                self.commit();
            }
        }
    }

    pub(super) fn open(&mut self, tool: usize, is_repeatable: bool) {
        let id = format!("call-{}", self.calls.len());
        let call = Call { call_id: id.clone(), call: Some(RunTool::default().into()), ..Default::default() };
        let session = SessionTraits::new(SessionId::from_u128(1));
        let target = Target::Tool { name: TOOLS[tool].to_owned(), session };
        let repeat = if is_repeatable { Repeat::Freely } else { Repeat::OnlyIfHeld };
        let is_kept = self.calls.len() % 2 == 1;
        let settled = if is_kept { Settled::Durable } else { Settled::Taken };
        let request = Request { call, target, repeat, deadline: None, settled };
        let (key, _) = self.book.call(request.clone(), self.now).unwrap();
        assert!(self.book.call(request, self.now).is_none(), "the same call twice");
        let (heard, end) = ((0, 0), End::Open);
        self.calls.push(Known { key, id, is_repeatable, is_settled: !is_kept, heard, end });
    }

    pub(super) fn connect(&mut self, client: usize, remembers: bool, credit: u64) {
        self.tokens += 1;
        let extension = &mut self.extensions[client];
        if !remembers {
            *extension = Extension { life: extension.life + 1, ..Extension::default() };
        }
        let terms = Terms {
            roles: roles(client as i32),
            token: extension.token.clone(),
            new_token: format!("token-{}", self.tokens),
            credit,
            input_window: 1 << 20,
            wake: Arc::new(Notify::new()),
        };
        let entered = self.book.attach(CLIENTS[client], terms, self.now).unwrap();
        assert!(!entered.is_resumed || remembers);
        // What is not named is stopped.
        for (id, state) in &mut extension.calls {
            if !entered.open_call_ids.contains(id) && state.is_none() {
                *state = Some(failure(CallFailureKind::Cancelled));
            }
        }
        (extension.attachment, extension.token) = (Some(entered.attachment), entered.token);
        (extension.credit, extension.owes) = (credit, 0);
    }

    pub(super) fn disconnect(&mut self, client: usize) {
        if let Some(attachment) = self.extensions[client].attachment.take() {
            self.book.detach(CLIENTS[client], attachment, false, self.now);
        }
    }

    /// Takes what is said next. Whether there was something.
    pub(super) fn hear(&mut self, client: usize) -> bool {
        let extension = &mut self.extensions[client];
        let Some(attachment) = extension.attachment else { return false };
        let message = match self.book.next(CLIENTS[client], attachment) {
            Step::Say(message) => *message,
            Step::Busy | Step::Idle => return false,
            Step::Replaced => panic!("nobody else attached"),
        };
        match message {
            Message::Call(call) => {
                extension.owes += 1;
                assert!(extension.owes as u64 <= extension.credit, "more calls than credit");
                self.called(client, &call);
            }
            Message::CallCancel(cancel) => {
                let state = extension.calls.get_mut(&cancel.call_id);
                if let Some(state @ None) = state {
                    *state = Some(failure(CallFailureKind::Cancelled));
                    self.say_result(client, &cancel.call_id);
                }
            }
            Message::CallReceived(received) => {
                let (told, taken) = extension.told.entry(received.call_id).or_default();
                assert!(*taken <= received.number && received.number <= *told);
                *taken = received.number;
            }
            Message::CallsSettled(settled) => {
                for id in settled.call_ids {
                    extension.told.remove(&id);
                    let asked = self.calls.iter().find(|known| known.id == id);
                    let may_forget = |known: &Known| known.is_settled || known.end == End::Abandoned;
                    assert!(asked.is_none_or(may_forget), "{id} is settled before its result is durable");
                    let known = extension.calls.remove(&id);
                    assert!(known.is_none_or(|state| state.is_some()), "{id} is settled while it runs");
                }
            }
            other => panic!("unexpected {other:?}"),
        }
        true
    }

    fn called(&mut self, client: usize, call: &Call) {
        let id = call.call_id.clone();
        let extension = &mut self.extensions[client];
        match extension.calls.get(&id) {
            Some(None) => {}
            Some(Some(_)) => self.say_result(client, &id),
            None if call.only_if_held => {
                extension.calls.insert(id.clone(), Some(failure(CallFailureKind::NotHeld)));
                self.say_result(client, &id);
            }
            None => {
                extension.calls.insert(id.clone(), None);
                *self.begun.entry(id).or_default() += 1;
            }
        }
    }

    fn say_result(&mut self, client: usize, id: &str) {
        let extension = &mut self.extensions[client];
        let (Some(attachment), Some(Some(answer))) = (extension.attachment, extension.calls.get(id)) else {
            return;
        };
        extension.owes = extension.owes.saturating_sub(1);
        let result =
            CallResult { call_id: id.to_owned(), result: Some(answer.clone()), ..Default::default() };
        self.book.result(CLIENTS[client], attachment, result).unwrap();
    }

    fn tell(&mut self, client: usize) {
        let extension = &mut self.extensions[client];
        let running = extension.calls.iter().find(|(_, state)| state.is_none()).map(|(id, _)| id.clone());
        let (Some(attachment), Some(call_id)) = (extension.attachment, running) else { return };
        let (told, _) = extension.told.entry(call_id.clone()).or_default();
        *told += 1;
        let number = *told;
        let progress = Some(call_progress::Progress::Text(format!("{} {number}", extension.life)));
        let piece = CallProgress { call_id, number, progress, ..Default::default() };
        self.book.progress(CLIENTS[client], attachment, piece).unwrap();
    }

    fn finish(&mut self, client: usize, arrives: bool) {
        let running = self.extensions[client].calls.iter_mut().find(|(_, state)| state.is_none());
        let Some((id, state)) = running else { return };
        *state = Some(Answer::Tool(ToolReturn::default()));
        let id = id.clone();
        if arrives {
            self.say_result(client, &id);
        } else {
            self.disconnect(client);
        }
    }

    pub(super) fn take(&mut self, call: usize) {
        let Some(known) = self.calls.get_mut(call).filter(|known| known.end == End::Open) else { return };
        let taken = self.book.take(known.key, self.now);
        for piece in taken.progress {
            let call_progress::Progress::Text(text) = piece else { panic!("no text") };
            let (life, number) = text.split_once(' ').unwrap();
            let piece = (life.parse().unwrap(), number.parse().unwrap());
            let next = (known.heard.0, known.heard.1 + 1);
            assert!(piece == next || (piece.0 > next.0 && piece.1 == 1), "{piece:?} after {:?}", known.heard);
            known.heard = piece;
        }
        match taken.then {
            Then::Wait(until) => assert!(until.is_none_or(|until| until > self.now)),
            Then::Done(end) => {
                known.end = End::Done;
                // One that was lost has no result that could become durable.
                known.is_settled |= end.is_err();
                if matches!(*end, Ok(Answer::Tool(_))) {
                    assert!(self.begun[&known.id] > 0, "a result of nothing");
                }
            }
        }
    }

    /// Everything comes back and works, until nothing is left to do.
    pub(super) fn settle(&mut self) {
        for client in 0..CLIENTS.len() {
            self.connect(client, true, 1_000);
        }
        let mut is_busy = true;
        while is_busy {
            is_busy = false;
            for client in 0..CLIENTS.len() {
                while self.hear(client) {
                    is_busy = true;
                }
                while self.extensions[client].calls.values().any(Option::is_none) {
                    self.finish(client, true);
                    is_busy = true;
                }
            }
            (0..self.calls.len()).for_each(|call| self.take(call));
            is_busy |= self.commit();
        }
    }

    /// The results that were taken are durable, or their session is gone. Whether there were any.
    fn commit(&mut self) -> bool {
        let taken = |known: &&mut Known| known.end == End::Done && !known.is_settled;
        let mut is_any = false;
        for (index, known) in self.calls.iter_mut().enumerate().filter(|(_, known)| taken(known)) {
            is_any = true;
            known.is_settled = true;
            if index % 4 == 1 {
                self.book.settle(&known.id);
            } else {
                assert!(self.book.forget(&known.id));
            }
        }
        is_any
    }
}
