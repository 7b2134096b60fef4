//! The write tool.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::json;
use tau_tools::environment::Environment;

use crate::support::{failure, local, memory, text};

#[tokio::test]
async fn files_are_created_and_replaced() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    let write =
        |content: &str| text(environment.clone(), "write", json!({"path": "a/b/c.txt", "content": content}));
    assert_eq!(write("one\ntwo\n").await, "Created `a/b/c.txt` (2 lines).");
    assert_eq!(write("one").await, "Replaced `a/b/c.txt` (1 lines; it had 2 lines).");
    assert_eq!(fs::read(root.join("a/b/c.txt")).unwrap(), b"one");
    assert_eq!(write("").await, "Replaced `a/b/c.txt` (0 lines; it had 1 lines).");
    assert_eq!(write("a\r\nb\u{feff}").await, "Replaced `a/b/c.txt` (2 lines; it had 0 lines).");
    assert_eq!(fs::read(root.join("a/b/c.txt")).unwrap(), "a\r\nb\u{feff}".as_bytes());
    assert_eq!(fs::read_dir(root.join("a/b")).unwrap().count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn what_is_no_file_is_not_replaced() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    fs::create_dir(root.join("folder")).unwrap();
    fs::write(root.join("file"), "kept").unwrap();
    symlink("/etc/tau-test", root.join("link")).unwrap();
    let write = |path| failure(environment.clone(), "write", json!({"path": path, "content": "x"}));
    assert_eq!(write("folder").await, "folder: is a folder");
    assert_eq!(write(".").await, ".: is a folder");
    assert_eq!(write("file/below").await, "file/below: is not a folder");
    assert_eq!(write("link").await, "link: a link leads out of the working folder");
    assert!(write("../x").await.contains("outside the working folder"));
    assert!(write(&"n".repeat(300)).await.contains("File name too long"));
    assert_eq!(fs::read(root.join("file")).unwrap(), b"kept");
}

#[tokio::test]
async fn names_may_hold_line_breaks() {
    let files = memory([]);
    let written = text(files.clone(), "write", json!({"path": "a\nb", "content": "x\n"})).await;
    assert_eq!(written, "Created `\"a\\nb\"` (1 lines).");
    assert_eq!(text(files, "read", json!({"path": "a\nb"})).await, "1\tx\n");
}
