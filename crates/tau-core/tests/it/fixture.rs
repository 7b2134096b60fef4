//! Journals as every version wrote them. A file, once released, never changes: it is what is out there.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use tau_core::event::{EventBody, EventHash, Record, SCHEMA_VERSION};

use crate::samples;

fn path(version: u16) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/data/events-v{version}.jsonl"))
}

fn read(version: u16) -> Vec<Record> {
    let text = fs::read_to_string(path(version)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn reads_every_version_ever_written() {
    for version in 1..=SCHEMA_VERSION {
        let records = read(version);
        assert!(!records.is_empty());
        let mut prev = EventHash::ZERO;
        for record in &records {
            assert_eq!(record.schema_version, version);
            assert_eq!(record.prev_hash, prev, "chain of version {version} at {}", record.header.seq);
            prev = record.hash();
            let event = record.open().unwrap();
            assert_eq!((&event.header, event.body.kind()), (&record.header, record.kind.as_str()));
        }
    }
}

/// A failure means that the written form changed. Then old journals need a reader: raise `SCHEMA_VERSION`, keep this
/// file as it is, and write the next one.
#[test]
fn the_fixture_is_what_is_written_today() {
    let written = read(SCHEMA_VERSION);
    let kinds: BTreeSet<&str> = written.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(kinds, EventBody::KINDS.into_iter().collect());
    let bodies = |records: &[Record]| -> Vec<(String, String)> {
        records.iter().map(|record| (record.kind.clone(), record.body.clone())).collect()
    };
    assert_eq!(bodies(&written), bodies(&samples::records()));
    assert_eq!(written, samples::records());
    let opened: Vec<_> = written.iter().map(|record| record.open().unwrap()).collect();
    assert_eq!(opened, samples::events());
}

#[test]
#[ignore = "writes the fixture of this version; it refuses to replace one"]
fn write_the_fixture() {
    let mut file = fs::File::create_new(path(SCHEMA_VERSION)).unwrap();
    for record in samples::records() {
        writeln!(file, "{}", serde_json::to_string(&record).unwrap()).unwrap();
    }
}
