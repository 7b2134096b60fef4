//! Calls that run at the same time.

use std::os::unix::fs::symlink;
use std::sync::Arc;

use serde_json::json;
use tau_core::{ToolArguments, ToolCall, ToolCallId};
use tau_tools::environment::Environment;
use tau_tools::{OutputBounds, ToolContext, builtin};

use crate::support::local;

/// Each call adds a line of its own; what one does not see of the others would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn edits_of_one_file_never_race_whatever_they_call_it() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    std::fs::create_dir(root.join("real")).unwrap();
    std::fs::write(root.join("real/file"), "start\nend\n").unwrap();
    symlink("real/file", root.join("link")).unwrap();
    symlink("real", root.join("folder")).unwrap();
    let absolute = root.join("real/file").to_str().unwrap().to_owned();
    let names = ["real/file", "./real/../real/file", "link", "folder/file", absolute.as_str()];
    let tools = builtin::all();
    let all = tools.select(&["edit".to_owned(), "apply_patch".to_owned()]).unwrap();
    let context = ToolContext::new(Arc::new(environment));
    let calls = (0..100).map(|number| {
        let name = names[number % names.len()];
        let (tool, arguments) = if number % 4 == 3 {
            let patch =
                format!("*** Begin Patch\n*** Update File: {name}\n@@\n+line {number}\n end\n*** End Patch");
            ("apply_patch", json!({ "patch": patch }))
        } else {
            (
                "edit",
                json!({"path": name, "old_string": "end\n", "new_string": format!("line {number}\nend\n")}),
            )
        };
        // Half of them through a selection, as a subagent has.
        let tools = if number % 2 == 0 { tools.clone() } else { all.clone() };
        let context = context.clone();
        tokio::spawn(async move {
            let call = ToolCall::new(ToolCallId::new("call"), tool, ToolArguments::from(arguments));
            tools.run(&call, &context, OutputBounds::default()).await
        })
    });
    for done in futures::future::join_all(calls).await {
        let done = done.unwrap();
        assert!(!done.result.is_error, "{}", done.result.text());
    }
    let content = std::fs::read_to_string(root.join("real/file")).unwrap();
    let mut lines: Vec<&str> = content.lines().filter(|line| line.starts_with("line ")).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 100, "{content}");
}
