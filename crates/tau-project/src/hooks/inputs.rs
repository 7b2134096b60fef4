//! The arguments of calls as other agents' tools take them, and back.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};
use tau_core::{ToolArguments, ToolCall};
use tau_runtime::kernel::GENERAL_PURPOSE;
use tau_tools::resolve_alias;

/// The most inputs that one call is told as. More cannot be looked at.
pub(super) const MOST: usize = 64;

const IN_PATCH: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];

/// What a hook reads of a call, by the name that it knows the tool by. Several where it knows a tool that does one thing at
/// a time, and the call does more: each file of a patch, each replacement of an edit.
pub(super) fn of_call(call: &ToolCall, name: &str, cwd: &Path) -> Vec<Value> {
    let Ok(Value::Object(mut arguments)) = call.arguments.value() else {
        return vec![json!({ "raw": call.arguments.raw() })];
    };
    match call.name.as_str() {
        "read" | "write" => file(&mut arguments, cwd),
        "edit" => {
            file(&mut arguments, cwd);
            return edits(arguments, name);
        }
        "apply_patch" => return patch(&arguments, name, cwd),
        "bash" => {
            rename(&mut arguments, "background", "run_in_background");
            if let Some(seconds) = arguments.remove("timeout_seconds").and_then(|value| value.as_f64()) {
                arguments.insert("timeout".to_owned(), json!(seconds * 1_000.0));
            }
        }
        "jobs" => {
            arguments.remove("action");
            let id = if matches!(name, "KillShell" | "KillBash") { "shell_id" } else { "bash_id" };
            let known = arguments.remove("id").unwrap_or_default();
            arguments.insert(
                id.to_owned(),
                known.as_str().map_or_else(|| known.to_string(), str::to_owned).into(),
            );
        }
        "grep" => {
            rename(&mut arguments, "ignore_case", "-i");
            rename(&mut arguments, "context", "-C");
            rename(&mut arguments, "limit", "head_limit");
            let mode = if arguments.remove("output").is_some_and(|output| output == "files") {
                "files_with_matches"
            } else {
                "content"
            };
            arguments.insert("output_mode".to_owned(), mode.into());
        }
        "task" => {
            rename(&mut arguments, "agent", "subagent_type");
            arguments.entry("subagent_type").or_insert_with(|| GENERAL_PURPOSE.into());
            arguments.entry("description").or_insert_with(|| "".into());
        }
        "skill" => {
            rename(&mut arguments, "name", "skill");
            rename(&mut arguments, "arguments", "args");
        }
        "ask_user" => question(&mut arguments),
        _ => {}
    }
    vec![Value::Object(arguments)]
}

/// The arguments of a call that a hook gave in place of those it read; `None` where they are no object.
pub(super) fn to_arguments(call: &ToolCall, name: &str, input: &Value) -> Option<ToolArguments> {
    if !input.is_object() {
        return None;
    }
    let given = ToolCall::new(call.id.clone(), name, ToolArguments::from(input.clone()));
    let meant = resolve_alias(&given, |tool| tool == call.name);
    Some(meant.map_or(given.arguments, |meant| meant.arguments))
}

fn rename(arguments: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = arguments.remove(from) {
        arguments.insert(to.to_owned(), value);
    }
}

fn file(arguments: &mut Map<String, Value>, cwd: &Path) {
    rename(arguments, "path", "file_path");
    if let Some(Value::String(path)) = arguments.get_mut("file_path") {
        *path = absolute(cwd, path);
    }
}

/// Without `.` and `..`, so that a guard that compares paths is not led astray.
fn absolute(cwd: &Path, path: &str) -> String {
    let mut made = PathBuf::new();
    for part in cwd.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(made.pop()),
            part => made.push(part),
        }
    }
    made.display().to_string()
}

/// A tool that makes one replacement is told each.
fn edits(mut arguments: Map<String, Value>, name: &str) -> Vec<Value> {
    if name == "MultiEdit" {
        return vec![Value::Object(arguments)];
    }
    let Some(Value::Array(edits)) = arguments.remove("edits") else { return vec![Value::Object(arguments)] };
    let each = edits.into_iter().map(|edit| {
        let mut input = arguments.clone();
        input.extend(edit.as_object().cloned().unwrap_or_default());
        Value::Object(input)
    });
    each.collect()
}

/// The files that a patch names.
pub(crate) fn files_of_patch(text: &str) -> impl Iterator<Item = &str> {
    let file = |line| IN_PATCH.iter().find_map(|start| str::trim_start(line).strip_prefix(start));
    text.lines().filter_map(file).map(str::trim)
}

/// A tool that changes one file is told each that a patch names.
fn patch(arguments: &Map<String, Value>, name: &str, cwd: &Path) -> Vec<Value> {
    let text = arguments.get("patch").and_then(Value::as_str).unwrap_or_default();
    let paths: Vec<String> = files_of_patch(text).map(|path| absolute(cwd, path)).collect();
    if name == "ApplyPatch" || paths.is_empty() {
        return vec![json!({ "input": text, "file_paths": paths })];
    }
    paths.into_iter().map(|path| json!({ "file_path": path, "patch": text, "content": text })).collect()
}

fn question(arguments: &mut Map<String, Value>) {
    let text = arguments.remove("question").unwrap_or_default();
    let choices =
        arguments.remove("choices").and_then(|choices| choices.as_array().cloned()).unwrap_or_default();
    let options: Vec<Value> = choices.into_iter().map(|label| json!({ "label": label })).collect();
    arguments.insert("questions".to_owned(), json!([{ "question": text, "options": options }]));
}
