#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};
use tau_memory::working::{
    Expected, Feature, FeatureStatus, HandOff, MemoryErrorKind, NoteKind, NotePath, Version, WorkingMemory,
    tools,
};

use crate::tree::Tree;

fn path(path: &str) -> NotePath {
    NotePath::new(path).unwrap()
}

fn memory() -> (Tree, WorkingMemory) {
    let tree = Tree::new(&[]);
    let memory = WorkingMemory::new(tree.at("memory"));
    (tree, memory)
}

#[test]
fn nothing_is_overwritten_that_the_writer_did_not_see() {
    let (tree, memory) = memory();
    let note = path("plan.md");
    let one = memory.write(&note, "one\n", &Expected::Absent).unwrap();
    let conflict = |current: Option<&Version>| MemoryErrorKind::Conflict { current: current.cloned() };
    let error = memory.write(&note, "other\n", &Expected::Absent).unwrap_err();
    assert_eq!(*error.kind(), conflict(Some(&one)));
    let two = memory.write(&note, "two\n", &Expected::At(one.clone())).unwrap();
    let error = memory.write(&note, "other\n", &Expected::At(one.clone())).unwrap_err();
    assert_eq!(*error.kind(), conflict(Some(&two)));

    // A person's edit is a version as well, though it never came through here.
    tree.write("memory/plan.md", b"by hand\n");
    let error = memory.write(&note, "other\n", &Expected::At(two.clone())).unwrap_err();
    assert_eq!(*error.kind(), conflict(Some(&Version::of(b"by hand\n"))));
    memory.append(&note, "more").unwrap();
    let history: Vec<Version> = memory.history(&note).unwrap().into_iter().map(|it| it.version).collect();
    let end = Version::of(b"by hand\nmore\n");
    assert_eq!(history, [one.clone(), two.clone(), Version::of(b"by hand\n"), end.clone()]);

    // A note that is gone is no longer what the writer saw, and can be brought back.
    std::fs::remove_file(tree.at("memory/plan.md")).unwrap();
    let error = memory.write(&note, "x", &Expected::At(end)).unwrap_err();
    assert_eq!(*error.kind(), conflict(None));
    memory.restore(&note, &two, &Expected::Absent).unwrap();
    assert_eq!(memory.read(&note).unwrap().text, "two\n");
}

#[test]
fn versions_are_compared_and_put_back() {
    let (_tree, memory) = memory();
    let note = path("guides/test.md");
    let one = memory.write(&note, "a\nb\nc\n", &Expected::Absent).unwrap();
    let two = memory.edit(&note, "b", "B").unwrap();
    let diff = memory.diff(&note, &one, &two).unwrap();
    let (from, to) = (one.short(), two.short());
    let names = format!("--- guides/test.md@{from}\n+++ guides/test.md@{to}\n");
    assert_eq!(diff, format!("{names}@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"));
    assert_eq!(memory.diff(&note, &two, &two).unwrap(), "");
    assert_eq!(memory.resolve(&note, "previous").unwrap(), one);
    assert_eq!(memory.resolve(&note, one.short()).unwrap(), one);
    for wrong in ["", "zz", "previously"] {
        assert!(memory.resolve(&note, wrong).is_err(), "{wrong:?}");
    }
    memory.restore(&note, &one, &Expected::At(two.clone())).unwrap();
    assert_eq!(memory.read(&note).unwrap().text, "a\nb\nc\n");
    assert_eq!(memory.resolve(&note, "previous").unwrap(), two);
    assert_eq!(memory.read_version(&note, &two).unwrap(), "a\nB\nc\n");
}

#[test]
fn what_is_damaged_is_told_and_a_torn_log_is_read() {
    let (tree, memory) = memory();
    let note = path("a.md");
    let one = memory.write(&note, "one", &Expected::Absent).unwrap();
    let two = memory.append(&note, "two").unwrap();
    let (folder, name) = one.as_str().split_at(2);
    tree.write(&format!("memory/.versions/objects/{folder}/{name}"), b"forged");
    let error = memory.read_version(&note, &one).unwrap_err();
    assert_eq!(*error.kind(), MemoryErrorKind::UnknownVersion { prefix: one.short().to_owned() });
    let log = std::fs::read_to_string(tree.at("memory/.versions/log.jsonl")).unwrap();
    tree.write("memory/.versions/log.jsonl", &log.as_bytes()[..log.len() - 10]);
    let three = memory.append(&note, "three").unwrap();
    let history: Vec<Version> = memory.history(&note).unwrap().into_iter().map(|it| it.version).collect();
    assert_eq!(history, [one, two, three]);
}

#[test]
fn paths_stay_inside() {
    for wrong in
        ["", "/etc/passwd", "../x", "a/../b", ".versions/log.jsonl", "a/.git/x", "a\\b", "a\0b", "c:x"]
    {
        assert_eq!(*NotePath::new(wrong).unwrap_err().kind(), MemoryErrorKind::InvalidPath, "{wrong:?}");
    }
    assert_eq!(path("a//b/./c.md").as_str(), "a/b/c.md");
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out() {
    let (tree, memory) = memory();
    memory.write(&path("a.md"), "a", &Expected::Absent).unwrap();
    tree.write("secret", b"key");
    std::os::unix::fs::symlink(tree.at("secret"), tree.at("memory/link.md")).unwrap();
    std::os::unix::fs::symlink(tree.root(), tree.at("memory/out")).unwrap();
    for link in ["link.md", "out/secret", "out/new/x.md"] {
        assert_eq!(*memory.find(&path(link)).unwrap_err().kind(), MemoryErrorKind::InvalidPath, "{link}");
        assert!(memory.append(&path(link), "x").is_err(), "{link}");
    }
    assert_eq!(std::fs::read(tree.at("secret")).unwrap(), b"key");
    assert_eq!(memory.list().unwrap(), [path("a.md")]);
}

#[test]
fn sizes_are_bounded() {
    let (tree, memory) = memory();
    let note = path("big.md");
    let big = "x".repeat(1024 * 1024);
    memory.write(&note, &big, &Expected::Absent).unwrap();
    let error = memory.append(&note, "y").unwrap_err();
    assert!(matches!(error.kind(), MemoryErrorKind::TooLarge { limit: 1_048_576, .. }));
    tree.write("memory/bytes.md", b"\xFF");
    assert_eq!(*memory.read(&path("bytes.md")).unwrap_err().kind(), MemoryErrorKind::NotText);
    assert_eq!(*memory.read(&path("gone.md")).unwrap_err().kind(), MemoryErrorKind::NotFound);
}

#[test]
fn writers_wait_for_each_other_and_lose_nothing() {
    let (_tree, memory) = memory();
    let memory = Arc::new(memory);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let memory = Arc::clone(&memory);
            std::thread::spawn(move || {
                for line in 0..10 {
                    memory.append(&path("log.md"), &format!("{writer} {line}")).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let text = memory.read(&path("log.md")).unwrap().text;
    assert_eq!(text.lines().count(), 80);
    assert_eq!(memory.history(&path("log.md")).unwrap().len(), 80);
}

#[test]
fn features_are_added_and_marked_and_never_replaced() {
    let (tree, memory) = memory();
    let feature = |id: &str| Feature::new(id, "It works", vec!["try it".to_owned()]);
    memory.add_features(vec![feature("login"), feature("logout")]).unwrap();
    memory.set_feature("login", FeatureStatus::Passes).unwrap();
    assert_eq!(memory.features().unwrap().score(), (1, 2));
    assert!(memory.add_features(vec![feature("other"), feature("login")]).is_err());
    assert!(memory.set_feature("gone", FeatureStatus::Passes).is_err());
    assert_eq!(memory.features().unwrap().features.len(), 2);
    tree.write("memory/features.json", b"[]");
    assert!(matches!(memory.features().unwrap_err().kind(), MemoryErrorKind::Features(_)));
}

#[test]
fn a_session_leaves_word_for_the_next() {
    let (_tree, memory) = memory();
    memory.add_progress("2026-11-21", "Parser done.").unwrap();
    memory.add_progress("2026-11-22", "Printer done.").unwrap();
    memory.hand_off(&HandOff::new().done("old").next("old")).unwrap();
    memory.hand_off(&HandOff::new().done("printer\nand tests").open("colours").next("the help")).unwrap();
    let progress = memory.progress(40).unwrap();
    assert_eq!(progress.recent, "## 2026-11-22\n\nPrinter done.\n");
    let progress = memory.progress(1_000).unwrap();
    assert_eq!(progress.recent, "## 2026-11-21\n\nParser done.\n## 2026-11-22\n\nPrinter done.\n");
    assert_eq!(
        progress.hand_off,
        "# Hand-off\n\n## Done\n\n- printer\n  and tests\n\n## Open\n\n- colours\n\n## Next\n\n- the help\n"
    );
    assert_eq!(memory.history(&path("hand-off.md")).unwrap().len(), 2);
}

#[test]
fn structured_notes_are_listed_by_kind() {
    let (tree, memory) = memory();
    memory.add_note(NoteKind::Guide, "How to  test!", "Run nextest.\n").unwrap();
    let (second, _) = memory.add_note(NoteKind::Guide, "How to test", "Again.").unwrap();
    memory.add_note(NoteKind::Concept, "Журнал", "An append-only file.").unwrap();
    memory.add_note(NoteKind::Review, "???", "x").unwrap();
    tree.write("memory/sessions/by-hand.md", b"---\nx: y\n---\nWhat happened.\n");
    assert_eq!(second.as_str(), "guides/how-to-test-2.md");
    let notes: Vec<_> = memory
        .notes()
        .unwrap()
        .into_iter()
        .map(|it| format!("{} {}: {}", it.path, it.title, it.summary))
        .collect();
    assert_eq!(
        notes,
        [
            "concepts/журнал.md Журнал: An append-only file.",
            "guides/how-to-test-2.md How to test: Again.",
            "guides/how-to-test.md How to test!: Run nextest.",
            "sessions/by-hand.md by-hand: What happened.",
            "reviews/note.md ???: x",
        ]
    );
}

fn call(memory: &WorkingMemory, arguments: Value) -> Result<String, String> {
    tools::call(memory, &arguments)
}

#[test]
fn a_model_works_with_notes_through_one_tool() {
    let (_tree, memory) = memory();
    assert_eq!(call(&memory, json!({"command": "list"})).unwrap(), "there are no notes yet");
    let written = call(&memory, json!({"command": "write", "path": "a.md", "text": "one\n"})).unwrap();
    let version = written.rsplit(' ').next().unwrap().to_owned();
    let read = call(&memory, json!({"command": "read", "path": "a.md"})).unwrap();
    assert_eq!(read, format!("version {version}\n\none\n"));
    let error = call(&memory, json!({"command": "write", "path": "a.md", "text": "two\n"})).unwrap_err();
    assert_eq!(error, format!("a.md: it has changed meanwhile; read it again: it is at {version}"));
    call(&memory, json!({"command": "write", "path": "a.md", "text": "two\n", "version": version})).unwrap();
    let diff = call(&memory, json!({"command": "diff", "path": "a.md"})).unwrap();
    assert!(diff.ends_with("@@ -1 +1 @@\n-one\n+two\n"), "{diff}");
    call(&memory, json!({"command": "restore", "path": "a.md", "version": "previous"})).unwrap();
    call(&memory, json!({"command": "append", "path": "a.md", "text": "end"})).unwrap();
    call(&memory, json!({"command": "edit", "path": "a.md", "old": "one", "new": "1"})).unwrap();
    assert_eq!(memory.read(&path("a.md")).unwrap().text, "1\nend\n");
    assert_eq!(call(&memory, json!({"command": "history", "path": "a.md"})).unwrap().lines().count(), 5);
    call(&memory, json!({"command": "note", "kind": "guide", "title": "Build", "text": "cargo build"}))
        .unwrap();
    assert_eq!(
        call(&memory, json!({"command": "feature", "id": "x", "description": "It works"})).unwrap(),
        "0 of 1 features pass"
    );
    assert_eq!(
        call(&memory, json!({"command": "feature", "id": "x", "status": "passes"})).unwrap(),
        "1 of 1 features pass"
    );
    let list = call(&memory, json!({"command": "list"})).unwrap();
    assert_eq!(list, "a.md\nfeatures.json\nguides/build.md: Build. cargo build\n");
    for wrong in [
        json!({}),
        json!({"command": "delete"}),
        json!({"command": "read"}),
        json!({"command": "read", "path": "../x"}),
        json!({"command": "note", "kind": "poem", "title": "x", "text": "y"}),
        json!("read"),
        json!(null),
    ] {
        assert!(call(&memory, wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn the_schema_has_every_command() {
    let schema = tools::schema();
    for command in schema["properties"]["command"]["enum"].as_array().unwrap() {
        let (_tree, memory) = memory();
        let error = call(&memory, json!({"command": command})).err().unwrap_or_default();
        assert!(!error.contains("unknown variant"), "{command}");
    }
    assert!(
        tools::only_reads(&json!({"command": "read"})) && !tools::only_reads(&json!({"command": "restore"}))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_version_can_be_put_back(texts in proptest::collection::vec("[a-c\n]{0,12}", 1..8)) {
        let (_tree, memory) = memory();
        let note = path("n.md");
        let mut expected = Expected::Absent;
        for text in &texts {
            expected = Expected::At(memory.write(&note, text, &expected).unwrap());
        }
        for text in &texts {
            let version = Version::of(text.as_bytes());
            prop_assert_eq!(&memory.read_version(&note, &version).unwrap(), text);
        }
        let mut seen: Vec<String> = memory.history(&note).unwrap().iter().map(|it| it.version.to_string()).collect();
        let mut wanted: Vec<String> = texts.iter().map(|text| Version::of(text.as_bytes()).to_string()).collect();
        wanted.dedup();
        seen.dedup();
        prop_assert_eq!(seen, wanted);
    }
}
