//! What commands change unseen.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use tau_tools::environment::CommandExit;
use tau_tools::undo::ChangeKind;

use super::Desk;

fn filled() -> Desk {
    let desk = Desk::new();
    for (name, content) in [
        ("changed", "1"),
        ("removed", "2"),
        ("mode", "3"),
        ("folder/deep/a", "4"),
        ("folder/b", "5"),
        ("swap", "6"),
    ] {
        desk.put(name, content);
    }
    symlink("changed", desk.path("link")).unwrap();
    symlink("nowhere", desk.path("kept-link")).unwrap();
    fs::create_dir(desk.path("empty")).unwrap();
    desk
}

#[tokio::test]
async fn everything_a_command_does_to_the_tree_is_put_back() {
    let desk = filled();
    let before = desk.tree();
    let script = "echo x > changed; rm removed; chmod 751 mode; mv folder moved; rmdir empty; rm swap; mkdir swap; \
                  echo y > swap/in; ln -sfn mode link; ln -s created made-link; mkdir -p new/folder; echo z > new/file; \
                  chmod 700 new";
    assert_eq!(desk.command(1, script).await, CommandExit::Code(0));
    let (changed, created, removed) = (ChangeKind::Changed, ChangeKind::Created, ChangeKind::Removed);
    let expected = [
        ("changed", changed),
        ("empty", removed),
        ("folder", removed),
        ("folder/b", removed),
        ("folder/deep", removed),
        ("folder/deep/a", removed),
        ("link", changed),
        ("made-link", created),
        ("mode", changed),
        ("moved", created),
        ("moved/b", created),
        ("moved/deep", created),
        ("moved/deep/a", created),
        ("new", created),
        ("new/file", created),
        ("new/folder", created),
        ("removed", removed),
        ("swap", changed),
        ("swap/in", created),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(path, kind)| (path.to_owned(), kind, true)).collect();
    assert_eq!(desk.changes(1), expected);
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn each_run_has_its_own_changes() {
    let desk = filled();
    desk.command(1, "echo one > changed").await;
    desk.put("mine", "between the runs");
    desk.write(2, "written", "x").await;
    desk.command(2, "echo two >> changed; echo z > made").await;
    desk.command(3, "true").await;
    let paths = |run| desk.changes(run).into_iter().map(|(path, ..)| path).collect::<Vec<_>>();
    assert_eq!(
        (paths(1), paths(2)),
        (vec!["changed".to_owned()], vec!["changed".to_owned(), "made".to_owned(), "written".to_owned()])
    );
    desk.undo(2).unwrap();
    assert_eq!((desk.get("changed").as_str(), desk.get("mine").as_str()), ("one\n", "between the runs"));
    assert!(!desk.path("made").exists() && !desk.path("written").exists());
}

#[tokio::test]
async fn what_was_hidden_before_is_not_taken_for_new() {
    let desk = filled();
    desk.put(".gitignore", "secret\nbuild/\n");
    desk.put("secret", "mine");
    desk.put("build/out", "mine");
    desk.put(".git/config", "mine");
    desk.command(1, "rm .gitignore; echo x > .git/config; echo y > secret; echo z > folder/b").await;
    let changed: Vec<String> = desk.changes(1).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(changed, [".gitignore", "folder/b"]);
    desk.undo(1).unwrap();
    assert_eq!((desk.get("secret").as_str(), desk.get("build/out").as_str()), ("y\n", "mine"));
    assert_eq!(desk.get(".git/config"), "x\n");
    assert_eq!((desk.get(".gitignore").as_str(), desk.get("folder/b").as_str()), ("secret\nbuild/\n", "5"));
}

#[tokio::test]
async fn what_is_hidden_later_is_not_taken_for_gone() {
    let desk = filled();
    desk.command(1, "echo 'folder/' > .gitignore; echo x > folder/b").await;
    let changed: Vec<String> = desk.changes(1).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(changed, [".gitignore", "folder/b"]);
    desk.command(2, "echo y > changed").await;
    let changed: Vec<String> = desk.changes(2).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(changed, ["changed"]);
    desk.undo(2).unwrap();
    desk.undo(1).unwrap();
    assert_eq!((desk.get("folder/b").as_str(), desk.get("changed").as_str()), ("5", "1"));
}

#[tokio::test]
async fn names_of_any_bytes() {
    let desk = filled();
    let name = OsStr::from_bytes(b"\xff\n'\"");
    fs::write(desk.path("").join(name), "old").unwrap();
    let before = desk.tree();
    desk.command(1, "for file in *; do [ -f \"$file\" ] && echo x > \"$file\"; done").await;
    assert_ne!(desk.tree(), before);
    let desk = desk.reopened();
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

/// A change of the same length within one tick of the file system's clock leaves the same stamp.
#[tokio::test]
async fn a_change_within_a_tick_is_seen() {
    for _ in 0..20 {
        let desk = Desk::new();
        desk.put("file", "old");
        desk.command(1, "true").await;
        desk.put("file", "two");
        desk.command(2, "printf new > file").await;
        assert_eq!(desk.get("file"), "new");
        desk.undo(2).unwrap();
        assert_eq!(desk.get("file"), "two");
    }
}

#[tokio::test]
async fn the_exit_of_a_command_is_the_commands() {
    let desk = filled();
    assert_eq!(desk.command(1, "exit 3").await, CommandExit::Code(3));
    assert_eq!(desk.command(1, "kill -9 $$").await, CommandExit::Signal(9));
}
