//! Generated text against a folder.

use std::fs;

use tau_codegen::{CodegenErrorKind, GeneratedTree};

use crate::proto_folder;

const FILES: [&str; 4] = ["descriptors.binpb", "message/a.__view.rs", "message/a.rs", "message/a.v1.mod.rs"];

fn tree() -> GeneratedTree {
    let folder =
        proto_folder(&[("a.proto", "syntax = \"proto3\"; package a.v1; message A { string b = 1; }")]);
    GeneratedTree::from_proto(folder.path()).unwrap()
}

fn lines(stale: &[tau_codegen::StaleFile]) -> Vec<String> {
    stale.iter().map(ToString::to_string).collect()
}

#[test]
fn written_is_fresh() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("not/there/yet");
    let expected = FILES.map(|name| format!("{name}: missing"));
    assert_eq!(lines(&tree().compare(&folder).unwrap()), expected);
    assert!(!folder.exists(), "comparing wrote something");

    assert_eq!(tree().write(&folder).unwrap().len(), FILES.len());
    assert_eq!(tree().compare(&folder).unwrap(), []);
    assert_eq!(tree().write(&folder).unwrap(), []);
}

#[test]
fn every_way_to_be_stale_is_named_and_mended() {
    let out = tempfile::tempdir().unwrap();
    let folder = out.path();
    tree().write(folder).unwrap();

    let path = folder.join("message/a.rs");
    let good = fs::read_to_string(&path).unwrap();
    let edited = good.replacen("pub struct A {", "pub struct Edited {", 1);
    let line = 1 + good.lines().position(|line| line == "pub struct A {").unwrap();
    fs::write(&path, edited).unwrap();
    fs::remove_file(folder.join("message/a.v1.mod.rs")).unwrap();
    fs::write(folder.join("old.rs"), "").unwrap();
    fs::create_dir(folder.join("older")).unwrap();
    fs::write(folder.join("older/a.rs"), "").unwrap();
    fs::write(folder.join("descriptors.binpb"), "").unwrap();

    let expected = [
        "descriptors.binpb: differs".into(),
        format!("message/a.rs: differs from line {line} on (+1 -1 lines)"),
        "message/a.v1.mod.rs: missing".into(),
        "old.rs: left over, no longer generated".into(),
        "older/a.rs: left over, no longer generated".into(),
    ];
    assert_eq!(lines(&tree().compare(folder).unwrap()), expected);
    assert_eq!(lines(&tree().write(folder).unwrap()), expected);
    assert_eq!(tree().compare(folder).unwrap(), []);
    assert_eq!(fs::read_to_string(&path).unwrap(), good);
}

#[test]
fn one_byte_is_enough_to_be_stale() {
    let out = tempfile::tempdir().unwrap();
    tree().write(out.path()).unwrap();
    let path = out.path().join("message/a.v1.mod.rs");
    let mut bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.pop(), Some(b'\n'));
    for damaged in [bytes.clone(), [bytes, vec![0xff]].concat()] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(tree().compare(out.path()).unwrap().len(), 1);
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("file");
    fs::write(&path, "").unwrap();
    assert_eq!(tree().write(&path).unwrap_err().kind(), &CodegenErrorKind::Io(path));
}
