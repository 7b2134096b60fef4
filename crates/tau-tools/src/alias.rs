//! Names that other agents gave the same tools, and what they call the arguments.
//!
//! Instructions, skills and models that were made for another agent say `Read` and `file_path`. A call by such a name
//! is rewritten *before* anybody judges it, so that what permission rules see is what runs: running a call resolves
//! no name.

use serde_json::{Map, Value, json};
use tau_core::{ToolArguments, ToolCall};

/// The tool that stands for the one it names: its arguments are `tool`, a name, and `arguments`. It is for tools that a
/// model found and was not told of, which some providers let it call in no other way.
pub const CALL_TOOL: &str = "call_tool";

/// A name of another agent.
struct Alias {
    name: &'static str,
    tool: &'static str,
    /// Makes the tool's arguments of those that the other agent's takes.
    arguments: fn(&mut Map<String, Value>),
}

/// Names and arguments as the public documentation of Claude Code gives them, and `apply_patch` as that of Codex does.
const ALIASES: [Alias; 18] = [
    Alias { name: "Read", tool: "read", arguments: file_path },
    Alias { name: "NotebookRead", tool: "read", arguments: notebook_path },
    Alias { name: "Write", tool: "write", arguments: file_path },
    Alias { name: "Edit", tool: "edit", arguments: file_path },
    Alias { name: "MultiEdit", tool: "edit", arguments: file_path },
    Alias { name: "ApplyPatch", tool: "apply_patch", arguments: patch },
    Alias { name: "Bash", tool: "bash", arguments: bash },
    Alias { name: "BashOutput", tool: "jobs", arguments: job_output },
    Alias { name: "KillShell", tool: "jobs", arguments: job_kill },
    Alias { name: "Glob", tool: "glob", arguments: unchanged },
    Alias { name: "Grep", tool: "grep", arguments: grep },
    Alias { name: "LS", tool: "ls", arguments: ls },
    Alias { name: "TodoWrite", tool: "todo", arguments: todo },
    Alias { name: "WebFetch", tool: "web_fetch", arguments: web_fetch },
    Alias { name: "Task", tool: "task", arguments: task },
    Alias { name: "Agent", tool: "task", arguments: task },
    Alias { name: "Skill", tool: "skill", arguments: skill },
    Alias { name: "AskUserQuestion", tool: "ask_user", arguments: question },
];

/// The tool of this project that another agent calls `name`.
#[must_use]
pub fn tool_of_alias(name: &str) -> Option<&'static str> {
    find(name).map(|alias| alias.tool)
}

/// The call that is meant, by the name and with the arguments of a tool that is there; `None` where the tool called is
/// there itself, or nothing is known of its name.
///
/// Arguments that are no JSON object stay as they are, for the tool to refuse.
#[must_use]
pub fn resolve_alias(call: &ToolCall, has_tool: impl Fn(&str) -> bool) -> Option<ToolCall> {
    if call.name == CALL_TOOL && has_tool(CALL_TOOL) {
        return resolve_call_tool(call, has_tool);
    }
    if has_tool(&call.name) {
        return None;
    }
    let alias = find(&call.name).filter(|alias| has_tool(alias.tool))?;
    let arguments = match call.arguments.value() {
        Ok(Value::Object(mut arguments)) => {
            (alias.arguments)(&mut arguments);
            ToolArguments::from(Value::Object(arguments))
        }
        _ => call.arguments.clone(),
    };
    Some(ToolCall::new(call.id.clone(), alias.tool, arguments))
}

/// The call inside a call of [`CALL_TOOL`], if it is one of a tool that is there.
fn resolve_call_tool(call: &ToolCall, has_tool: impl Fn(&str) -> bool) -> Option<ToolCall> {
    let Ok(Value::Object(mut outer)) = call.arguments.value() else { return None };
    let name = outer.get("tool").and_then(Value::as_str).map(str::to_owned)?;
    let arguments = outer.remove("arguments").filter(Value::is_object)?;
    let is_callable = name != CALL_TOOL && has_tool(&name);
    is_callable.then(|| ToolCall::new(call.id.clone(), name, ToolArguments::from(arguments)))
}

fn find(name: &str) -> Option<&'static Alias> {
    ALIASES.iter().find(|alias| alias.name == name)
}

fn unchanged(_: &mut Map<String, Value>) {}

/// Gives an argument another name, unless the tool's own is there too.
fn rename(arguments: &mut Map<String, Value>, from: &str, to: &str) {
    if !arguments.contains_key(to)
        && let Some(value) = arguments.remove(from)
    {
        arguments.insert(to.to_owned(), value);
    }
}

fn file_path(arguments: &mut Map<String, Value>) {
    rename(arguments, "file_path", "path");
}

fn notebook_path(arguments: &mut Map<String, Value>) {
    rename(arguments, "notebook_path", "path");
}

fn patch(arguments: &mut Map<String, Value>) {
    rename(arguments, "input", "patch");
}

/// Its time limit is in milliseconds.
fn bash(arguments: &mut Map<String, Value>) {
    rename(arguments, "run_in_background", "background");
    if let Some(milliseconds) = arguments.get("timeout").and_then(Value::as_f64) {
        arguments.remove("timeout");
        let seconds = (milliseconds / 1_000.0).ceil().clamp(1.0, 600.0) as u64;
        arguments.entry("timeout_seconds").or_insert_with(|| json!(seconds));
    }
}

fn job_output(arguments: &mut Map<String, Value>) {
    job(arguments, "bash_id", "output");
}

fn job_kill(arguments: &mut Map<String, Value>) {
    job(arguments, "shell_id", "kill");
}

/// Its ids are text.
fn job(arguments: &mut Map<String, Value>, id: &str, action: &str) {
    rename(arguments, id, "id");
    if let Some(number) = arguments.get("id").and_then(Value::as_str).and_then(|id| id.parse::<u32>().ok()) {
        arguments.insert("id".to_owned(), json!(number));
    }
    arguments.insert("action".to_owned(), json!(action));
}

/// Lines have their numbers in any case.
fn grep(arguments: &mut Map<String, Value>) {
    rename(arguments, "-i", "ignore_case");
    rename(arguments, "head_limit", "limit");
    for context in ["-C", "-A", "-B"] {
        rename(arguments, context, "context");
        arguments.remove(context);
    }
    arguments.remove("-n");
    rename(arguments, "output_mode", "output");
    match arguments.get("output").and_then(Value::as_str) {
        Some("files_with_matches") => arguments.insert("output".to_owned(), json!("files")),
        Some("content") => arguments.insert("output".to_owned(), json!("lines")),
        _ => None,
    };
}

fn ls(arguments: &mut Map<String, Value>) {
    arguments.remove("ignore");
}

/// What it shows while a task is at work is not kept.
fn todo(arguments: &mut Map<String, Value>) {
    let todos = arguments.get_mut("todos").and_then(Value::as_array_mut).into_iter().flatten();
    for todo in todos.filter_map(Value::as_object_mut) {
        todo.remove("activeForm");
        todo.remove("id");
        todo.remove("priority");
    }
}

/// The page is given as it is: no other model reads it first.
fn web_fetch(arguments: &mut Map<String, Value>) {
    arguments.remove("prompt");
}

fn task(arguments: &mut Map<String, Value>) {
    arguments.remove("description");
    rename(arguments, "subagent_type", "agent");
    rename(arguments, "run_in_background", "background");
}

/// Its name is that of a command, too.
fn skill(arguments: &mut Map<String, Value>) {
    rename(arguments, "skill", "name");
    rename(arguments, "command", "name");
    rename(arguments, "args", "arguments");
}

/// It asks several questions at once; here it is one, so the first is asked and the others stand below it.
fn question(arguments: &mut Map<String, Value>) {
    let Some(Value::Array(questions)) = arguments.remove("questions") else { return };
    let words = |question: &Value| question.get("question").and_then(Value::as_str).map(str::to_owned);
    let text: Vec<String> = questions.iter().filter_map(words).collect();
    arguments.insert("question".to_owned(), json!(text.join("\n")));
    if let [only] = questions.as_slice() {
        let options = only.get("options").and_then(Value::as_array).into_iter().flatten();
        let labels: Vec<&Value> = options.filter_map(|option| option.get("label")).collect();
        if !labels.is_empty() {
            arguments.insert("choices".to_owned(), json!(labels));
        }
    }
}
