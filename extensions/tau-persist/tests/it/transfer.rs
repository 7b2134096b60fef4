//! Export and import.

use std::io::Cursor;

use futures::executor::block_on;
use tau_persist::{
    Append, MemoryStore, Position, StoreErrorKind, TransferErrorKind, export_session, import_session,
    salvage_session,
};

use crate::support::{Folder, Writer, id, read_all};

/// A session of several epochs, a large body, and bytes that are no text; and its export.
fn exported() -> (MemoryStore, Position, Vec<u8>) {
    let store = MemoryStore::default();
    let mut writer = Writer::new("s");
    writer.append(&store, 3);
    writer.at.epoch = 4;
    let large = vec![writer.event(vec![0xff; 70_000]), writer.event("")];
    tau_persist::Store::append(&store, Append::new(large)).wait().unwrap();
    writer.append(&store, 1_200);
    let mut file = Vec::new();
    assert_eq!(block_on(export_session(&store, &id("s"), &mut file)).unwrap(), writer.at);
    (store, writer.at, file)
}

fn import(file: &[u8]) -> Result<(MemoryStore, Position), TransferErrorKind> {
    let store = MemoryStore::default();
    match block_on(import_session(&store, Cursor::new(file))) {
        Ok((_, position)) => Ok((store, position)),
        Err(error) => {
            // Nothing is stored before all of it was found whole.
            assert_eq!(tau_persist::Store::head(&store, &id("s")).wait().unwrap(), None);
            Err(error.kind())
        }
    }
}

#[test]
fn an_exported_session_is_the_same_elsewhere() {
    let (store, head, file) = exported();
    let (copy, position) = import(&file).unwrap();
    assert_eq!(position, head);
    assert!(read_all(&copy, &id("s")) == read_all(&store, &id("s")), "the copy differs");

    let folder = Folder::new();
    let sqlite = folder.open();
    let (session, position) = block_on(import_session(&sqlite, Cursor::new(&file))).unwrap();
    assert_eq!((session, position), (id("s"), head));
    let mut again = Vec::new();
    block_on(export_session(&sqlite, &id("s"), &mut again)).unwrap();
    assert!(again == file, "the export of the copy differs");
    // Again: everything is there.
    assert_eq!(block_on(import_session(&sqlite, Cursor::new(&file))).unwrap().1, head);
}

#[test]
fn the_format_is_what_older_files_have() {
    let store = MemoryStore::default();
    Writer::new("s").append(&store, 2);
    let mut file = Vec::new();
    block_on(export_session(&store, &id("s"), &mut file)).unwrap();
    let expected = include_str!("../fixtures/export_v1.jsonl");
    assert_eq!(String::from_utf8(file).unwrap(), expected);
}

#[test]
fn what_an_interrupted_import_left_is_completed_and_another_history_is_not() {
    let (source, head, file) = exported();
    let copy = MemoryStore::default();
    let first = read_all(&source, &id("s"))[..2].to_vec();
    tau_persist::Store::append(&copy, Append::new(first)).wait().unwrap();
    assert_eq!(block_on(import_session(&copy, Cursor::new(&file))).unwrap().1, head);

    let other = MemoryStore::default();
    let mut writer = Writer::new("s");
    let event = writer.event("another history");
    tau_persist::Store::append(&other, Append::new(vec![event])).wait().unwrap();
    let error = block_on(import_session(&other, Cursor::new(&file))).unwrap_err();
    assert!(matches!(error.store_error().unwrap().kind(), StoreErrorKind::Conflict { .. }), "{error:?}");
    assert_eq!(read_all(&other, &id("s")).len(), 1);
}

#[test]
fn a_file_cut_off_anywhere_is_told_from_a_whole_one() {
    let store = MemoryStore::default();
    let events = Writer::new("s").append(&store, 4);
    let mut file = Vec::new();
    block_on(export_session(&store, &id("s"), &mut file)).unwrap();
    let first_line = file.iter().position(|byte| *byte == b'\n').unwrap();
    for length in 0..file.len() {
        let cut = &file[..length];
        let wanted =
            if length <= first_line { TransferErrorKind::NotAnExport } else { TransferErrorKind::Truncated };
        assert_eq!(import(cut).unwrap_err(), wanted, "cut to {length} bytes");
        // The line that was cut, or the last that is there.
        let whole = cut.iter().filter(|byte| **byte == b'\n').count();
        let line = (whole + usize::from(!cut.ends_with(b"\n"))).max(1);
        let error = block_on(import_session(&MemoryStore::default(), Cursor::new(cut))).unwrap_err();
        assert_eq!(error.line(), Some(line as u64), "cut to {length} bytes");
        assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
        // The first line is none of an event.
        let copy = MemoryStore::default();
        match block_on(salvage_session(&copy, Cursor::new(cut))) {
            Ok(salvage) => {
                assert_eq!(salvage.end.seq as usize, whole - 1, "cut to {length} bytes");
                assert_eq!(salvage.fault.unwrap().line(), Some(line as u64));
                assert!(read_all(&copy, &id("s")) == events[..whole - 1], "cut to {length} bytes");
            }
            Err(error) => assert!(whole <= 1 && error.kind() == wanted, "cut to {length} bytes: {error}"),
        }
    }
    assert!(import(&file).is_ok());
    let salvage = block_on(salvage_session(&store, Cursor::new(&file))).unwrap();
    assert!(salvage.end.seq == 4 && salvage.fault.is_none(), "{salvage:?}");
}

#[test]
fn damage_is_refused() {
    let (_, _, file) = exported();
    let text = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        change(&mut lines);
        import((lines.join("\n") + "\n").as_bytes()).unwrap_err()
    };
    use TransferErrorKind as Kind;
    assert_eq!(with(&|lines| lines[0] = "{}".into()), Kind::NotAnExport);
    assert_eq!(with(&|lines| lines[0] = lines[0].replace("events", "things")), Kind::NotAnExport);
    assert_eq!(with(&|lines| lines[0] = lines[0].replace("\"s\"", "\"../s\"")), Kind::NotAnExport);
    assert_eq!(with(&|lines| lines[0] = lines[0].replace(":1,", ":2,")), Kind::NewerFormat);
    assert_eq!(with(&|lines| lines[2].truncate(20)), Kind::Malformed);
    assert_eq!(with(&|lines| lines[2] = "[]".into()), Kind::Broken);
    assert_eq!(with(&|lines| lines[2] = "[".repeat(100_000)), Kind::Malformed);
    assert_eq!(with(&|lines| lines[2] = lines[2].replace("prompt_submitted", "run_ended")), Kind::Broken);
    assert_eq!(with(&|lines| lines.swap(3, 4)), Kind::Broken);
    assert_eq!(with(&|lines| drop(lines.remove(3))), Kind::Broken);
    assert_eq!(with(&|lines| drop(lines.remove(lines.len() - 2))), Kind::Broken);
    assert_eq!(with(&|lines| lines.push(lines[1].clone())), Kind::Broken);
    assert_eq!(with(&|lines| drop(lines.pop())), Kind::Truncated);
}

#[test]
fn a_session_that_is_not_there_is_not_exported() {
    let mut file = Vec::new();
    let error = block_on(export_session(&MemoryStore::default(), &id("s"), &mut file)).unwrap_err();
    assert_eq!(error.store_error().unwrap().kind(), &StoreErrorKind::NotFound);
    assert!(file.is_empty());
}
