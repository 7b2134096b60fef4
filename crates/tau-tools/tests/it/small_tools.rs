//! ls, todo, and what grep and edit learned.

use serde_json::json;
use tau_tools::environment::WorkspacePath;

use crate::support::{failure, memory, text};

#[tokio::test]
async fn ls_shows_a_tree() {
    let files = memory([
        ("a/b/c/deep", b"" as &[u8]),
        ("a/file", b""),
        (".git/config", b""),
        (".hidden", b""),
        ("top", b""),
    ]);
    let ls = |arguments| text(files.clone(), "ls", arguments);
    assert_eq!(ls(json!({})).await, ".git/\n.hidden\na/\ntop\n");
    let tree = ".git/\n.hidden\na/\n  b/\n    c/\n  file\ntop\n";
    assert_eq!(ls(json!({"depth": 3})).await, tree);
    assert_eq!(ls(json!({"path": "/workspace/a/b", "depth": 2})).await, "c/\n  deep\n");
    assert!(failure(files.clone(), "ls", json!({"path": "top"})).await.contains("is not a folder"));
    assert!(
        failure(files.clone(), "ls", json!({"depth": 9})).await.contains("`depth` must be 1 to 5, not 9")
    );
    assert!(failure(files, "ls", json!({"path": "to"})).await.contains("Near it: `top`"));
    assert_eq!(text(memory([]), "ls", json!({})).await, "`.` is empty.");
}

#[tokio::test]
async fn todo_gives_the_list_back() {
    let todos = json!({"todos": [
        {"content": "one", "status": "completed"},
        {"content": "two", "status": "in_progress"},
        {"content": "three", "status": "pending"}
    ]});
    assert_eq!(text(memory([]), "todo", todos).await, "1 of 3 done.\n[x] one\n[>] two\n[ ] three");
    let wrong = json!({"todos": [{"content": "one", "status": "done"}, {"status": "pending"}]});
    let said = failure(memory([]), "todo", wrong).await;
    let expected = "Invalid arguments for `todo`; nothing was done:\n- `todos[0].status` must be one of \"pending\", \
                    \"in_progress\", \"completed\", not the string \"done\"\n- `todos[1].content` is missing";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn grep_names_files_alone() {
    let many = "needle\n".repeat(50);
    let files = memory([("a", many.as_bytes()), ("b", b"needle"), ("c", b"hay"), ("d", b"needle needle")]);
    let grep =
        |limit| text(files.clone(), "grep", json!({"pattern": "needle", "output": "files", "limit": limit}));
    assert_eq!(grep(10).await, "a\nb\nd\n");
    assert_eq!(grep(2).await, "a\nb\n[1 more of 3 files; path, glob or limit show them]\n");
    let none = text(files.clone(), "grep", json!({"pattern": "zzz", "output": "files"})).await;
    assert_eq!(none, "No line matches.\n");
}

#[tokio::test]
async fn several_replacements_are_one_edit() {
    let files = memory([("f", b"one\ntwo\nthree\n")]);
    let content = || files.files().remove(&WorkspacePath::root().join("f")).unwrap();
    let edits = json!({"path": "f", "edits": [
        {"old_string": "one", "new_string": "1"},
        {"old_string": "1\ntwo", "new_string": "1\n2"},
        {"old_string": "e", "new_string": "E", "replace_all": true}
    ]});
    let said = text(files.clone(), "edit", edits).await;
    assert!(said.starts_with("Edited `f` in 4 places:\n@@ -1 +1 @@\n-one\n+1\n"), "{said}");
    assert_eq!(content(), b"1\n2\nthrEE\n");
    let one_fails = json!({"path": "f", "edits": [
        {"old_string": "1", "new_string": "x"},
        {"old_string": "nowhere", "new_string": "y"}
    ]});
    let said = failure(files.clone(), "edit", one_fails).await;
    assert!(said.starts_with("edits[1]: old_string is not in `f`; nothing was changed."), "{said}");
    let both = json!({"path": "f", "old_string": "1", "new_string": "x", "edits": [{"old_string": "2", "new_string": "y"}]});
    for arguments in [both, json!({"path": "f"}), json!({"path": "f", "old_string": "1"})] {
        let said = failure(files.clone(), "edit", arguments).await;
        assert_eq!(said, "Give either old_string and new_string, or edits; nothing was changed.");
    }
    let empty = failure(files.clone(), "edit", json!({"path": "f", "edits": []})).await;
    assert!(empty.contains("`edits` must be at least 1 long, not 0"), "{empty}");
    assert_eq!(content(), b"1\n2\nthrEE\n");
}

#[tokio::test]
async fn lines_indented_otherwise_are_found_where_that_is_clear() {
    let before = b"fn f() {\r\n\tif x {\r\n\t\ty();\r\n\t}\r\n}\r\n";
    let files = memory([("f", before.as_slice())]);
    let arguments = json!({"path": "f", "old_string": "    if x {\n        y();\n    }", "new_string": "    if z {\n        y();\n    }"});
    text(files.clone(), "edit", arguments).await;
    let after = files.files().remove(&WorkspacePath::root().join("f")).unwrap();
    assert_eq!(after, b"fn f() {\r\n\tif z {\r\n\t\ty();\r\n\t}\r\n}\r\n");
    let twice = memory([("f", b"  a();\n\ta();\n")]);
    let said = failure(twice, "edit", json!({"path": "f", "old_string": "   a();", "new_string": "b"})).await;
    assert!(said.contains("old_string is not in `f`"), "{said}");
}
