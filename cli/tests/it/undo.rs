//! Files that a run changed are put back, all or none.

use serde_json::json;
use tau_testkit::{ModelServer, Reply};

use crate::support::Place;

/// Edits a file, makes one and removes one, with a tool and with commands.
async fn changed() -> (Place, ModelServer) {
    let edit = json!({ "path": "edited", "old_string": "one", "new_string": "two" }).to_string();
    let write = json!({ "path": "new/made", "content": "made" }).to_string();
    let bash = json!({ "command": "rm removed; echo by command >> touched" }).to_string();
    let replies = [
        Reply::tool_calls([
            ("c1", "edit", edit.as_str()),
            ("c2", "write", write.as_str()),
            ("c3", "bash", bash.as_str()),
        ]),
        Reply::text("done"),
    ];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&server);
    for file in ["edited", "removed", "touched"] {
        place.write(file, "one\n");
    }
    place.tau(&["run", "--allow-all", "change"]).await.assert_code(0);
    assert_eq!(place.read("edited"), "two\n");
    assert!(!place.project().join("removed").exists());
    (place, server)
}

#[tokio::test]
async fn a_run_is_undone() {
    let (place, _server) = changed().await;
    let planned = place.tau(&["undo", "--dry-run"]).await;
    let said = "restored edited\nremoved new\nremoved new/made\nbrought back removed\nrestored touched\n";
    let would: String = said.lines().map(|line| format!("would be {line}\n")).collect();
    assert_eq!(planned.assert_code(0).stdout, would);
    assert_eq!(place.read("edited"), "two\n");
    let ran = place.tau(&["undo"]).await;
    assert_eq!(ran.assert_code(0).stdout, said, "{ran:?}");
    for file in ["edited", "removed", "touched"] {
        assert_eq!(place.read(file), "one\n");
    }
    assert!(!place.project().join("new").exists());
    let again = place.tau(&["undo"]).await;
    assert!(again.assert_code(0).stderr.contains("changed no files that could be put back"), "{again:?}");
}

#[tokio::test]
async fn what_is_kept_of_a_deleted_session_goes_with_it() {
    let (place, _server) = changed().await;
    let kept = place.home().join(".local/state/tau/undo");
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 1);
    let listed = place.tau(&["sessions", "list", "--output", "json"]).await;
    let id = listed.json()["sessions"][0]["id"].as_str().unwrap().to_owned();
    place.tau(&["sessions", "delete", "--yes", &id]).await.assert_code(0);
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(kept.with_file_name("results")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_changed_since_is_not_overwritten() {
    let (place, _server) = changed().await;
    place.write("touched", "mine\n");
    let ran = place.tau(&["undo"]).await;
    assert!(ran.assert_code(1).stderr.contains("touched: changed since"), "{ran:?}");
    assert_eq!((place.read("edited"), place.read("touched")), ("two\n".to_owned(), "mine\n".to_owned()));
}
