//! What a command runs besides itself: the rest of a wrapper's arguments, the string of `-c`, what `find` executes.

use super::expand::{Argument, Atom};
use super::programs::{Runs, runs};

/// What a command runs besides itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inner {
    /// Where in its arguments other commands begin, and where they end.
    pub(crate) commands: Vec<(usize, usize)>,
    /// Command lines.
    pub(crate) scripts: Vec<String>,
    /// Code of other languages.
    pub(crate) code: Vec<String>,
    /// Whether it runs what it reads from its input, or what nobody can see.
    pub(crate) runs_input: bool,
}

/// The name of a program without its folder, as far as it is known.
pub(crate) fn basename(argument: &Argument) -> Option<&str> {
    let text = argument.text.as_deref()?;
    Some(text.rsplit('/').next().unwrap_or(text))
}

/// What the command `arguments` runs besides itself.
pub(crate) fn inner(arguments: &[Argument]) -> Inner {
    let mut found = Inner::default();
    let Some(program) = arguments.first() else { return found };
    let Some(name) = basename(program) else {
        // Nobody knows what it is: it may be a wrapper.
        found.commands.extend((1..arguments.len()).map(|start| (start, arguments.len())));
        return found;
    };
    match runs(name) {
        None => {}
        Some(Runs::Rest { flags, values, operands, assigns }) => {
            for start in starts(arguments, flags, values, operands, assigns) {
                found.commands.push((start, arguments.len()));
            }
            if name == "env" {
                found.scripts.extend(after(arguments, &["-S", "--split-string"]));
            }
        }
        Some(Runs::Joined { flags, values, operands }) => {
            for start in starts(arguments, flags, values, operands, false) {
                found.commands.push((start, arguments.len()));
                found.scripts.push(join(&arguments[start..]));
            }
        }
        Some(Runs::Somewhere) => {
            found.commands.extend((1..arguments.len()).map(|start| (start, arguments.len())));
            found.scripts.extend(after(
                arguments,
                &["-c", "-lc", "-ic", "--command", "--run", "--call", "-I", "-e", "-F"],
            ));
            found.scripts.extend(values_of(&arguments[1..]));
            let is_parallel = name == "parallel";
            found.scripts.extend(arguments[1..].iter().filter(|_| is_parallel).map(Argument::script));
        }
        Some(Runs::Lines) => {
            found.scripts.extend(arguments[1..].iter().map(Argument::script));
            found.scripts.extend(values_of(&arguments[1..]));
        }
        Some(Runs::Shell) => shell(arguments, &mut found),
        Some(Runs::Find) => find(arguments, &mut found),
        Some(Runs::Git) => git(arguments, &mut found),
        Some(Runs::Code) => found.code.extend(arguments[1..].iter().map(Argument::script)),
    }
    if matches!(name, "at" | "batch" | "parallel" | "xargs") {
        found.runs_input = true;
    }
    if matches!(name, "source" | ".") {
        found.runs_input = arguments.get(1).is_none_or(is_stream);
    }
    found
}

fn join(arguments: &[Argument]) -> String {
    arguments.iter().map(Argument::script).collect::<Vec<_>>().join(" ")
}

/// Arguments behind one of some options.
fn after(arguments: &[Argument], options: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let Some(text) = &argument.text else { continue };
        if options.contains(&text.as_str()) {
            found.extend(arguments.get(at + 1).map(Argument::script));
        } else if let Some(attached) = options.iter().find_map(|option| text.strip_prefix(option))
            && !attached.is_empty()
        {
            found.push(attached.trim_start_matches('=').to_owned());
        }
    }
    found
}

/// What stands behind each `=` and `!` of some arguments: values that are command lines to some programs.
fn values_of(arguments: &[Argument]) -> Vec<String> {
    let mut found = Vec::new();
    for argument in arguments {
        let script = argument.script();
        for (at, _) in script.match_indices('=').take(4) {
            found.push(script[at + 1..].trim_start_matches('!').to_owned());
        }
    }
    found
}

/// Where the rest of a wrapper's arguments begins; several places where its options are not known.
pub(crate) fn starts(
    arguments: &[Argument],
    flags: &str,
    values: &str,
    mut operands: usize,
    assigns: bool,
) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 1;
    while at < arguments.len() {
        let Some(text) = arguments[at].text.as_deref() else {
            found.push(at);
            at += 1;
            continue;
        };
        if text == "--" {
            at += 1;
            while operands > 0 && at < arguments.len() {
                (at, operands) = (at + 1, operands - 1);
            }
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            // One with a value apart from it may be meant.
            if !long.contains('=') {
                found.push(at + 2);
            }
            at += 1;
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            at += letters_end(letters, flags, values, at, &mut found);
        } else if assigns
            && text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && !name.contains('/'))
        {
            at += 1;
        } else if operands > 0 {
            (at, operands) = (at + 1, operands - 1);
        } else {
            break;
        }
    }
    found.push(at);
    found.retain(|&start| start < arguments.len());
    found
}

/// How many arguments a bundle of short options takes.
fn letters_end(letters: &str, flags: &str, values: &str, at: usize, found: &mut Vec<usize>) -> usize {
    for (index, letter) in letters.char_indices() {
        if values.contains(letter) {
            return if index + letter.len_utf8() == letters.len() { 2 } else { 1 };
        }
        if !flags.contains(letter) {
            found.push(at + 2);
            return 1;
        }
    }
    1
}

/// Whether an argument names an input: nothing that is known before it runs.
fn is_stream(argument: &Argument) -> bool {
    match argument.text.as_deref() {
        None => true,
        Some(text) => text == "-" || text.starts_with("/dev/") || text.starts_with("/proc/"),
    }
}

fn shell(arguments: &[Argument], found: &mut Inner) {
    let mut takes_line = false;
    let mut at = 1;
    while let Some(argument) = arguments.get(at) {
        let text = argument.text.as_deref().unwrap_or_default();
        let is_option = text.len() > 1 && text.starts_with(['-', '+']);
        if !is_option {
            break;
        }
        let is_long = text.starts_with("--");
        takes_line |= (!is_long && text.contains('c')) || text == "--command" || text == "-Command";
        let has_value = matches!(text, "--rcfile" | "--init-file")
            || (!is_long && matches!(text.chars().last(), Some('o' | 'O')));
        at += if has_value { 2 } else { 1 };
    }
    match arguments.get(at) {
        Some(line) if takes_line => {
            found.scripts.push(line.script());
            found.runs_input |= line.atoms.contains(&Atom::Unknown);
        }
        Some(file) => found.runs_input |= is_stream(file),
        None => found.runs_input = true,
    }
}

fn find(arguments: &[Argument], found: &mut Inner) {
    let is = |at: usize, names: &[&str]| {
        arguments
            .get(at)
            .and_then(|argument| argument.text.as_deref())
            .is_some_and(|text| names.contains(&text))
    };
    let mut at = 1;
    while at < arguments.len() {
        let is_dynamic = arguments[at].text.is_none();
        if is(at, &["-exec", "-execdir", "-ok", "-okdir"]) || is_dynamic {
            let end = (at + 1..arguments.len())
                .find(|&end| is(end, &[";"]) || (is(end, &["+"]) && is(end - 1, &["{}"])))
                .unwrap_or(arguments.len());
            if at + 1 < end {
                found.commands.push((at + 1, end));
            }
        }
        at += 1;
    }
}

fn git(arguments: &[Argument], found: &mut Inner) {
    for (at, argument) in arguments.iter().enumerate().skip(1) {
        let text = argument.text.as_deref().unwrap_or_default();
        if matches!(text, "run" | "foreach") {
            found.commands.push((at + 1, arguments.len()));
            found.scripts.push(join(&arguments[(at + 1).min(arguments.len())..]));
        }
        let takes_line = matches!(text, "-x" | "--exec" | "--extcmd" | "-O" | "-u" | "--upload-pack")
            || text.ends_with("-filter");
        if takes_line {
            found.scripts.extend(arguments.get(at + 1).map(Argument::script));
        }
    }
    found.scripts.extend(values_of(&arguments[1..]));
    found.commands.retain(|&(start, end)| start < end);
}
