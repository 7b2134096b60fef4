//! What other agents call the tools, for hooks that were written for them.

/// The names that a tool is known by to hooks, the usual one first, its own last.
pub(super) fn of_tool<'a>(tool: &'a str, action: Option<&str>) -> Vec<&'a str> {
    let mut names = match tool {
        "read" => vec!["Read"],
        "write" => vec!["Write"],
        "edit" => vec!["Edit", "MultiEdit"],
        // It changes files, so whoever guards them is asked about each.
        "apply_patch" => vec!["ApplyPatch", "Edit", "Write", "MultiEdit"],
        "bash" => vec!["Bash"],
        "jobs" if action == Some("kill") => vec!["KillShell", "KillBash"],
        "jobs" => vec!["BashOutput"],
        "glob" => vec!["Glob"],
        "grep" => vec!["Grep"],
        "ls" => vec!["LS"],
        "todo" => vec!["TodoWrite"],
        "web_fetch" => vec!["WebFetch"],
        "task" => vec!["Agent", "Task"],
        "skill" => vec!["Skill"],
        "ask_user" => vec!["AskUserQuestion"],
        "propose_plan" => vec!["ExitPlanMode"],
        _ => Vec::new(),
    };
    names.push(tool);
    names
}

/// The name that a hook reads, which knows the tool by `matched`: its own name is told to nobody who might know another.
pub(super) fn told<'a>(names: &[&'a str], matched: &'a str) -> &'a str {
    if names.last() == Some(&matched) { names[0] } else { matched }
}
