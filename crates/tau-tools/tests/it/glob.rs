//! The glob tool.

use serde_json::json;

use crate::support::{failure, memory, text};

#[tokio::test]
async fn paths_come_one_to_a_line() {
    let files =
        memory([("src/a.rs", b""), ("src/sub/b.rs", b""), ("c.txt", b""), (".env", b""), ("x\ny.md", b"")]);
    let found = |arguments| text(files.clone(), "glob", arguments);
    assert_eq!(found(json!({"pattern": "**/*.rs"})).await, "src/a.rs\nsrc/sub/b.rs\n");
    assert_eq!(found(json!({"pattern": "*.rs", "path": "src"})).await, "src/a.rs\n");
    assert_eq!(found(json!({"pattern": "/workspace/src/**/*.rs"})).await, "src/a.rs\nsrc/sub/b.rs\n");
    assert_eq!(
        found(json!({"pattern": "/workspace/src/*.rs", "path": "/workspace/src"})).await,
        "src/a.rs\n"
    );
    assert_eq!(found(json!({"pattern": "*.md"})).await, "\"x\\ny.md\"\n");
    assert_eq!(found(json!({"pattern": "*", "hidden": true})).await, ".env\nc.txt\n\"x\\ny.md\"\n");
    let none = found(json!({"pattern": "*.py"})).await;
    assert_eq!(none, "No file matches `*.py`. Ignored and dotted files are found with hidden.");
}

#[tokio::test]
async fn the_newest_comes_first() {
    let files = memory([("a", b""), ("b", b""), ("c", b"")]);
    text(files.clone(), "write", json!({"path": "b", "content": "new"})).await;
    assert_eq!(text(files, "glob", json!({"pattern": "*"})).await, "b\na\nc\n");
}

#[tokio::test]
async fn many_paths_are_counted() {
    let names: Vec<String> = (0..250).map(|index| format!("{index:03}")).collect();
    let files = names.iter().map(|name| (name.as_str(), ""));
    let files = tau_tools::environment::MemoryEnvironment::new(files).unwrap();
    let found = text(files, "glob", json!({"pattern": "*"})).await;
    assert!(found.ends_with("199\n[50 more paths; a narrower pattern or path shows them]\n"), "{found}");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let files = memory([("src/a.rs", b"")]);
    let wrong = |arguments| failure(files.clone(), "glob", arguments);
    assert!(wrong(json!({"pattern": "a["})).await.contains("unclosed character class"));
    assert!(wrong(json!({"pattern": "*", "path": "srx"})).await.contains("Near it: `src`"));
    assert!(wrong(json!({"pattern": "*", "path": "src/a.rs"})).await.contains("is a file"));
    assert!(wrong(json!({"pattern": "*", "path": ".."})).await.contains("outside the working folder"));
}
