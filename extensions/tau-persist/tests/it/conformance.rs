//! What every store keeps true. A new implementation gets a line at the end.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use tau_persist::{
    Append, ListOrder, ListSessions, MemoryStore, OutboxMessage, Position, ReadEvents, Retention, Rule,
    Search, Sha256Hash, Snapshot, SqliteOptions, SqliteStore, Store, StoreErrorKind as Kind, StoreOptions,
    verify_session,
};
use tau_proto::buffa::{MessageField, UnknownField, UnknownFieldData};
use tau_proto::runtime::v1::Event;

use crate::support::{BodyText, ManualClock, Writer, ZERO, id, kind, open, read_all};

/// A store that is being tested, and what must live as long.
struct Subject {
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    _folder: Option<tempfile::TempDir>,
}

type Make = fn(StoreOptions) -> (Arc<dyn Store>, Option<tempfile::TempDir>);

fn subject_with(make: Make, change: impl FnOnce(StoreOptions) -> StoreOptions) -> Subject {
    let clock = ManualClock::new();
    let options = StoreOptions::default().with_clock(clock.clone()).with_text(Arc::new(BodyText));
    let (store, folder) = make(change(options));
    Subject { store, clock, _folder: folder }
}

fn subject(make: Make) -> Subject {
    subject_with(make, |options| options)
}

fn what_is_appended_is_read(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    assert_eq!(store.head(&id("s")).wait().unwrap(), None);
    let mut all = writer.append(&*store, 1);
    all.extend(writer.append(&*store, 30));
    assert_eq!(read_all(&*store, &id("s")), all);
    assert_eq!(store.head(&id("s")).wait().unwrap(), Some(writer.at));
    let verification = block_on(verify_session(&*store, &id("s"))).unwrap();
    assert!(verification.damage.is_none(), "{verification:?}");
    assert_eq!((verification.intact, verification.head), (writer.at, writer.at));
}

fn odd_contents_come_back_whole(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    let mut events = Vec::new();
    for body in [vec![], vec![0, 255, 0], vec![7; 64 << 10], vec![8; (64 << 10) + 1], vec![9; 10 << 20]] {
        events.push(writer.event(body));
    }
    // Twice the same large body, the longest names, times before 1970, and what a newer interface may add.
    let mut odd = writer.event(vec![8; (64 << 10) + 1]);
    odd.event_id = "é".repeat(64);
    odd.kind = "k".repeat(128);
    odd.cause_event_id = Some("c".into());
    odd.schema_version = u32::MAX;
    odd.time = MessageField::some(tau_proto::buffa_types::google::protobuf::Timestamp {
        seconds: -62_135_596_800,
        nanos: 999_999_999,
        ..Default::default()
    });
    odd.__buffa_unknown_fields.push(UnknownField { number: 999, data: UnknownFieldData::Varint(7) });
    writer.at.hash = tau_persist::event_hash(&odd);
    events.push(odd);
    store.append(Append::new(events.clone())).wait().unwrap();
    let read = read_all(&*store, &id("s"));
    assert!(read == events, "an event came back changed");
    let fields = |event: &Event| event.__buffa_unknown_fields.iter().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&read[5]), fields(&events[5]));
}

fn pages_keep_their_bounds(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    let events: Vec<Event> = (0..10).map(|_| writer.event(vec![1; 100])).collect();
    store.append(Append::new(events.clone())).wait().unwrap();
    let page = |after, max_events, max_bytes| {
        let request = ReadEvents::after(id("s"), after).with_max_events(max_events).with_max_bytes(max_bytes);
        store.read(request).wait().unwrap().iter().map(|event| event.seq).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 3, 1_000_000), [1, 2, 3]);
    assert_eq!(page(3, 100, 250), [4, 5]);
    assert_eq!(page(4, 100, 200), [5, 6]);
    // At least one, however small the limits.
    assert_eq!(page(5, 0, 0), [6]);
    assert_eq!(page(9, 5, 5), [10]);
    for after in [10, 11, u64::MAX] {
        assert_eq!(page(after, 5, 1_000), [0; 0]);
    }
    assert_eq!(kind(store.read(ReadEvents::after(id("none"), 0)).wait()), Kind::NotFound);
}

fn an_append_must_continue_the_session(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    writer.append(&*store, 3);
    let held = writer.at;
    let mut ahead = writer.clone();
    ahead.event("4");
    let gap = ahead.event("5");
    let error = store.append(Append::new(vec![gap])).wait().unwrap_err();
    assert_eq!((error.kind(), error.seq()), (&Kind::Gap { held }, Some(5)));

    let mut other = writer.clone();
    other.at.hash = Sha256Hash::of(b"another history");
    let stranger = other.event("4");
    let error = store.append(Append::new(vec![stranger])).wait().unwrap_err();
    let expected = Kind::HashMismatch { expected: held.hash, found: Sha256Hash::of(b"another history") };
    assert_eq!((error.kind(), error.seq()), (&expected, Some(4)));

    let mut first = Writer::new("new");
    first.at.hash = Sha256Hash::of(b"x");
    let kind = kind(store.append(Append::new(vec![first.event("1")])).wait());
    assert_eq!(kind, Kind::HashMismatch { expected: ZERO, found: Sha256Hash::of(b"x") });
    assert_eq!(store.head(&id("new")).wait().unwrap(), None);
    assert_eq!(store.head(&id("s")).wait().unwrap(), Some(held));
}

fn a_repetition_is_answered_and_not_stored(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    let events = writer.append(&*store, 5);
    let head = writer.at;
    for range in [0..5, 4..5, 1..3, 0..1] {
        let position = store.append(Append::new(events[range.clone()].to_vec())).wait().unwrap();
        // Of the last event sent: nobody may be told of more than they have sent.
        assert_eq!(position.seq, range.end as u64);
        assert_eq!(position.hash, tau_persist::event_hash(&events[range.end - 1]));
    }
    // Half known, half new.
    let mut append = events[3..].to_vec();
    append.extend(writer.events(2));
    assert_eq!(store.append(Append::new(append)).wait().unwrap(), writer.at);
    assert_eq!(read_all(&*store, &id("s")).len(), 7);

    let mut fork = Writer { at: Position { seq: 2, ..head }, ..writer.clone() };
    fork.at.hash = tau_persist::event_hash(&events[1]);
    let error = store.append(Append::new(vec![fork.event("something else")])).wait().unwrap_err();
    assert_eq!(error.seq(), Some(3));
    let Kind::Conflict { expected, found } = error.kind() else { panic!("{error:?}") };
    assert_eq!((expected.hash, found.hash), (fork.at.hash, tau_persist::event_hash(&events[2])));
    // The same id with another content is another event.
    let mut changed = events[4].clone();
    changed.body = "changed".into();
    assert!(matches!(kind(store.append(Append::new(vec![changed])).wait()), Kind::Conflict { .. }));
    assert_eq!(read_all(&*store, &id("s")).len(), 7);
}

fn a_refused_append_leaves_nothing(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    writer.append(&*store, 2);
    let mut events = writer.clone().events(3);
    events[2].prev_hash = vec![1; 32].into();
    assert!(matches!(kind(store.append(Append::new(events)).wait()), Kind::HashMismatch { .. }));
    assert_eq!(store.head(&id("s")).wait().unwrap(), Some(writer.at));
    assert_eq!(read_all(&*store, &id("s")).len(), 2);
}

fn rules_of_events_are_kept(make: Make) {
    let Subject { store, .. } = subject_with(make, |options| options.with_max_event_bytes(1_000));
    let refused = |rule: Rule, change: &dyn Fn(&mut Vec<Event>)| {
        let mut events = Writer::new("s").events(2);
        change(&mut events);
        assert_eq!(kind(store.append(Append::new(events)).wait()), Kind::Invalid(rule), "{rule:?}");
    };
    refused(Rule::Empty, &|events| events.clear());
    refused(Rule::SessionId, &|events| events[0].session_id = "a/b".into());
    refused(Rule::OneSession, &|events| events[1].session_id = "t".into());
    refused(Rule::OneEpoch, &|events| events[1].epoch = 1);
    refused(Rule::Contiguous, &|events| events[1].seq = 3);
    refused(Rule::Contiguous, &|events| events[1].seq = 1);
    refused(Rule::Range, &|events| events[0].seq = 0);
    refused(Rule::Range, &|events| events[0].seq = u64::MAX);
    refused(Rule::Range, &|events| events.iter_mut().for_each(|event| event.epoch = 1 << 63));
    refused(Rule::EventId, &|events| events[1].event_id.clear());
    refused(Rule::EventId, &|events| events[1].event_id = "x".repeat(129));
    refused(Rule::Kind, &|events| events[0].kind.clear());
    refused(Rule::SchemaVersion, &|events| events[0].schema_version = 0);
    refused(Rule::CauseEventId, &|events| events[0].cause_event_id = Some(String::new()));
    refused(Rule::Time, &|events| events[0].time = MessageField::none());
    refused(Rule::Time, &|events| events[0].time.get_or_insert_default().nanos = 1_000_000_000);
    refused(Rule::Time, &|events| events[0].time.get_or_insert_default().nanos = -1);
    refused(Rule::PrevHash, &|events| events[0].prev_hash = vec![0; 31].into());
    let large = Writer::new("s").event(vec![0; 1_001]);
    let too_large = Kind::TooLarge { bytes: 1_001, limit: 1_000 };
    assert_eq!(kind(store.append(Append::new(vec![large])).wait()), too_large);
    assert_eq!(store.head(&id("s")).wait().unwrap(), None);
}

fn one_writer_at_a_time(make: Make) {
    let Subject { store, clock, .. } = subject(make);
    let first = store.open_session(open("s", "first")).wait().unwrap();
    assert_eq!((first.epoch, first.head.seq), (1, 0));
    let Kind::Leased { holder, epoch, expires } = kind(store.open_session(open("s", "second")).wait()) else {
        panic!("the second writer was let in")
    };
    assert_eq!((holder.as_str(), epoch, expires), ("first", 1, first.expires));

    // Renewed in time it lasts; when it has run out it can be renewed as long as nobody else came.
    clock.advance(29);
    store.renew_lease(&first, Duration::from_secs(30)).wait().unwrap();
    clock.advance(29);
    assert!(matches!(kind(store.open_session(open("s", "second")).wait()), Kind::Leased { .. }));
    clock.advance(100);
    store.renew_lease(&first, Duration::from_secs(30)).wait().unwrap();
    clock.advance(31);
    let second = store.open_session(open("s", "second")).wait().unwrap();
    assert_eq!(second.epoch, 2);
    let held = second.head;
    assert_eq!(kind(store.renew_lease(&first, Duration::from_secs(30)).wait()), Kind::Fenced { held });
    assert_eq!(kind(store.release_lease(&first).wait()), Kind::Fenced { held });

    store.release_lease(&second).wait().unwrap();
    let third = store.open_session(open("s", "third")).wait().unwrap();
    assert_eq!(third.epoch, 3);
    // The same holder again: a process that was restarted under its name.
    assert_eq!(store.open_session(open("s", "third")).wait().unwrap().epoch, 4);
    assert_eq!(kind(store.open_session(open("s", "")).wait()), Kind::Invalid(Rule::Name));
}

fn a_lease_is_taken_over_from_the_writer_that_was_seen(make: Make) {
    let Subject { store, .. } = subject(make);
    let gone = store.open_session(open("s", "gone")).wait().unwrap();
    let next = store.open_session(open("s", "next").take_over(gone.epoch)).wait().unwrap();
    assert_eq!(next.epoch, 2);
    // Somebody else saw the same corpse, and comes too late.
    let late = kind(store.open_session(open("s", "late").take_over(gone.epoch)).wait());
    let Kind::Conflict { expected, found } = late else { panic!("{late:?}") };
    assert_eq!((expected.epoch, found.epoch), (1, 2));
    assert!(matches!(kind(store.open_session(open("x", "x").take_over(9)).wait()), Kind::Conflict { .. }));
}

fn an_old_epoch_never_writes_again(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    writer.at = store.open_session(open("s", "old")).wait().unwrap().head;
    assert_eq!(writer.at.epoch, 1);
    let events = writer.append(&*store, 2);
    let mut old = writer.clone();
    let taken = store.open_session(open("s", "new").take_over(1)).wait().unwrap();
    assert_eq!(taken.head, Position { epoch: 2, ..old.at });
    let held = taken.head;
    assert_eq!(kind(store.append(Append::new(old.events(1))).wait()), Kind::Fenced { held });
    // Nor is it told that its events are safe: it would go on because of that.
    assert_eq!(kind(store.append(Append::new(events)).wait()), Kind::Fenced { held });
    writer.at = taken.head;
    writer.append(&*store, 1);

    // An epoch given out elsewhere fences as well, and ends the lease.
    writer.at.epoch = 7;
    writer.append(&*store, 1);
    assert!(matches!(kind(store.renew_lease(&taken, Duration::from_secs(30)).wait()), Kind::Fenced { .. }));
    assert_eq!(store.open_session(open("s", "third")).wait().unwrap().epoch, 8);
    assert_eq!(read_all(&*store, &id("s")).len(), 4);
}

fn a_clock_set_back_locks_nobody_out(make: Make) {
    let Subject { store, clock, .. } = subject(make);
    store.open_session(open("s", "first")).wait().unwrap();
    clock.set(1_000);
    let second = store.open_session(open("s", "second")).wait().unwrap();
    let mut writer = Writer::new("s");
    writer.at = second.head;
    writer.append(&*store, 1);
    assert_eq!(store.list(ListSessions::first(1)).wait().unwrap()[0].head, writer.at);
}

fn sessions_are_listed_last_written_first(make: Make) {
    let Subject { store, clock, .. } = subject(make);
    for name in ["a", "b", "c", "d", "e"] {
        Writer::new(name).append(&*store, 1);
        clock.advance(1);
    }
    Writer::new("f").append(&*store, 1);
    // The same moment: by name, in the direction of the list.
    Writer::new("e2").append(&*store, 2);
    store.open_session(open("b", "me")).wait().unwrap();
    let names = |request| {
        let list = store.list(request).wait().unwrap();
        list.iter().map(|info| info.session.to_string()).collect::<Vec<_>>()
    };
    for (order, expected) in [
        (ListOrder::UpdatedDescending, ["f", "e2", "b", "e", "d", "c", "a"]),
        (ListOrder::UpdatedAscending, ["a", "c", "d", "e", "b", "e2", "f"]),
        (ListOrder::CreatedDescending, ["f", "e2", "e", "d", "c", "b", "a"]),
        (ListOrder::CreatedAscending, ["a", "b", "c", "d", "e", "e2", "f"]),
    ] {
        assert_eq!(names(ListSessions::first(100).in_order(order)), expected, "{order:?}");
        let mut paged = Vec::new();
        let mut request = ListSessions::first(2).in_order(order);
        loop {
            let page = store.list(request.clone()).wait().unwrap();
            let Some(last) = page.last() else { break };
            request = request.after(last);
            paged.extend(page.iter().map(|info| info.session.to_string()));
        }
        assert_eq!(paged, expected, "{order:?}");
    }
    let asked = |change: &dyn Fn(&mut ListSessions)| {
        let mut request = ListSessions::first(100);
        change(&mut request);
        names(request)
    };
    assert_eq!(asked(&|request| request.sessions = vec![id("c"), id("none"), id("f")]), ["f", "c"]);
    assert_eq!(asked(&|request| request.prefix = "e".to_owned()), ["e2", "e"]);
    assert_eq!(asked(&|request| request.prefix = "none".to_owned()), Vec::<String>::new());
    let infos = store.list(ListSessions::first(100)).wait().unwrap();
    let written = |name: &str| infos.iter().find(|info| info.session.as_str() == name).unwrap().updated;
    let (from, before) = (written("c"), written("e"));
    assert_eq!(asked(&|request| request.updated_from = Some(from)), ["f", "e2", "b", "e", "d", "c"]);
    assert_eq!(asked(&|request| request.updated_before = Some(before)), ["d", "c", "a"]);
    let both = |request: &mut ListSessions| {
        (request.updated_from, request.updated_before) = (Some(from), Some(before));
        request.order = ListOrder::CreatedAscending;
    };
    assert_eq!(asked(&both), ["c", "d"]);
    let mut request = ListSessions::first(1);
    request.sessions = vec![id("b")];
    let first = &store.list(request).wait().unwrap()[0];
    assert_eq!((first.holder.as_deref(), first.head.seq, first.head.epoch), (Some("me"), 1, 1));
    assert!(first.created < first.updated);
    clock.advance(31);
    assert_eq!(store.list(ListSessions::first(1)).wait().unwrap()[0].holder, None);
}

fn leases_are_known_until_they_are_given_back(make: Make) {
    let Subject { store, clock, .. } = subject(make);
    assert_eq!(store.leases(10).wait().unwrap(), []);
    let first = store.open_session(open("a", "one")).wait().unwrap();
    clock.advance(1);
    let second = store.open_session(open("b", "two")).wait().unwrap();
    let mut writer = Writer::new("b");
    writer.at = second.head;
    writer.append(&*store, 2);
    Writer::new("c").append(&*store, 1);
    let mut second = second;
    second.head = writer.at;
    // Also when their time is over.
    clock.advance(100);
    assert_eq!(store.leases(10).wait().unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.leases(1).wait().unwrap(), [second]);
    store.delete(&id("b")).wait().unwrap();
    let renewed = store.renew_lease(&first, Duration::from_secs(5)).wait().unwrap();
    assert_eq!(store.leases(10).wait().unwrap(), [renewed]);
    store.release_lease(&first).wait().unwrap();
    assert_eq!(store.leases(10).wait().unwrap(), []);
}

fn a_snapshot_is_of_this_history_or_none(make: Make) {
    let Subject { store, .. } = subject_with(make, |options| options.with_max_event_bytes(1_000));
    let mut writer = Writer::new("s");
    writer.append(&*store, 3);
    let at = writer.at;
    writer.append(&*store, 2);
    let snapshot = |seq, hash, body: &str| Snapshot::new(id("s"), "state", seq, hash, body.to_owned());
    assert_eq!(store.snapshot(&id("s"), "state").wait().unwrap(), None);
    store.put_snapshot(snapshot(3, at.hash, "three")).wait().unwrap();
    assert_eq!(store.snapshot(&id("s"), "state").wait().unwrap(), Some(snapshot(3, at.hash, "three")));
    store.put_snapshot(snapshot(5, writer.at.hash, "five")).wait().unwrap();
    assert_eq!(store.snapshot(&id("s"), "state").wait().unwrap(), Some(snapshot(5, writer.at.hash, "five")));
    assert_eq!(store.snapshot(&id("s"), "other").wait().unwrap(), None);
    assert_eq!(store.snapshot(&id("none"), "state").wait().unwrap(), None);

    let held = writer.at;
    for seq in [0, 6] {
        assert_eq!(kind(store.put_snapshot(snapshot(seq, ZERO, "")).wait()), Kind::Gap { held });
    }
    let wrong = kind(store.put_snapshot(snapshot(5, at.hash, "")).wait());
    assert_eq!(wrong, Kind::HashMismatch { expected: held.hash, found: at.hash });
    let large = kind(store.put_snapshot(snapshot(5, held.hash, &"x".repeat(1_001))).wait());
    assert_eq!(large, Kind::TooLarge { bytes: 1_001, limit: 1_000 });
    let nameless = Snapshot::new(id("s"), "", 5, held.hash, "");
    assert_eq!(kind(store.put_snapshot(nameless).wait()), Kind::Invalid(Rule::Name));
    let nowhere = Snapshot::new(id("none"), "state", 1, held.hash, "");
    assert_eq!(kind(store.put_snapshot(nowhere).wait()), Kind::NotFound);
}

fn blobs_live_as_long_as_a_session_needs_them(make: Make) {
    let Subject { store, .. } = subject(make);
    for name in ["a", "b"] {
        Writer::new(name).append(&*store, 1);
    }
    let shared = store.put_blob(&id("a"), "shared".into()).wait().unwrap();
    assert_eq!(shared, Sha256Hash::of(b"shared"));
    assert_eq!(store.put_blob(&id("b"), "shared".into()).wait().unwrap(), shared);
    let own = store.put_blob(&id("a"), "own".into()).wait().unwrap();
    let empty = store.put_blob(&id("b"), "".into()).wait().unwrap();
    assert_eq!(kind(store.put_blob(&id("none"), "x".into()).wait()), Kind::NotFound);
    let get = |hash| store.blob(hash).wait().unwrap();
    assert_eq!(get(own).as_deref(), Some(&b"own"[..]));
    assert_eq!(get(empty).as_deref(), Some(&b""[..]));
    assert_eq!(get(Sha256Hash::of(b"unknown")), None);

    assert_eq!(store.vacuum().wait().unwrap().blobs, 0);
    store.delete(&id("a")).wait().unwrap();
    assert_eq!(store.vacuum().wait().unwrap().blobs, 1);
    assert_eq!((get(own), get(shared).as_deref()), (None, Some(&b"shared"[..])));
    store.delete(&id("b")).wait().unwrap();
    assert_eq!(store.vacuum().wait().unwrap().blobs, 2);
    assert_eq!(get(shared), None);
}

fn words_are_found(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut first = Writer::new("a");
    let texts =
        ["The quick brown fox", "jumps over the LAZY dog", "Füchse sind schnell", "see src/main.rs:12"];
    let events = texts.map(|text| first.event(text)).to_vec();
    store.append(Append::new(events)).wait().unwrap();
    let mut second = Writer::new("b");
    let events = vec![second.event("a quick note"), second.event(vec![0xff, 0xfe])];
    store.append(Append::new(events)).wait().unwrap();
    let found = |query: Search| {
        let mut hits: Vec<(String, u64)> = store
            .search(query)
            .wait()
            .unwrap()
            .iter()
            .map(|hit| (hit.session.to_string(), hit.seq))
            .collect();
        hits.sort();
        hits
    };
    let hit = |session: &str, seq| (session.to_owned(), seq);
    assert_eq!(found(Search::new("quick")), [hit("a", 1), hit("b", 1)]);
    assert_eq!(found(Search::new("QUICK fox")), [hit("a", 1)]);
    assert_eq!(found(Search::new("quick").in_session(id("b"))), [hit("b", 1)]);
    assert_eq!(found(Search::new("the")), [hit("a", 1), hit("a", 2)]);
    assert_eq!(found(Search::new("FÜCHSE")), [hit("a", 3)]);
    assert_eq!(found(Search::new("main.rs")), [hit("a", 4)]);
    assert_eq!(found(Search::new("the").with_limit(1)).len(), 1);
    // What would be operators elsewhere are words, or nothing.
    for nothing in ["", "  ", "\"", "qui", "quick OR lazy", "quick NOT fox\"*", "text:quick", "*"] {
        assert_eq!(found(Search::new(nothing)), [], "{nothing:?}");
    }
    assert!(store.search(Search::new("lazy")).wait().unwrap()[0].excerpt.contains("LAZY"));
    store.delete(&id("a")).wait().unwrap();
    assert_eq!(found(Search::new("quick")), [hit("b", 1)]);
}

fn messages_are_committed_with_their_events(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    let message = |text: &str| OutboxMessage::new("events", text.to_owned());
    let append = Append::new(writer.events(2)).with_messages(vec![message("one"), message("two")]);
    store.append(append.clone()).wait().unwrap();
    // A repetition sends nothing twice, a refused append nothing at all.
    store.append(append).wait().unwrap();
    let mut ahead = Writer { at: Position { seq: 9, ..writer.at }, ..writer.clone() };
    let refused = Append::new(ahead.events(1)).with_messages(vec![message("never")]);
    assert!(store.append(refused).wait().is_err());
    let nameless = Append::new(writer.clone().events(1)).with_messages(vec![OutboxMessage::new("", "x")]);
    assert_eq!(kind(store.append(nameless).wait()), Kind::Invalid(Rule::Name));

    let messages = store.outbox(0, 10).wait().unwrap();
    let seen: Vec<_> = messages.iter().map(|stored| (stored.message.clone(), stored.seq)).collect();
    assert_eq!(seen, [(message("one"), 2), (message("two"), 2)]);
    assert_eq!(store.outbox(0, 1).wait().unwrap(), messages[..1]);
    assert_eq!(store.outbox(messages[0].id, 10).wait().unwrap(), messages[1..]);
    store.settle(vec![messages[0].id, 12_345, u64::MAX]).wait().unwrap();
    assert_eq!(store.outbox(0, 10).wait().unwrap(), messages[1..]);
    // What was promised is sent, even if the session is gone.
    store.delete(&id("s")).wait().unwrap();
    assert_eq!(store.outbox(0, 10).wait().unwrap(), messages[1..]);
    store.settle(vec![messages[1].id]).wait().unwrap();
    let last = Append::new(Writer::new("t").events(1)).with_messages(vec![message("three")]);
    store.append(last).wait().unwrap();
    assert!(store.outbox(0, 10).wait().unwrap()[0].id > messages[1].id, "an id was used again");
}

fn a_deleted_session_stays_deleted(make: Make) {
    let Subject { store, clock, .. } = subject(make);
    let mut writer = Writer::new("s");
    writer.append(&*store, 3);
    let lease = store.open_session(open("s", "me")).wait().unwrap();
    assert!(matches!(kind(store.delete(&id("s")).wait()), Kind::Leased { .. }));
    store.release_lease(&lease).wait().unwrap();
    store.delete(&id("s")).wait().unwrap();
    assert_eq!(store.head(&id("s")).wait().unwrap(), None);
    assert_eq!(store.list(ListSessions::first(10)).wait().unwrap(), []);
    assert_eq!(kind(store.read(ReadEvents::after(id("s"), 0)).wait()), Kind::Deleted);
    assert_eq!(kind(store.open_session(open("s", "me")).wait()), Kind::Deleted);
    assert_eq!(kind(store.delete(&id("s")).wait()), Kind::Deleted);
    assert_eq!(kind(store.delete(&id("none")).wait()), Kind::NotFound);
    // A writer that comes back does not bring it back, whether it goes on or begins again.
    writer.at.epoch = 1;
    assert_eq!(kind(store.append(Append::new(writer.events(1))).wait()), Kind::Deleted);
    assert_eq!(kind(store.append(Append::new(Writer::new("s").events(1))).wait()), Kind::Deleted);

    for name in ["old", "open", "new"] {
        Writer::new(name).append(&*store, 1);
        clock.advance(10);
    }
    store.open_session(open("open", "me")).wait().unwrap();
    clock.advance(10);
    let limit = tau_persist::Clock::now(&*clock) - Duration::from_secs(5);
    Writer::new("newest").append(&*store, 1);
    assert_eq!(store.retain(Retention::NotWrittenSince(limit)).wait().unwrap(), [id("new"), id("old")]);
    let left = store.list(ListSessions::first(10)).wait().unwrap();
    let left: Vec<_> = left.iter().map(|info| info.session.as_str()).collect();
    assert_eq!(left, ["newest", "open"]);
}

fn a_full_store_refuses_and_recovers(make: Make) {
    let Subject { store, .. } = subject_with(make, |options| options.with_max_bytes(1 << 20));
    let mut writer = Writer::new("s");
    let mut stored = 0;
    let refused = loop {
        let mut next = writer.clone();
        let event = next.event(vec![stored as u8; 50_000]);
        match store.append(Append::new(vec![event])).wait() {
            Ok(_) => (writer, stored) = (next, stored + 1),
            Err(error) => break error,
        }
        assert!(stored < 100, "the bound is not kept");
    };
    assert_eq!((refused.kind(), refused.seq()), (&Kind::StorageFull, Some(stored + 1)));
    assert_eq!(refused.session(), Some(&id("s")));
    assert!(stored > 5, "only {stored} events fitted");
    assert_eq!(store.head(&id("s")).wait().unwrap(), Some(writer.at));
    // What fits is still taken, and in the same batch as what does not.
    let mut large = writer.clone();
    let large = store.append(Append::new(vec![large.event(vec![1; 900_000])]));
    let mut small = Writer::new("small");
    let small = store.append(Append::new(vec![small.event("x")]));
    assert_eq!(kind(large.wait()), Kind::StorageFull);
    small.wait().unwrap();
    store.delete(&id("s")).wait().unwrap();
    store.vacuum().wait().unwrap();
    Writer::new("after").append(&*store, 5);
    assert!(store.check().wait().unwrap().is_empty());
}

fn appends_from_many_threads_are_each_whole(make: Make) {
    let Subject { store, .. } = subject(make);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let mut writer = Writer::new(&format!("s{thread}"));
                for round in 0..20 {
                    writer.append(&**store, 1 + round % 3);
                }
            });
        }
    });
    for info in store.list(ListSessions::first(100)).wait().unwrap() {
        let verification = block_on(verify_session(&*store, &info.session)).unwrap();
        assert!(verification.damage.is_none(), "{verification:?}");
        assert_eq!(verification.intact.seq, 39);
    }
}

fn requests_are_carried_out_in_order(make: Make) {
    let Subject { store, .. } = subject(make);
    let mut writer = Writer::new("s");
    let answers: Vec<_> = (0..200).map(|_| store.append(Append::new(writer.events(1)))).collect();
    for (index, answer) in answers.into_iter().enumerate() {
        assert_eq!(answer.wait().unwrap().seq, index as u64 + 1);
    }
}

fn memory(options: StoreOptions) -> (Arc<dyn Store>, Option<tempfile::TempDir>) {
    (Arc::new(MemoryStore::new(options)), None)
}

fn sqlite(options: StoreOptions) -> (Arc<dyn Store>, Option<tempfile::TempDir>) {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions::default().with_store(options);
    let store = SqliteStore::open(folder.path().join("sessions.db"), options).unwrap();
    (Arc::new(store), Some(folder))
}

/// One test for each case and each store.
macro_rules! conformance {
    ($($case:ident)*) => {
        mod over_memory {
            $(#[test] fn $case() { super::$case(super::memory); })*
        }
        mod over_sqlite {
            $(#[test] fn $case() { super::$case(super::sqlite); })*
        }
    };
}

conformance! {
    what_is_appended_is_read
    odd_contents_come_back_whole
    pages_keep_their_bounds
    an_append_must_continue_the_session
    a_repetition_is_answered_and_not_stored
    a_refused_append_leaves_nothing
    rules_of_events_are_kept
    one_writer_at_a_time
    a_lease_is_taken_over_from_the_writer_that_was_seen
    an_old_epoch_never_writes_again
    a_clock_set_back_locks_nobody_out
    sessions_are_listed_last_written_first
    leases_are_known_until_they_are_given_back
    a_snapshot_is_of_this_history_or_none
    blobs_live_as_long_as_a_session_needs_them
    words_are_found
    messages_are_committed_with_their_events
    a_deleted_session_stays_deleted
    a_full_store_refuses_and_recovers
    appends_from_many_threads_are_each_whole
    requests_are_carried_out_in_order
}
