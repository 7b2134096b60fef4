use crate::sessions_support::{database, exchange, id, keep};
use crate::support::Place;

/// A place with an exported session of six events in `a.jsonl`, which it does not hold.
async fn exported() -> Place {
    let (source, place) = (Place::new(), Place::new());
    keep(
        &source,
        1,
        [crate::sessions_support::created(&source.project())].into_iter().chain(exchange(
            1,
            "Hi",
            "Good day.",
        )),
    );
    let ran = source.tau(&["sessions", "export", &id(1), "-o", "a.jsonl"]).await;
    assert_eq!((ran.assert_code(0).stdout.as_str(), ran.stderr.as_str()), ("", "wrote a.jsonl\n"));
    let printed = source.tau(&["sessions", "export", "01920000"]).await;
    let file = source.read("a.jsonl");
    assert_eq!(
        printed.assert_code(0).stdout.len(),
        source.read("a.jsonl").replace(&source.project().display().to_string(), "[TEMP]/project").len()
    );
    place.write("a.jsonl", &file);
    place
}

#[tokio::test]
async fn what_is_exported_can_be_imported() {
    let place = exported().await;
    let ran = place.tau(&["sessions", "import", "a.jsonl"]).await;
    assert_eq!(ran.assert_code(0).stdout, format!("{}\n", id(1)));
    assert_eq!(ran.stderr, "a.jsonl: 6 events\n");
    place.tau(&["sessions", "export", &id(1), "--output", "b.jsonl"]).await.assert_code(0);
    assert_eq!(place.read("a.jsonl"), place.read("b.jsonl"));
    // Nobody else has any business there.
    #[cfg(unix)]
    {
        let folder = database(&place).parent().unwrap().to_owned();
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o700);
    }
    // Again is no harm.
    place.tau(&["sessions", "import", "a.jsonl"]).await.assert_code(0);
    place.tau(&["sessions", "verify"]).await.assert_code(0);
}

#[tokio::test]
async fn an_export_does_not_write_over_a_file() {
    let place = exported().await;
    place.tau(&["sessions", "import", "a.jsonl"]).await.assert_code(0);
    let before = place.read("a.jsonl");
    let ran = place.tau(&["sessions", "export", &id(1), "-o", "a.jsonl"]).await;
    insta::assert_snapshot!(ran.assert_code(2).stderr, @r#"
        × a.jsonl exists already
        help: name a file that does not, or delete it
        "#);
    assert_eq!(place.read("a.jsonl"), before);
    let nowhere = place.tau(&["sessions", "export", &id(1), "-o", "no/where"]).await;
    insta::assert_snapshot!(nowhere.assert_code(1).stderr, @r#"
          × no/where cannot be written: No such file or directory (os error 2)
        "#);
}

#[tokio::test]
async fn a_session_that_went_on_otherwise_is_refused() {
    let place = exported().await;
    keep(&place, 1, exchange(1, "Another", "story"));
    let ran = place.tau(&["sessions", "import", "a.jsonl"]).await;
    insta::assert_snapshot!(ran.assert_code(1).stderr, @r#"
        × a.jsonl: session 01920000-0000-7000-8000-000000000001 is here already, with other events than the file up to event 5; nothing was changed
        help: the session here was continued since the file was written, or the other way round; keep both by importing into another folder (--state-dir)
        "#);
    place.tau(&["sessions", "delete", "--yes", &id(1)]).await.assert_code(0);
    let deleted = place.tau(&["sessions", "import", "a.jsonl"]).await;
    insta::assert_snapshot!(deleted.assert_code(1).stderr, @r#"
        × a.jsonl: session 01920000-0000-7000-8000-000000000001 was deleted here, and an id is not used again; nothing was changed
        help: import it into another folder (--state-dir)
        "#);
}

#[tokio::test]
async fn a_file_that_is_not_whole_is_refused_with_its_line() {
    let place = exported().await;
    let whole = place.read("a.jsonl");
    let lines: Vec<&str> = whole.lines().collect();
    let cut = format!("{}\n", lines[..4].join("\n"));
    let changed = whole.replacen("\"kind\":\"run_started\"", "\"kind\":\"run_finished\"", 1);
    let broken = whole.replacen(lines[3], "{]", 1);
    let files = [
        ("cut.jsonl", cut.as_str(), 4),
        // The line after it names another hash.
        ("changed.jsonl", &changed, 5),
        ("broken.jsonl", &broken, 4),
        ("other.jsonl", "{\"a\":1}\n", 1),
        ("newer.jsonl", "{\"format\":\"tau.session.events\",\"version\":99,\"session\":\"s\"}\n", 1),
        ("empty.jsonl", "", 1),
    ];
    for (name, text, line) in files {
        place.write(name, text);
        let ran = place.tau(&["sessions", "import", name]).await;
        let said = ran.assert_code(1).stderr.trim();
        assert!(said.starts_with(&format!("× {name}: line {line}: ")), "{said}");
        assert!(said.ends_with("; nothing of it was stored"), "{said}");
    }
    let nothing = place.tau(&["sessions", "list", "--all"]).await;
    assert_eq!(nothing.assert_code(0).stdout, "");
    let missing = place.tau(&["sessions", "import", "a.jsonl", "none.jsonl"]).await;
    insta::assert_snapshot!(missing.assert_code(1).stderr, @r#"
          × none.jsonl cannot be read: No such file or directory (os error 2)
        "#);
    assert_eq!(place.tau(&["sessions", "list", "--all"]).await.stdout, nothing.stdout);

    // Unless somebody wants what there is.
    let salvaged = place.tau(&["sessions", "import", "--salvage", "cut.jsonl"]).await;
    let said = "cut.jsonl: 3 events; the rest is lost: line 4: ";
    assert!(salvaged.assert_code(0).stderr.starts_with(said), "{salvaged:?}");
    place.tau(&["sessions", "verify"]).await.assert_code(0);
}
