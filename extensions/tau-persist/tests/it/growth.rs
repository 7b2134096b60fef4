//! What a store takes on the disk, and what a large prompt does to it.

use std::io::Cursor;
use std::sync::Arc;

use futures::executor::block_on;
use tau_persist::{Append, ListSessions, Search, Store as _, StoreOptions, export_session, import_session};

use crate::support::{BodyText, Folder, Writer, id, open, read_all};

/// Bytes of all files of the store.
fn size(folder: &Folder) -> u64 {
    let files = std::fs::read_dir(folder.folder.path()).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

/// Takes the session, appends a little and gives it back, so many times. What the store then takes on the disk.
fn reopen(folder: &Folder, writer: &mut Writer, times: usize) -> u64 {
    let store = folder.open();
    for _ in 0..times {
        let lease = store.open_session(open("s", "me")).wait().unwrap();
        writer.at = lease.head;
        let appended = store.append(Append::new(writer.events(2)));
        let released = store.release_lease(&lease);
        assert_eq!(appended.wait().unwrap(), writer.at);
        released.wait().unwrap();
    }
    drop(store);
    size(folder)
}

#[test]
fn a_thousand_opens_take_a_thousand_times_what_one_takes() {
    let folder = Folder::new();
    let mut writer = Writer::new("s");
    let sizes: Vec<u64> = (0..10).map(|_| reopen(&folder, &mut writer, 100)).collect();
    assert_eq!(writer.at.epoch, 1_000);
    let grown: Vec<u64> = sizes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // Two small events are some 400 bytes with all that is around them.
    let most = grown.iter().max().unwrap();
    assert!(*most <= 100 * 600, "a hundred opens took {most} bytes: {grown:?}");
    let (early, late): (u64, u64) = (grown[..4].iter().sum(), grown[5..].iter().sum());
    assert!(late <= early + early / 5, "it grows faster and faster: {grown:?}");
    // Opening and giving back alone takes nothing.
    let store = folder.open();
    for _ in 0..100 {
        let lease = store.open_session(open("s", "me")).wait().unwrap();
        store.release_lease(&lease).wait().unwrap();
    }
    drop(store);
    assert_eq!(size(&folder), sizes[9]);
}

#[test]
fn a_prompt_of_ten_megabytes_is_kept_and_found() {
    let folder = Folder::new();
    let store = folder.open_with(StoreOptions::default().with_text(Arc::new(BodyText)));
    let mut writer = Writer::new("s");
    let prompt = "the beginning ".to_owned() + &"and so on, ".repeat((10 << 20) / 11) + "the finish";
    let events = vec![writer.event(prompt.as_str()), writer.event("then")];
    assert_eq!(store.append(Append::new(events.clone())).wait().unwrap(), writer.at);
    assert!(read_all(&store, &id("s")) == events, "it came back changed");
    let info = &store.list(ListSessions::first(1)).wait().unwrap()[0];
    assert_eq!(info.bytes, prompt.len() as u64 + 4);
    let seqs = |query| -> Vec<u64> {
        store.search(Search::new(query)).wait().unwrap().iter().map(|hit| hit.seq).collect()
    };
    // Of a long text the beginning can be found.
    assert_eq!((seqs("beginning"), seqs("finish"), seqs("then")), (vec![1], vec![], vec![2]));
}

/// A program of a later version wrote the events; this one knows neither their kinds nor their bodies.
#[test]
fn events_of_a_newer_schema_pass_through_as_they_are() {
    let folder = Folder::new();
    let store = folder.open();
    let mut writer = Writer::new("s");
    let mut event = writer.event([0xff, 0x00, 0xfe]);
    event.kind = "a_kind_of_tomorrow".into();
    event.schema_version = 4_000;
    writer.at.hash = tau_persist::event_hash(&event);
    let events = vec![event, writer.event("after it")];
    assert_eq!(store.append(Append::new(events.clone())).wait().unwrap(), writer.at);
    assert_eq!(read_all(&store, &id("s")), events);
    let mut file = Vec::new();
    block_on(export_session(&store, &id("s"), &mut file)).unwrap();
    let copy = Folder::new().open();
    block_on(import_session(&copy, Cursor::new(file))).unwrap();
    assert_eq!(read_all(&copy, &id("s")), events);
}
