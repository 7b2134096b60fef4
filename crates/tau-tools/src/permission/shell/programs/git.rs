//! `git`: its own options, and those of its subcommands that run programs or write files.

use super::options::is_option;
use crate::permission::shell::expand::{Argument, Atom};
use crate::permission::shell::inner::{Inner, option_values};

/// Options in front of the subcommand that only take something away.
const HARMLESS: [&str; 13] = [
    "--no-pager",
    "-P",
    "--no-optional-locks",
    "--no-replace-objects",
    "--no-lazy-fetch",
    "--no-advice",
    "--literal-pathspecs",
    "--glob-pathspecs",
    "--noglob-pathspecs",
    "--icase-pathspecs",
    "--version",
    "--help",
    "-h",
];
/// Options in front of the subcommand that take the next argument for their value.
const VALUED: [&str; 7] =
    ["-c", "-C", "--git-dir", "--work-tree", "--namespace", "--config-env", "--attr-source"];

/// Options of a subcommand whose value is a command line.
fn command_options(subcommand: &str) -> &'static [&'static str] {
    match subcommand {
        "grep" => &["-O", "--open-files-in-pager"],
        "fetch" | "pull" | "ls-remote" | "fetch-pack" => &["--upload-pack", "--exec"],
        "clone" => &["-u", "--upload-pack"],
        "push" | "send-pack" => &["--receive-pack", "--exec"],
        "rebase" => &["-x", "--exec"],
        "archive" => &["--exec"],
        "difftool" | "mergetool" => &["-x", "--extcmd"],
        "filter-branch" => &[
            "--setup",
            "--env-filter",
            "--tree-filter",
            "--index-filter",
            "--parent-filter",
            "--msg-filter",
            "--commit-filter",
            "--tag-name-filter",
        ],
        _ => &[],
    }
}

/// Options of a subcommand that run what is configured, open editors, or write elsewhere.
fn other_options(subcommand: &str) -> &'static [&'static str] {
    match subcommand {
        "grep" => &["--textconv", "--ext-grep"],
        "diff" | "log" | "show" | "range-diff" | "diff-tree" | "diff-index" | "diff-files"
        | "whatchanged" | "stash" | "reflog" | "shortlog" | "blame" | "annotate" | "cat-file" => {
            &["--ext-diff", "--textconv", "--output"]
        }
        "format-patch" => &["--ext-diff", "--textconv", "--output", "-o", "--output-directory"],
        "clone" => &["-c", "--config", "--template", "--separate-git-dir"],
        "init" => &["--template", "--separate-git-dir"],
        "rebase" => &["-i", "--interactive"],
        "archive" => &["-o", "--output", "--remote"],
        "apply" => &["--unsafe-paths", "--build-fake-ancestor"],
        "fast-export" | "fast-import" => &["--export-marks", "--import-marks"],
        _ => &[],
    }
}

/// Letters of a subcommand's short options that take a value.
fn value_letters(subcommand: &str) -> Option<&'static str> {
    match subcommand {
        "grep" => Some("efABCmO"),
        "clone" => Some("bou"),
        "rebase" => Some("XsC"),
        _ => None,
    }
}

/// Subcommands that run programs, or decide what runs later, by their operands.
fn runs_operands(subcommand: &str) -> bool {
    matches!(
        subcommand,
        "bisect"
            | "submodule"
            | "submodule--helper"
            | "difftool--helper"
            | "merge-index"
            | "filter-branch"
            | "difftool"
            | "mergetool"
            | "instaweb"
            | "daemon"
            | "hook"
            | "send-email"
            | "web--browse"
            | "for-each-repo"
            | "gui"
            | "citool"
            | "p4"
            | "svn"
            | "credential"
            | "remote-ext"
            | "upload-pack"
            | "receive-pack"
            | "shell"
    )
}

/// Why no rule with a star allows `git` these arguments, of which a rule spells out so many.
pub(crate) fn danger(words: &[String], literal: usize) -> Option<String> {
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        let is_valued = VALUED.contains(&word.as_str());
        let is_spelled_out = at + usize::from(is_valued) < literal;
        if !is_spelled_out && !HARMLESS.contains(&word.as_str()) {
            return Some(format!("`{word}` changes which repository, configuration or programs git uses"));
        }
        at += 1 + usize::from(is_valued);
    }
    let (subcommand, rest) = words.get(at..)?.split_first()?;
    let after = at + 1;
    let is_plain = match subcommand.as_str() {
        "config" => reads_configuration(rest) || literal > after + 1,
        "bisect" => rest.first().is_none_or(|word| word != "run") || literal > after + 1,
        "submodule" => rest.iter().all(|word| word != "foreach") || literal > after + 1,
        "bundle" => rest.first().is_none_or(|word| word != "create") || literal > after + 1,
        other => !runs_operands(other) || literal > after,
    };
    if !is_plain {
        return Some(format!("`git {subcommand}` runs programs or decides what runs later"));
    }
    let options = || command_options(subcommand).iter().chain(other_options(subcommand));
    let letters = value_letters(subcommand);
    let open = rest.iter().enumerate().filter(|(index, _)| after + index + 1 >= literal);
    let mut found = open.map(|(_, word)| word).filter(|word| {
        options().any(|option| is_option(word, option, letters))
            || word.contains("ext::")
            || word.contains("fd::")
    });
    found.next().map(|word| format!("`{word}` can run or write more than the rule says"))
}

/// Whether the arguments of `git config` only read.
fn reads_configuration(rest: &[String]) -> bool {
    let mut operands = rest.iter().filter(|word| !word.starts_with('-'));
    let reads = rest
        .iter()
        .any(|word| matches!(word.as_str(), "--list" | "-l" | "get" | "list") || word.starts_with("--get"));
    let writes = rest.iter().any(|word| {
        matches!(word.as_str(), "-e" | "--edit" | "--add" | "set" | "unset" | "edit")
            || ["--unset", "--replace", "--remove", "--rename"].iter().any(|start| word.starts_with(start))
    });
    !writes && (reads || (operands.next().is_some() && operands.next().is_none()))
}

/// What `git` runs besides itself, and its arguments without its own options.
pub(crate) fn inner(arguments: &[Argument], found: &mut Inner) {
    let text = |at: usize| arguments.get(at).and_then(|argument| argument.text.as_deref());
    let mut at = 1;
    while let Some(word) = text(at).filter(|word| word.starts_with('-')) {
        let is_valued = VALUED.contains(&word);
        let value = if is_valued { arguments.get(at + 1).map(Argument::script) } else { None };
        let value = value.or_else(|| word.strip_prefix("-c").map(str::to_owned));
        found.scripts.extend(value.as_deref().and_then(configured));
        at += 1 + usize::from(is_valued);
    }
    let Some(rest) = arguments.get(at..).filter(|rest| !rest.is_empty()) else { return };
    if at > 1 {
        let own: Vec<Argument> = arguments[..1].iter().chain(rest).cloned().collect();
        found.lists.push((own, false));
    }
    let subcommand = rest[0].text.as_deref().unwrap_or_default();
    if rest[0].atoms.contains(&Atom::Unknown) {
        return;
    }
    match subcommand {
        "config" => {
            let values = rest[1..].iter().map(Argument::script);
            found.scripts.extend(values.map(|value| value.trim_start_matches('!').to_owned()));
        }
        "clone" => {
            let values = option_values(&rest[1..], &["-c", "--config"], None);
            found.scripts.extend(values.iter().filter_map(|value| configured(value)));
        }
        "bisect" | "submodule" => {
            let runs = |word: &Argument| matches!(word.text.as_deref(), Some("run" | "foreach"));
            if let Some(start) = rest.iter().position(runs).map(|start| at + start + 1)
                && start < arguments.len()
            {
                found.commands.push((start, arguments.len()));
                let line = arguments[start..].iter().map(Argument::script).collect::<Vec<_>>().join(" ");
                found.scripts.push(line);
            }
        }
        _ => {}
    }
    found.scripts.extend(option_values(&rest[1..], command_options(subcommand), value_letters(subcommand)));
    let transports = rest[1..].iter().filter_map(|argument| argument.text.as_deref()?.strip_prefix("ext::"));
    found.scripts.extend(transports.map(str::to_owned));
}

/// The command line in `name=value`, as it stands on the command line of git.
fn configured(setting: &str) -> Option<String> {
    setting.split_once('=').map(|(_, value)| value.trim_start_matches('!').to_owned())
}
