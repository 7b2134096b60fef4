//! The edit tool.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;

use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};
use tau_tools::ToolContext;
use tau_tools::environment::{Environment, MemoryEnvironment, WorkspacePath};

use crate::support::{failure, finish_in, local, memory, text};

fn content(files: &MemoryEnvironment) -> Vec<u8> {
    files.files().remove(&WorkspacePath::root().join("f")).unwrap()
}

/// Edits `f`, which holds `before`.
async fn edited(before: &[u8], old: &str, new: &str) -> (String, Vec<u8>) {
    let files = memory([("f", before)]);
    let said = text(files.clone(), "edit", json!({"path": "f", "old_string": old, "new_string": new})).await;
    (said, content(&files))
}

async fn refused(before: &[u8], arguments: Value) -> String {
    let files = memory([("f", before)]);
    let said = failure(files.clone(), "edit", arguments).await;
    assert_eq!(content(&files), before);
    said
}

#[tokio::test]
async fn one_place_is_replaced_and_shown() {
    let (said, content) = edited(b"1\n2\n3\n4 old\n5\n6\n7\n", "4 old", "4 new\n4 more").await;
    assert_eq!(said, "Edited `f`:\n@@ -2 +2 @@\n 2\n 3\n-4 old\n+4 new\n+4 more\n 5\n 6\n");
    assert_eq!(content, b"1\n2\n3\n4 new\n4 more\n5\n6\n7\n");
    let (said, content) = edited(b"only", "only", "").await;
    assert_eq!((said.as_str(), content.as_slice()), ("Edited `f`:\n@@ -1 +1 @@\n-only\n", &b""[..]));
}

#[tokio::test]
async fn several_places_need_replace_all() {
    let before: &[u8] = b"a\nx a\n\n\n\n\n\na\n";
    let ambiguous = refused(before, json!({"path": "f", "old_string": "a", "new_string": "b"})).await;
    let says = "old_string is in `f` 3 times, at lines 1, 2, 8; nothing was changed. Take in lines around the one \
                you mean, or set replace_all.";
    assert_eq!(ambiguous, says);
    let files = memory([("f", before)]);
    let all = json!({"path": "f", "old_string": "a", "new_string": "bb\n", "replace_all": true});
    let said = text(files.clone(), "edit", all).await;
    assert_eq!(content(&files), b"bb\n\nx bb\n\n\n\n\n\n\nbb\n\n");
    assert!(said.starts_with("Edited `f` in 3 places:\n@@ -1 +1 @@\n-a\n-x a\n+bb\n+\n+x bb\n"), "{said}");
    assert!(said.contains("@@ -6 +8 @@\n"), "{said}");
    let many = "a\n".repeat(20);
    let said = refused(many.as_bytes(), json!({"path": "f", "old_string": "a", "new_string": "b"})).await;
    assert!(said.contains("20 times, at lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...;"), "{said}");
}

#[tokio::test]
async fn a_diff_is_bounded() {
    let before = "word\n\n\n\n\n\n\n".repeat(1_000);
    let files = memory([("f", before.as_bytes())]);
    let all = json!({"path": "f", "old_string": "word", "new_string": "other", "replace_all": true});
    let said = text(files, "edit", all).await;
    assert!(said.len() < 4_200 && said.contains("more places changed]"), "{} bytes", said.len());
    let (said, _) = edited(b"x", "x", &"long ".repeat(100_000)).await;
    assert!(said.len() < 4_200, "{} bytes", said.len());
}

#[tokio::test]
async fn line_ends_bom_and_a_missing_last_line_end_are_kept() {
    let rows: [(&[u8], &str, &str, &[u8]); 10] = [
        (b"a\r\nb\r\nc\r\n", "a\nb\n", "x\ny\nz\n", b"x\r\ny\r\nz\r\nc\r\n"),
        (b"a\r\nb\r\n", "b", "b\nc", b"a\r\nb\r\nc\r\n"),
        (b"a\r\nb", "b", "b\nc", b"a\r\nb\r\nc"),
        (b"a\r\nb\r\n", "\nb", "\nc", b"a\r\nc\r\n"),
        (b"a\r\nb\r\n", "a\r\nb", "c\r\nd", b"c\r\nd\r\n"),
        (b"a\r\nb\nc\n", "b\nc", "d\ne", b"a\r\nd\ne\n"),
        (b"a\r\nb\nc\n", "a", "d\ne", b"d\r\ne\r\nb\nc\n"),
        (b"a\nb", "b", "c\r\nd", b"a\nc\r\nd"),
        (b"\xef\xbb\xbfa\n", "a", "b", b"\xef\xbb\xbfb\n"),
        (b"caf\xe9 a\xff", "a\u{fffd}", "", b""),
    ];
    for (before, old, new, after) in &rows[..9] {
        assert_eq!(edited(before, old, new).await.1, *after, "{:?}", String::from_utf8_lossy(before));
    }
    let (before, old, _, _) = rows[9];
    let said = refused(before, json!({"path": "f", "old_string": old, "new_string": "x"})).await;
    assert!(said.contains("is not in `f`"), "the sign for a byte that is no text stands for no text: {said}");
    assert_eq!(edited(b"caf\xe9 a\xff\n", " a", " b").await.1, b"caf\xe9 b\xff\n");
}

#[tokio::test]
async fn nothing_to_do_is_refused() {
    let same = refused(b"a\r\n", json!({"path": "f", "old_string": "a", "new_string": "a"})).await;
    assert_eq!(same, "old_string and new_string are the same; nothing was changed.");
    let ends =
        refused(b"a\r\nb\r\n", json!({"path": "f", "old_string": "a\r\nb", "new_string": "a\nb"})).await;
    assert!(ends.contains("line ends are kept"), "{ends}");
    let empty = refused(b"a", json!({"path": "f", "old_string": "", "new_string": "a"})).await;
    assert!(empty.contains("use write"), "{empty}");
    let missing = failure(
        memory([("file.rs", b"")]),
        "edit",
        json!({"path": "fil.rs", "old_string": "a", "new_string": "b"}),
    );
    assert!(missing.await.contains("Near it: `file.rs`"));
}

#[tokio::test]
async fn what_is_not_found_is_answered_with_what_is_near() {
    let before = b"fn main() {\n\tlet total = count(3);\n\tprint(total);\n}\n";
    let blanks = refused(
        before,
        json!({"path": "f", "old_string": "let  total = count(3);\nprint(total);", "new_string": ""}),
    );
    let says = "old_string is not in `f`; nothing was changed. These lines differ from it in white space alone:\n\
                2\t\tlet total = count(3);\n3\t\tprint(total);";
    assert_eq!(blanks.await, says);
    let other = refused(
        before,
        json!({"path": "f", "old_string": "{\n\tlet total = counts(4);\n}", "new_string": ""}),
    )
    .await;
    assert!(
        other.ends_with(
            "The most similar lines are:\n1\tfn main() {\n2\t\tlet total = count(3);\n3\t\tprint(total);"
        ),
        "{other}"
    );
    let nothing = refused(before, json!({"path": "f", "old_string": "0123456789", "new_string": ""})).await;
    assert_eq!(nothing, "old_string is not in `f`; nothing was changed.");
}

#[tokio::test]
async fn links_out_of_the_root_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "a").unwrap();
    let (_folder, environment) = local();
    symlink(outside.path().join("secret"), environment.root().join("link")).unwrap();
    let arguments = json!({"path": "link", "old_string": "a", "new_string": "b"});
    assert_eq!(failure(environment, "edit", arguments).await, "link: a link leads out of the working folder");
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"a");
}

#[tokio::test]
async fn edits_of_one_file_follow_each_other() {
    let files = memory([("f", b"0")]);
    let context = ToolContext::new(Arc::new(files.clone()));
    for number in 0..50 {
        let (old, new) = (number.to_string(), (number + 1).to_string());
        let done =
            finish_in(&context, "edit", json!({"path": "f", "old_string": old, "new_string": new})).await;
        assert!(!done.result.is_error, "{}", done.result.text());
    }
    assert_eq!(content(&files), b"50");
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![Just("\n"), Just("\r\n"), Just("a"), Just("b"), Just("ab"), Just("é")];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Whatever the line ends, an edit is what replacing in the text as the model sees it gives.
    #[test]
    fn an_edit_is_a_replacement_in_what_is_shown(before in pieces(), old in "[ab\n]{1,3}", new in "[abé\n]{0,3}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let files = memory([("f", before.as_bytes())]);
        let context = ToolContext::new(Arc::new(files.clone()));
        let arguments = json!({"path": "f", "old_string": old, "new_string": new, "replace_all": true});
        let done = runtime.block_on(finish_in(&context, "edit", arguments));
        let after = String::from_utf8(content(&files)).unwrap();
        let seen = before.replace("\r\n", "\n");
        let expected = if old == new { seen } else { seen.replace(&old, &new) };
        prop_assert_eq!(after.replace("\r\n", "\n"), expected, "{}", done.result.text());
        if !before.contains("\r\n") {
            prop_assert_eq!(after.contains('\r'), false);
        } else if !before.replace("\r\n", "").contains('\n') {
            prop_assert_eq!(after.replace("\r\n", "").contains('\n'), false, "CRLF alone stays CRLF alone");
        }
    }
}
