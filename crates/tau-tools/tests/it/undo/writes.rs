//! What tools write.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;

use serde_json::json;
use tau_tools::ToolContext;
use tau_tools::environment::Environment;
use tau_tools::undo::{self, ChangeKind, UndoErrorKind};

use super::{Desk, SESSION, at, run_id, scope};
use crate::support::finish_in;

#[tokio::test]
async fn the_tools_changes_are_put_back() {
    let desk = Desk::new();
    desk.put("src/main.rs", "fn main() {}\n");
    fs::set_permissions(desk.path("src/main.rs"), fs::Permissions::from_mode(0o750)).unwrap();
    desk.put("other", "stays");
    let before = desk.tree();
    let context = ToolContext::new(Arc::new(desk.environment.clone())).with_scope(scope(1));
    for (tool, arguments) in [
        ("edit", json!({"path": "src/main.rs", "old_string": "main", "new_string": "other"})),
        ("write", json!({"path": "src/main.rs", "content": "again"})),
        ("write", json!({"path": "new/deep/file", "content": "new"})),
    ] {
        let finished = finish_in(&context, tool, arguments).await;
        assert!(!finished.result.is_error, "{}", finished.result.text());
    }
    let expected = [
        ("new".to_owned(), ChangeKind::Created, true),
        ("new/deep".to_owned(), ChangeKind::Created, true),
        ("new/deep/file".to_owned(), ChangeKind::Created, true),
        ("src/main.rs".to_owned(), ChangeKind::Changed, true),
    ];
    assert_eq!(desk.changes(1), expected);
    let desk = desk.reopened();
    let restored = desk.undo(1).unwrap();
    assert_eq!((restored.restored.len(), restored.left.len()), (4, 0));
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn without_a_scope_nothing_is_recorded() {
    let desk = Desk::new();
    desk.environment.write(&at("a"), b"x").await.unwrap();
    assert_eq!(desk.get("a"), "x");
    assert_eq!(undo::runs(desk.log.as_ref(), SESSION).unwrap(), []);
    assert!(!desk.outside().join("undo").exists(), "and nothing is made for it");
}

#[tokio::test]
async fn a_run_is_undone_once() {
    let desk = Desk::new();
    desk.write(1, "a", "x").await;
    desk.undo(1).unwrap();
    let desk = desk.reopened();
    let again = desk.undo(1).unwrap_err();
    assert_eq!(again.kind(), UndoErrorKind::AlreadyUndone);
    assert_eq!(again.to_string(), format!("run {} was undone before", run_id(1)));
    assert_eq!(desk.undo(2).unwrap_err().kind(), UndoErrorKind::UnknownRun);
    let runs = undo::runs(desk.log.as_ref(), SESSION).unwrap();
    assert_eq!(runs.iter().map(|run| (run.run, run.undone)).collect::<Vec<_>>(), [(run_id(1), true)]);
}

#[tokio::test]
async fn a_file_written_through_a_link_is_the_one_put_back() {
    let desk = Desk::new();
    desk.put("real/file", "old");
    symlink("real", desk.path("folder")).unwrap();
    symlink("folder/file", desk.path("link")).unwrap();
    symlink("real/new", desk.path("dangling")).unwrap();
    let before = desk.tree();
    desk.write(1, "link", "1").await;
    desk.write(1, "folder/other", "2").await;
    desk.write(1, "dangling", "3").await;
    let changed: Vec<String> = desk.changes(1).into_iter().map(|(path, ..)| path).collect();
    assert_eq!(changed, ["real/file", "real/new", "real/other"]);
    desk.undo(1).unwrap();
    assert_eq!(desk.tree(), before);
}

#[tokio::test]
async fn runs_are_undone_from_the_last_to_the_first() {
    let desk = Desk::new();
    desk.put("a", "0");
    desk.write(1, "a", "1").await;
    desk.write(2, "a", "2").await;
    let refused = desk.undo(1).unwrap_err();
    assert_eq!((refused.kind(), desk.get("a").as_str()), (UndoErrorKind::Conflict, "2"));
    desk.undo(2).unwrap();
    assert_eq!(desk.get("a"), "1");
    desk.undo(1).unwrap();
    assert_eq!(desk.get("a"), "0");
}

#[tokio::test]
async fn a_folder_that_somebody_uses_stays() {
    let desk = Desk::new();
    desk.write(1, "new/file", "x").await;
    desk.put("new/mine", "y");
    desk.undo(1).unwrap();
    assert!(!desk.path("new/file").exists());
    assert_eq!(desk.get("new/mine"), "y");
}

#[tokio::test]
async fn what_is_removed_comes_back() {
    let desk = Desk::new();
    fs::create_dir(desk.path("folder")).unwrap();
    fs::write(desk.path("folder/file"), "kept").unwrap();
    fs::set_permissions(desk.path("folder/file"), fs::Permissions::from_mode(0o751)).unwrap();
    symlink("folder/file", desk.path("link")).unwrap();
    let environment = desk.call(1);
    environment.remove(&at("link")).await.unwrap();
    environment.remove(&at("folder/file")).await.unwrap();
    assert!(!desk.path("folder/file").exists() && desk.path("link").symlink_metadata().is_err());
    desk.undo(1).unwrap();
    assert_eq!(fs::read(desk.path("link")).unwrap(), b"kept");
    assert_eq!(fs::metadata(desk.path("folder/file")).unwrap().permissions().mode() & 0o777, 0o751);
}
