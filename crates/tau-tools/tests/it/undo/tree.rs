//! What every tree does, and what the one on disk does besides.

use std::fs;
use std::os::unix::fs::symlink;

use tau_tools::environment::{
    Completeness, Environment, EnvironmentErrorKind, FileTree, StampKind, TreeNode, WorkspacePath,
};

use super::at;
use crate::support::{local, memory};

fn file(content: &[u8]) -> TreeNode<'_> {
    TreeNode::File { content, mode: 0o640 }
}

fn files_with_their_bits(tree: &dyn FileTree) {
    assert_eq!(tree.stamp(&at("a")).unwrap(), None);
    tree.put(&at("a"), &file(b"one")).unwrap();
    let first = tree.stamp(&at("a")).unwrap().unwrap();
    assert_eq!((first.kind, first.mode, first.len), (StampKind::File, 0o640, 3));
    assert_eq!(tree.content(&at("a"), 3).unwrap(), b"one");
    assert_eq!(tree.content(&at("a"), 2).unwrap_err().kind(), EnvironmentErrorKind::TooLarge);
    tree.put(&at("a"), &TreeNode::File { content: b"two", mode: 0o755 }).unwrap();
    let second = tree.stamp(&at("a")).unwrap().unwrap();
    assert_eq!((second.mode, second.len), (0o755, 3));
    assert_ne!(first, second);
    tree.remove(&at("a")).unwrap();
    tree.remove(&at("a")).unwrap();
    assert_eq!(tree.stamp(&at("a")).unwrap(), None);
    assert_eq!(tree.content(&at("a"), 9).unwrap_err().kind(), EnvironmentErrorKind::NotFound);
}

fn folders(tree: &dyn FileTree) {
    tree.put(&at("d"), &TreeNode::Folder { mode: 0o750 }).unwrap();
    tree.put(&at("d/a"), &file(b"one")).unwrap();
    assert_eq!(tree.stamp(&at("d")).unwrap().unwrap().kind, StampKind::Folder);
    assert!(tree.remove(&at("d")).is_err(), "a folder that is not empty stays");
    assert_eq!(tree.content(&at("d/a"), 9).unwrap(), b"one");
    tree.remove(&at("d/a")).unwrap();
    tree.remove(&at("d")).unwrap();
    assert_eq!(tree.stamp(&at("d")).unwrap(), None);
    assert_eq!(tree.locate(&at("x/y")).unwrap(), at("x/y"));
}

fn scanned(tree: &dyn FileTree, limit: usize) -> Vec<String> {
    let scan = tree.scan(limit, None).unwrap();
    let is_file = |kind| kind == StampKind::File;
    scan.entries.iter().filter(|(_, stamp)| is_file(stamp.kind)).map(|(path, _)| path.to_string()).collect()
}

fn scans(tree: &dyn FileTree) {
    for folder in ["d", ".git", "hidden", ".dotted"] {
        tree.put(&at(folder), &TreeNode::Folder { mode: 0o755 }).unwrap();
    }
    for (path, content) in [
        (".gitignore", "hidden\n*.log\n"),
        ("a", ""),
        ("a.log", ""),
        ("d/b", ""),
        (".git/c", ""),
        ("hidden/d", ""),
        (".dotted/e", ""),
    ] {
        tree.put(&at(path), &file(content.as_bytes())).unwrap();
    }
    let first = tree.scan(100, None).unwrap();
    assert_eq!(first.completeness, Completeness::Whole);
    assert_eq!(scanned(tree, 100), [".dotted/e", ".gitignore", "a", "d/b"]);
    assert_eq!(tree.scan(2, None).unwrap().completeness, Completeness::Cut);
    tree.put(&at(".gitignore"), &file(b"a\n")).unwrap();
    assert_eq!(scanned(tree, 100), [".dotted/e", ".gitignore", "a.log", "d/b", "hidden/d"]);
    let again: Vec<String> =
        tree.scan(100, Some(&first.rules)).unwrap().entries.keys().map(WorkspacePath::to_string).collect();
    assert!(again.contains(&"a".to_owned()) && !again.contains(&"a.log".to_owned()), "{again:?}");
}

macro_rules! conforms {
    ($($check:ident),*) => {
        mod in_memory {
            use tau_tools::environment::Environment;
            $(#[test] fn $check() { super::$check(super::memory([]).tree().unwrap().as_ref()) })*
        }
        mod on_disk {
            use tau_tools::environment::Environment;
            $(#[test] fn $check() {
                let (_folder, environment) = super::local();
                super::$check(environment.tree().unwrap().as_ref());
            })*
        }
    };
}

conforms!(files_with_their_bits, folders, scans);

#[test]
fn links_are_what_they_are() {
    let (folder, environment) = local();
    let tree = environment.tree().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/a"), "one").unwrap();
    tree.put(&at("link"), &TreeNode::Link { target: b"d/\xff" }).unwrap();
    assert_eq!(tree.stamp(&at("link")).unwrap().unwrap().kind, StampKind::Link);
    assert_eq!(tree.content(&at("link"), 9).unwrap(), b"d/\xff");
    symlink("d", folder.path().join("up")).unwrap();
    assert_eq!(tree.stamp(&at("up/a")).unwrap(), None, "nothing stands below a link");
    assert!(tree.content(&at("up/a"), 9).is_err());
    assert!(tree.put(&at("up/a"), &file(b"two")).is_err());
    tree.remove(&at("up/a")).unwrap();
    fs::create_dir(folder.path().join("d/e")).unwrap();
    fs::write(folder.path().join("d/e/b"), "deep").unwrap();
    assert_eq!(tree.stamp(&at("up/e/b")).unwrap(), None, "nor deeper");
    assert!(tree.put(&at("up/e/b"), &file(b"two")).is_err());
    assert_eq!(fs::read(folder.path().join("d/e/b")).unwrap(), b"deep");
    assert_eq!(fs::read(folder.path().join("d/a")).unwrap(), b"one");
    tree.put(&at("up"), &file(b"two")).unwrap();
    assert_eq!(fs::read(folder.path().join("d/a")).unwrap(), b"one");
    assert!(fs::symlink_metadata(folder.path().join("up")).unwrap().is_file());
}

#[test]
fn no_link_leads_out() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let (folder, environment) = local();
    let tree = environment.tree().unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    for path in ["out/secret", "out/new"] {
        assert_eq!(tree.stamp(&at(path)).unwrap(), None);
        assert!(tree.content(&at(path), 9).is_err());
        assert!(tree.put(&at(path), &file(b"x")).is_err());
        tree.remove(&at(path)).unwrap();
        assert_eq!(tree.locate(&at(path)).unwrap_err().kind(), EnvironmentErrorKind::Outside);
    }
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    let kinds: Vec<StampKind> =
        tree.scan(9, None).unwrap().entries.values().map(|stamp| stamp.kind).collect();
    assert_eq!(kinds, [StampKind::Link], "a scan does not follow it");
}
