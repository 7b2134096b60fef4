//! Random requests, against a model that is as simple as can be: what a store answers and what is in it at the end.

use std::collections::BTreeMap;

use futures::executor::block_on;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::test_runner::Config;
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};
use tau_persist::{
    Append, MemoryStore, Position, Store, StoreError, StoreErrorKind, StoreOptions, event_hash,
    verify_session,
};
use tau_proto::runtime::v1::Event;

use crate::support::{Folder, ManualClock, Writer, id, open, read_all};

const SESSIONS: [&str; 3] = ["a", "b", "c"];
const HOLDERS: [&str; 2] = ["first", "second"];

#[derive(Debug, Clone)]
enum Op {
    /// `count` new events, at the newest epoch plus `epoch`.
    Append {
        session: usize,
        count: usize,
        epoch: i64,
    },
    /// Events that are held, from a place counted from the end, and `new` after them.
    Again {
        session: usize,
        back: u64,
        new: usize,
    },
    /// The next event but `ahead`.
    Skip {
        session: usize,
        ahead: u64,
    },
    /// Another event at a place that is held, counted from the end.
    Fork {
        session: usize,
        back: u64,
    },
    Open {
        session: usize,
        holder: usize,
    },
    TakeOver {
        session: usize,
        holder: usize,
        stale: u64,
    },
    Delete {
        session: usize,
    },
    Reopen,
}

fn ops() -> impl Strategy<Value = Op> {
    let session = 0..SESSIONS.len();
    let holder = 0..HOLDERS.len();
    prop_oneof![
        6 => (session.clone(), 1..4_usize, prop_oneof![8 => Just(0_i64), 1 => Just(1), 1 => Just(-1)])
            .prop_map(|(session, count, epoch)| Op::Append { session, count, epoch }),
        2 => (session.clone(), 1..4_u64, 0..3_usize)
            .prop_map(|(session, back, new)| Op::Again { session, back, new }),
        1 => (session.clone(), 1..3_u64).prop_map(|(session, ahead)| Op::Skip { session, ahead }),
        1 => (session.clone(), 0..3_u64).prop_map(|(session, back)| Op::Fork { session, back }),
        2 => (session.clone(), holder.clone()).prop_map(|(session, holder)| Op::Open { session, holder }),
        1 => (session.clone(), holder, 0..2_u64)
            .prop_map(|(session, holder, stale)| Op::TakeOver { session, holder, stale }),
        1 => session.prop_map(|session| Op::Delete { session }),
        1 => Just(Op::Reopen),
    ]
}

#[derive(Debug, Default, Clone)]
struct Model {
    exists: bool,
    deleted: bool,
    epoch: u64,
    holder: Option<usize>,
    events: Vec<Event>,
}

impl Model {
    fn head(&self) -> Position {
        let hash = self.events.last().map(event_hash).unwrap_or_default();
        Position { seq: self.events.len() as u64, epoch: self.epoch, hash }
    }

    /// A writer that would continue after the event `seq`, which is held.
    fn writer_after(&self, name: &str, seq: u64) -> Writer {
        let mut writer = Writer::new(name);
        let hash =
            seq.checked_sub(1).map(|index| event_hash(&self.events[index as usize])).unwrap_or_default();
        writer.at = Position { seq, epoch: self.epoch, hash };
        writer
    }

    fn append(&mut self, events: &[Event]) -> &'static str {
        let (first, held) = (&events[0], self.events.len() as u64);
        if self.deleted {
            return "Deleted";
        }
        if first.epoch < self.epoch {
            return "Fenced";
        }
        if first.seq > held + 1 {
            return "Gap";
        }
        for event in events {
            match self.events.get(event.seq as usize - 1) {
                Some(known) if known != event => return "Conflict",
                _ => {}
            }
        }
        let new = events.iter().filter(|event| event.seq > held);
        let new: Vec<Event> = new.cloned().collect();
        if new.is_empty() {
            return "Ok";
        }
        if first.seq == held + 1 && first.prev_hash != self.head().hash.0[..] {
            return "HashMismatch";
        }
        if first.epoch > self.epoch {
            self.holder = None;
        }
        self.exists = true;
        self.epoch = first.epoch;
        self.events.extend(new);
        "Ok"
    }

    fn open(&mut self, holder: usize, takeover: Option<u64>) -> &'static str {
        if self.deleted {
            return "Deleted";
        }
        match takeover {
            Some(epoch) if epoch != self.epoch => return "Conflict",
            None if self.holder.is_some_and(|other| other != holder) => return "Leased",
            _ => {}
        }
        self.exists = true;
        self.epoch += 1;
        self.holder = Some(holder);
        "Ok"
    }

    fn delete(&mut self) -> &'static str {
        match self {
            Self { deleted: true, .. } => "Deleted",
            Self { exists: false, .. } => "NotFound",
            Self { holder: Some(_), .. } => "Leased",
            _ => {
                self.deleted = true;
                self.events.clear();
                "Ok"
            }
        }
    }
}

fn name_of<T>(answer: &Result<T, StoreError>) -> &'static str {
    match answer.as_ref().map_err(StoreError::kind) {
        Ok(_) => "Ok",
        Err(StoreErrorKind::Deleted) => "Deleted",
        Err(StoreErrorKind::NotFound) => "NotFound",
        Err(StoreErrorKind::Fenced { .. }) => "Fenced",
        Err(StoreErrorKind::Gap { .. }) => "Gap",
        Err(StoreErrorKind::Conflict { .. }) => "Conflict",
        Err(StoreErrorKind::HashMismatch { .. }) => "HashMismatch",
        Err(StoreErrorKind::Leased { .. }) => "Leased",
        Err(other) => panic!("nobody expects {other:?}"),
    }
}

/// Carries the request out; the answers of store and model.
fn step(store: &dyn Store, models: &mut [Model], op: &Op) -> (&'static str, &'static str) {
    let append = |model: &mut Model, events: Vec<Event>| {
        let answer = store.append(Append::new(events.clone())).wait();
        if let Ok(position) = &answer {
            let last = events.last().unwrap();
            assert_eq!((position.seq, position.hash), (last.seq, event_hash(last)));
        }
        (name_of(&answer), model.append(&events))
    };
    match *op {
        Op::Append { session, count, epoch } => {
            let model = &mut models[session];
            let mut writer = model.writer_after(SESSIONS[session], model.events.len() as u64);
            writer.at.epoch = writer.at.epoch.saturating_add_signed(epoch);
            append(model, writer.events(count))
        }
        Op::Again { session, back, new } => {
            let model = &mut models[session];
            let held = model.events.len() as u64;
            let from = held.saturating_sub(back);
            let mut events: Vec<Event> = model.events[from as usize..].to_vec();
            events.extend(model.writer_after(SESSIONS[session], held).events(new));
            // An append is of one epoch.
            let epoch = events.last().map_or(0, |event| event.epoch);
            let events: Vec<Event> = events.into_iter().filter(|event| event.epoch == epoch).collect();
            if events.is_empty() { ("Ok", "Ok") } else { append(model, events) }
        }
        Op::Skip { session, ahead } => {
            let model = &mut models[session];
            let mut writer = model.writer_after(SESSIONS[session], model.events.len() as u64);
            let events = writer.events(ahead as usize + 1).split_off(ahead as usize);
            append(model, events)
        }
        Op::Fork { session, back } => {
            let model = &mut models[session];
            let mut writer =
                model.writer_after(SESSIONS[session], (model.events.len() as u64).saturating_sub(back));
            let event = writer.event("another thing happened");
            append(model, vec![event])
        }
        Op::Open { session, holder } => {
            let answer = store.open_session(open(SESSIONS[session], HOLDERS[holder])).wait();
            (name_of(&answer), models[session].open(holder, None))
        }
        Op::TakeOver { session, holder, stale } => {
            let epoch = models[session].epoch.saturating_sub(stale);
            let request = open(SESSIONS[session], HOLDERS[holder]).take_over(epoch);
            (name_of(&store.open_session(request).wait()), models[session].open(holder, Some(epoch)))
        }
        Op::Delete { session } => {
            (name_of(&store.delete(&id(SESSIONS[session])).wait()), models[session].delete())
        }
        Op::Reopen => ("Ok", "Ok"),
    }
}

fn contents(store: &dyn Store) -> BTreeMap<&'static str, (Option<Position>, Vec<Event>)> {
    let contents = SESSIONS.map(|name| {
        let head = store.head(&id(name)).wait().unwrap();
        let events = if head.is_some() { read_all(store, &id(name)) } else { Vec::new() };
        (name, (head, events))
    });
    BTreeMap::from(contents)
}

fn expected(models: &[Model]) -> BTreeMap<&'static str, (Option<Position>, Vec<Event>)> {
    let all = SESSIONS.into_iter().zip(models);
    all.map(|(name, model)| {
        let head = (model.exists && !model.deleted).then(|| model.head());
        (name, (head, model.events.clone()))
    })
    .collect()
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn sqlite_does_what_the_model_does(ops in vec(ops(), 1..60)) {
        let folder = Folder::new();
        let options = StoreOptions::default().with_clock(ManualClock::new());
        let mut store = Some(folder.open_with(options.clone()));
        let mut models = vec![Model::default(); SESSIONS.len()];
        for op in &ops {
            if matches!(op, Op::Reopen) {
                store = None;
                store = store.or_else(|| Some(folder.open_with(options.clone())));
            }
            let (answer, wanted) = step(store.as_ref().unwrap(), &mut models, op);
            prop_assert_eq!(answer, wanted, "{:?}", op);
        }
        let store = store.unwrap();
        prop_assert_eq!(contents(&store), expected(&models));
        for (name, model) in SESSIONS.into_iter().zip(&models) {
            if model.exists && !model.deleted {
                let verification = block_on(verify_session(&store, &id(name))).unwrap();
                prop_assert!(verification.damage.is_none(), "{:?}", verification);
            }
        }
    }

    #[test]
    fn memory_does_what_the_model_does(ops in vec(ops(), 1..60)) {
        let store = MemoryStore::new(StoreOptions::default().with_clock(ManualClock::new()));
        let mut models = vec![Model::default(); SESSIONS.len()];
        for op in &ops {
            let (answer, wanted) = step(&store, &mut models, op);
            prop_assert_eq!(answer, wanted, "{:?}", op);
        }
        prop_assert_eq!(contents(&store), expected(&models));
    }
}
