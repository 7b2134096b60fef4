//! Somebody else's work is not undone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use tau_tools::undo::{Conflict, ConflictReason, UndoErrorKind};

use super::Desk;

fn conflicts(found: &[Conflict]) -> Vec<(String, ConflictReason)> {
    found.iter().map(|conflict| (conflict.path.to_string(), conflict.reason)).collect()
}

/// A run over many files, then `meddle`, then undoing, which must refuse and name exactly `expected`.
async fn refuses(meddle: impl FnOnce(&Desk), expected: &[&str]) {
    let desk = Desk::new();
    for name in ["a", "b", "c", "d/e"] {
        desk.put(name, "before");
    }
    desk.write(1, "a", "by the tool").await;
    desk.command(1, "echo x > b; rm c; echo y > d/e; echo z > new").await;
    meddle(&desk);
    let before = desk.tree();
    let expected: Vec<_> =
        expected.iter().map(|path| ((*path).to_owned(), ConflictReason::ChangedSince)).collect();
    assert_eq!(conflicts(&desk.plan(1).unwrap().conflicts), expected);
    let refused = desk.undo(1).unwrap_err();
    assert_eq!((refused.kind(), conflicts(refused.conflicts())), (UndoErrorKind::Conflict, expected));
    assert_eq!(desk.tree(), before, "nothing is touched");
}

#[tokio::test]
async fn a_file_that_changed_since() {
    refuses(|desk| desk.put("a", "mine"), &["a"]).await;
    refuses(|desk| desk.put("b", "mine"), &["b"]).await;
    refuses(|desk| desk.put("c", "mine"), &["c"]).await;
    refuses(|desk| fs::remove_file(desk.path("new")).map(|()| desk.put("new", "mine")).unwrap(), &["new"])
        .await;
    refuses(|desk| fs::remove_file(desk.path("a")).unwrap(), &["a"]).await;
    let chmod = |desk: &Desk| fs::set_permissions(desk.path("a"), fs::Permissions::from_mode(0o700)).unwrap();
    refuses(chmod, &["a"]).await;
    refuses(|desk| ["a", "b", "new"].iter().for_each(|name| desk.put(name, "mine")), &["a", "b", "new"])
        .await;
}

#[tokio::test]
async fn a_file_that_became_something_else() {
    let into_folder = |desk: &Desk| {
        fs::remove_file(desk.path("a")).unwrap();
        desk.put("a/inside", "mine");
    };
    refuses(into_folder, &["a"]).await;
    let into_link = |desk: &Desk| {
        fs::write(desk.path("other"), "by the tool").unwrap();
        fs::remove_file(desk.path("a")).unwrap();
        symlink("other", desk.path("a")).unwrap();
    };
    refuses(into_link, &["a"]).await;
}

#[tokio::test]
async fn a_folder_that_became_a_link_out() {
    let into_link = |desk: &Desk| {
        fs::rename(desk.path("d"), desk.outside().join("d")).unwrap();
        symlink("../d", desk.path("d")).unwrap();
    };
    refuses(into_link, &["d/e"]).await;
}

#[tokio::test]
async fn what_somebody_put_back_already_is_no_conflict() {
    let desk = Desk::new();
    desk.put("a", "before");
    desk.put("b", "before");
    desk.write(1, "a", "after").await;
    desk.write(1, "b", "after").await;
    desk.put("a", "before");
    let restored: Vec<String> =
        desk.undo(1).unwrap().restored.into_iter().map(|change| change.path.to_string()).collect();
    assert_eq!(restored, ["b"]);
    assert_eq!((desk.get("a").as_str(), desk.get("b").as_str()), ("before", "before"));
}

#[tokio::test]
async fn a_file_that_somebody_changed_in_the_middle_of_the_run() {
    let desk = Desk::new();
    desk.put("a", "before");
    desk.write(1, "a", "one").await;
    desk.put("a", "mine");
    desk.write(1, "a", "two").await;
    let refused = desk.undo(1).unwrap_err();
    assert_eq!(conflicts(refused.conflicts()), [("a".to_owned(), ConflictReason::ChangedBetween)]);
    assert_eq!(desk.get("a"), "two");
    assert_eq!(refused.to_string(), "nothing was undone, because these changed since: a");
}
