//! What is too much is not kept, and said.

use std::fs;

use tau_tools::undo::{ChangeKind, Gap, ScanBounds, UndoLimits};

use super::Desk;

#[tokio::test]
async fn a_file_that_is_too_long_stays_as_the_run_left_it() {
    let desk = Desk::within(UndoLimits::new(10, 1_000));
    desk.put("long", &"x".repeat(11));
    desk.put("fits", &"y".repeat(10));
    desk.command(1, "echo changed >> long; echo changed >> fits; echo made and long > made").await;
    let changed: Vec<_> = desk.changes(1);
    let expected = [
        ("fits".to_owned(), ChangeKind::Changed, true),
        ("long".to_owned(), ChangeKind::Changed, false),
        ("made".to_owned(), ChangeKind::Created, true),
    ];
    assert_eq!(changed, expected);
    let restored = desk.undo(1).unwrap();
    assert_eq!(restored.left.iter().map(|change| change.path.to_string()).collect::<Vec<_>>(), ["long"]);
    assert_eq!((desk.get("fits"), desk.get("long")), ("y".repeat(10), "x".repeat(11) + "changed\n"));
    assert!(!desk.path("made").exists());
}

#[tokio::test]
async fn a_long_file_that_changed_since_is_a_conflict() {
    let desk = Desk::within(UndoLimits::new(10, 1_000));
    desk.write(1, "made", &"x".repeat(100)).await;
    desk.put("made", &"y".repeat(100));
    assert_eq!(desk.undo(1).unwrap_err().conflicts().len(), 1);
    desk.put("made", &"x".repeat(100));
    desk.undo(1).unwrap();
    assert!(!desk.path("made").exists());
}

#[tokio::test]
async fn a_session_keeps_so_much() {
    let desk = Desk::within(UndoLimits::new(100, 250));
    for name in ["a", "b", "c"] {
        desk.put(name, &name.repeat(100));
        desk.write(1, name, "new").await;
    }
    // The same content again costs nothing.
    desk.put("again", &"a".repeat(100));
    desk.write(1, "again", "new").await;
    let kept: Vec<_> = desk.changes(1).into_iter().map(|(path, _, kept)| (path, kept)).collect();
    let expected = [("a", true), ("again", true), ("b", true), ("c", false)];
    assert_eq!(kept, expected.map(|(path, kept)| (path.to_owned(), kept)));
    let held = fs::metadata(desk.outside().join("undo").join(super::SESSION.to_string()).join("contents"));
    assert!(held.unwrap().len() < 250 + 3 * 100);
}

#[tokio::test]
async fn commands_in_a_large_tree_are_not_covered() {
    for bounds in [ScanBounds::new(5, 1_000), ScanBounds::new(1_000, 15)] {
        let mut desk = Desk::new();
        desk.environment = desk.environment.with_bounds(bounds);
        for number in 0..10 {
            desk.put(&number.to_string(), "xx");
        }
        desk.write(1, "1", "written").await;
        desk.command(1, "echo x > 2").await;
        desk.command(1, "echo x > 3").await;
        assert_eq!((desk.get("2").as_str(), desk.gaps(1)), ("x\n", vec![Gap::TreeTooLarge]));
        let restored = desk.undo(1).unwrap();
        assert_eq!(restored.gaps, [Gap::TreeTooLarge]);
        assert_eq!((desk.get("1").as_str(), desk.get("2").as_str()), ("xx", "x\n"));
    }
}

#[tokio::test]
async fn a_command_that_makes_the_tree_large_says_so() {
    let mut desk = Desk::new();
    desk.environment = desk.environment.with_bounds(ScanBounds::new(5, 1_000));
    desk.put("a", "x");
    desk.command(1, "for i in 1 2 3 4 5 6 7 8 9; do echo > new$i; done").await;
    assert_eq!(desk.gaps(1), [Gap::TreeTooLarge]);
    assert_eq!(desk.plan(1).unwrap().restores, []);
}
