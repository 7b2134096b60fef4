//! The grep tool.

use serde_json::json;
use tau_tools::environment::MemoryEnvironment;

use crate::support::{failure, memory, text};

fn tree() -> MemoryEnvironment {
    memory([
        ("a.rs", b"one\ntwo match\nthree\nfour\nfive match\n"),
        ("sub/b.txt", b"Match\nother\n"),
        ("sub/c.rs", b"none\n"),
    ])
}

#[tokio::test]
async fn matches_come_by_path_and_line() {
    let found = |arguments| text(tree(), "grep", arguments);
    assert_eq!(found(json!({"pattern": "match"})).await, "a.rs:2:two match\na.rs:5:five match\n");
    let ignoring_case = "a.rs:2:two match\na.rs:5:five match\nsub/b.txt:1:Match\n";
    assert_eq!(found(json!({"pattern": "match", "ignore_case": true})).await, ignoring_case);
    assert_eq!(found(json!({"pattern": "(?i)match", "glob": "*.txt"})).await, "sub/b.txt:1:Match\n");
    assert_eq!(found(json!({"pattern": "o", "path": "sub/c.rs"})).await, "sub/c.rs:1:none\n");
    assert_eq!(found(json!({"pattern": "nowhere"})).await, "No line matches.\n");
}

#[tokio::test]
async fn context_stands_in_groups() {
    let found = text(tree(), "grep", json!({"pattern": "(?i)match", "context": 1})).await;
    let expected = "a.rs-1-one\na.rs:2:two match\na.rs-3-three\na.rs-4-four\na.rs:5:five match\n--\n\
                    sub/b.txt:1:Match\nsub/b.txt-2-other\n";
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_left_is_counted() {
    let found = text(tree(), "grep", json!({"pattern": "e$|h$", "limit": 2})).await;
    let expected = "a.rs:1:one\na.rs:2:two match\n[4 more of 6 matching lines in 3 files; path, glob or limit show them]\n";
    assert_eq!(found, expected);
    let long = format!("{}\n", "x".repeat(400)).repeat(1_000);
    let found =
        text(memory([("long", long.as_bytes())]), "grep", json!({"pattern": "x", "limit": 1_000})).await;
    let shown = found.lines().filter(|line| line.starts_with("long:")).count();
    assert!(found.len() < 30_000 && (60..80).contains(&shown), "{} bytes, {shown} lines", found.len());
    assert!(found.ends_with(&format!(
        "[{} more of 1000 matching lines in 1 files; path, glob or limit show them]\n",
        1_000 - shown
    )));
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let wrong = |arguments| failure(tree(), "grep", arguments);
    let pattern = wrong(json!({"pattern": "fn main("})).await;
    assert!(
        pattern.starts_with("The pattern is not valid") && pattern.contains("unclosed group"),
        "{pattern}"
    );
    assert!(wrong(json!({"pattern": "a\nb"})).await.contains("not allowed"));
    assert!(wrong(json!({"pattern": "a", "glob": "{"})).await.contains("not valid"));
    assert!(wrong(json!({"pattern": "a", "path": "sup"})).await.contains("Near it: `sub`"));
}
