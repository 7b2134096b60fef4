//! Names of tools that projects written for other agents use.

/// Our name of a tool. Names that are no alias stay as they are: they are compared letter by letter.
pub(crate) fn canonical(name: &str) -> &str {
    match name {
        "Read" => "read",
        "Write" => "write",
        "Edit" | "MultiEdit" => "edit",
        "Bash" => "bash",
        "Glob" => "glob",
        "Grep" => "grep",
        "LS" => "ls",
        "WebFetch" => "web_fetch",
        "TodoWrite" => "todo",
        "Task" | "Agent" => "task",
        "Skill" => "skill",
        "AskUserQuestion" => "ask_user",
        other => other,
    }
}
