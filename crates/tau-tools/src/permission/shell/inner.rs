//! What a command runs besides itself: the rest of a wrapper's arguments, the string of `-c`, what `find` executes.

use super::expand::{Argument, Atom};
use super::programs::{
    Runs, command_options, git_inner, has_words_of_its_own, holds_program, is_interpreter, is_option,
    option_value, reads_code, runs, value_letters,
};

/// What a command runs besides itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inner {
    /// Where in its arguments other commands begin, and where they end.
    pub(crate) commands: Vec<(usize, usize)>,
    /// Where commands may begin and end, for all anybody knows.
    pub(crate) doubtful: Vec<(usize, usize)>,
    /// Other commands, and whether nobody knows that they are ones.
    pub(crate) lists: Vec<(Vec<Argument>, bool)>,
    /// Command lines.
    pub(crate) scripts: Vec<String>,
    /// Texts that the shell expands.
    pub(crate) texts: Vec<String>,
    /// Code of other languages.
    pub(crate) code: Vec<String>,
    /// Whether it runs what it reads from its input, or what nobody can see.
    pub(crate) runs_input: bool,
    /// Whether its input is code of another language.
    pub(crate) reads_code: bool,
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
    let all = (1..arguments.len()).map(|start| (start, arguments.len()));
    match runs(name) {
        None => builtin(name, arguments, &mut found),
        Some(Runs::Rest { flags, values, operands, assigns }) => {
            // What only looks programs up runs none.
            let looks_up = name == "command" && is_any(arguments, &["-v", "-V", "-pv", "-pV"]);
            let starts = starts(arguments, flags, values, operands, assigns);
            found.commands.extend(starts.into_iter().filter(|_| !looks_up).map(|at| (at, arguments.len())));
            let takes_line =
                matches!(name, "sudo" | "doas") && is_any(arguments, &["-s", "-i", "--shell", "--login"]);
            found.runs_input = takes_line && found.commands.is_empty();
        }
        Some(Runs::Joined { flags, values, operands }) => {
            for start in starts(arguments, flags, values, operands, false) {
                found.commands.push((start, arguments.len()));
                found.scripts.push(join(&arguments[start..]));
            }
            let is_unseen = arguments[1..].iter().any(|each| each.atoms.contains(&Atom::Unknown));
            found.runs_input = if operands > 0 { found.commands.is_empty() } else { is_unseen };
        }
        Some(Runs::Somewhere) => {
            found.commands.extend(all);
            if matches!(name, "gdb" | "lldb") {
                found.code.extend(arguments[1..].iter().map(Argument::script));
            }
            if name == "parallel" {
                found.scripts.extend(arguments[1..].iter().map(Argument::script));
                found.runs_input = true;
            }
            found.runs_input |=
                arguments.len() == 1 && matches!(name, "su" | "unshare" | "nsenter" | "runuser");
        }
        Some(Runs::After { words, .. }) => {
            let is_word = |each: &Argument| {
                words == [""]
                    || each.text.as_deref().is_none_or(|text| words.iter().any(|word| names(text, word)))
            };
            if let Some(start) = arguments.iter().skip(1).position(is_word) {
                let start = if words == [""] { 1 } else { start + 2 };
                found.commands.extend(all.filter(|(at, _)| *at >= start));
            }
        }
        Some(Runs::Options) => {}
        Some(Runs::Addresses) => {
            for address in arguments[1..].iter().map(Argument::script) {
                let run = address.split_once(':').map(|(_, run)| run.split(',').next().unwrap_or(run));
                found.scripts.extend(run.map(str::to_owned));
            }
        }
        Some(Runs::Lines) => {
            found.scripts.extend(arguments[1..].iter().map(Argument::script));
            found.scripts.extend(values_of(&arguments[1..]));
            found.runs_input = matches!(name, "at" | "batch");
        }
        Some(Runs::Shell) => shell(arguments, &mut found),
        Some(Runs::Find) => find(arguments, &mut found),
        Some(Runs::Xargs) => xargs(arguments, &mut found),
        Some(Runs::Git) => git_inner(arguments, &mut found),
        Some(Runs::Code) => code(name, arguments, &mut found),
    }
    options(name, arguments, &mut found);
    found.commands.retain(|&(start, end)| start < end);
    found
}

/// The command lines that stand behind options, and the program's own words without options in front.
fn options(name: &str, arguments: &[Argument], found: &mut Inner) {
    for value in option_values(&arguments[1..], command_options(name), value_letters(name)) {
        found.scripts.extend(value.match_indices('=').take(4).map(|(at, _)| value[at + 1..].to_owned()));
        found.scripts.push(value);
    }
    // The first word of `tar` is a bundle without a dash, and the values of its letters follow in their order.
    let runs_filter = matches!(name, "tar" | "bsdtar" | "gtar")
        && arguments
            .get(1)
            .and_then(|word| word.text.as_deref())
            .is_some_and(|word| !word.starts_with('-') && word.contains(['I', 'F']));
    if runs_filter {
        found.scripts.extend(arguments[2..].iter().map(Argument::script));
    }
    if matches!(name, "make" | "gmake") {
        let files = option_values(&arguments[1..], &["-f", "--file", "--makefile"], None);
        found.runs_input |= files.iter().any(|file| is_stream(&Argument::literal(file)));
    }
    if matches!(name, "make" | "gmake" | "env" | "sudo") {
        found.scripts.extend(values_of(&arguments[1..]).into_iter().filter(|_| name.contains("make")));
        found.scripts.extend(assigned_programs(arguments));
    }
    if has_words_of_its_own(name) {
        let is_option =
            |each: &&Argument| each.text.as_deref().is_some_and(|text| text.starts_with(['-', '+']));
        let count = arguments[1..].iter().take_while(is_option).count();
        for start in [count + 1, count + 2] {
            if count > 0 && start < arguments.len() {
                found.lists.push((arguments[..1].iter().chain(&arguments[start..]).cloned().collect(), true));
            }
        }
    }
}

/// Builtins that evaluate their arguments, or read scripts.
fn builtin(name: &str, arguments: &[Argument], found: &mut Inner) {
    match name {
        "source" | "." => {
            found.runs_input = arguments.get(1).is_none_or(is_stream);
            found.commands.push((1, arguments.len()));
        }
        "crontab" => found.runs_input = true,
        // Names of array elements are evaluated, substitutions in them too.
        "let" | "test" | "[" | "printf" | "declare" | "typeset" | "local" | "export" | "readonly"
        | "unset" | "read" => {
            let texts = arguments[1..].iter().filter_map(|each| each.text.clone());
            found.texts.extend(texts.filter(|text| text.contains("$(") || text.contains('`')));
            if matches!(name, "export" | "declare" | "typeset" | "local" | "readonly") {
                found.scripts.extend(assigned_programs(arguments));
            }
        }
        _ => {}
    }
}

/// The values of variables among some arguments that another program runs.
fn assigned_programs(arguments: &[Argument]) -> impl Iterator<Item = String> {
    let assigned = arguments[1..].iter().filter_map(|each| each.text.as_deref()?.split_once('='));
    assigned.filter(|(name, _)| holds_program(name)).map(|(_, value)| value.to_owned())
}

fn names(text: &str, word: &str) -> bool {
    if word.starts_with('-') { is_option(text, word, None) } else { text == word }
}

fn is_any(arguments: &[Argument], options: &[&str]) -> bool {
    arguments.iter().skip(1).any(|each| each.text.as_deref().is_some_and(|text| options.contains(&text)))
}

fn join(arguments: &[Argument]) -> String {
    arguments.iter().map(Argument::script).collect::<Vec<_>>().join(" ")
}

/// The values of some options: attached, bundled or apart.
pub(crate) fn option_values(arguments: &[Argument], options: &[&str], letters: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    if options.is_empty() {
        return found;
    }
    for (at, argument) in arguments.iter().enumerate() {
        let Some(text) = &argument.text else { continue };
        for option in options {
            let Some(attached) = option_value(text, option, letters) else { continue };
            let attached = attached.trim_start_matches('=');
            // Behind a letter stands its value, or another letter.
            if attached.is_empty() || option.len() == 2 {
                found.extend(arguments.get(at + 1).map(Argument::script));
            }
            found.extend((!attached.is_empty()).then(|| attached.to_owned()));
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
                found.push(at + 2 + operands);
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
        let reads_first = matches!(text, "--rcfile" | "--init-file");
        found.runs_input |= reads_first && arguments.get(at + 1).is_none_or(is_stream);
        found.scripts.extend(text.strip_prefix("--command=").map(str::to_owned));
        let has_value = reads_first || (!is_long && matches!(text.chars().last(), Some('o' | 'O')));
        at += if has_value { 2 } else { 1 };
    }
    match arguments.get(at) {
        Some(line) if takes_line => {
            found.scripts.push(line.script());
            found.runs_input |= line.atoms.contains(&Atom::Unknown);
            // Its arguments may be run by the line.
            for start in at + 1..arguments.len() {
                found.doubtful.push((start, arguments.len()));
                found.code.push(arguments[start].script());
            }
        }
        Some(file) => {
            found.runs_input |= is_stream(file);
            found.commands.push((at, arguments.len()));
        }
        None => found.runs_input |= found.scripts.is_empty(),
    }
}

fn find(arguments: &[Argument], found: &mut Inner) {
    let is = |at: usize, names: &[&str]| {
        arguments
            .get(at)
            .and_then(|argument| argument.text.as_deref())
            .is_some_and(|text| names.contains(&text))
    };
    for at in 1..arguments.len() {
        let is_dynamic = arguments[at].text.is_none();
        if is(at, &["-exec", "-execdir", "-ok", "-okdir"]) || is_dynamic {
            let end = (at + 1..arguments.len())
                .find(|&end| is(end, &[";"]) || (is(end, &["+"]) && is(end - 1, &["{}"])))
                .unwrap_or(arguments.len());
            if at + 1 < end {
                found.commands.push((at + 1, end));
                found.lists.push((filled(&arguments[at + 1..end], "{}"), false));
            }
        }
    }
}

/// `xargs` fills in what it reads: behind the rest, or where a placeholder stands.
fn xargs(arguments: &[Argument], found: &mut Inner) {
    let (flags, values) = ("0iloprtxe", "aEIJLPRSnsd");
    let given = &arguments[1..];
    let mut placeholders = vec!["{}".to_owned()];
    for (at, argument) in given.iter().enumerate() {
        let Some(text) = argument.text.as_deref() else { continue };
        // The value of some stands apart, that of others is attached or none.
        let values_of = |options: [&str; 2]| {
            options.into_iter().find_map(|option| option_value(text, option, Some(values)))
        };
        let next = || given.get(at + 1).and_then(|next| next.text.as_deref());
        let apart =
            values_of(["-I", "-J"]).and_then(|value| if value.is_empty() { next() } else { Some(value) });
        let attached = values_of(["-i", "--replace"]).filter(|value| !value.is_empty());
        placeholders.extend(apart.or(attached).map(str::to_owned));
    }
    for start in starts(arguments, flags, values, 0, false) {
        found.commands.push((start, arguments.len()));
        for placeholder in &placeholders {
            let mut list = filled(&arguments[start..], placeholder);
            list.push(Argument { atoms: vec![Atom::Unknown], text: None, vanishes: true });
            found.lists.push((list, false));
        }
    }
}

/// Arguments with something unknown where a placeholder stands.
fn filled(arguments: &[Argument], placeholder: &str) -> Vec<Argument> {
    let fill = |argument: &Argument| match &argument.text {
        Some(text) if !placeholder.is_empty() && text.contains(placeholder) => {
            let mut atoms = Vec::new();
            for (index, piece) in text.split(placeholder).enumerate() {
                atoms.extend((index > 0).then_some(Atom::Unknown));
                atoms.extend(piece.chars().map(Atom::Char));
            }
            Argument { atoms, text: None, vanishes: false }
        }
        _ => argument.clone(),
    };
    arguments.iter().map(fill).collect()
}

/// Code in arguments; of `sed` and `awk` only what is no plain script.
fn code(name: &str, arguments: &[Argument], found: &mut Inner) {
    let words: Option<Vec<String>> = arguments.iter().map(|argument| argument.text.clone()).collect();
    let is_plain = words.is_some_and(|words| match name {
        "sed" | "gsed" => super::scripts::is_plain_sed(&words),
        "awk" | "gawk" | "mawk" | "nawk" => super::scripts::is_plain_awk(&words),
        _ => false,
    });
    if is_plain {
        return;
    }
    // Behind a file of code stand arguments of that code.
    let has_file = is_interpreter(name)
        && arguments.get(1).is_some_and(|first| {
            !is_stream(first) && first.text.as_deref().is_some_and(|text| !text.starts_with('-'))
        });
    if !has_file {
        found.code.extend(arguments[1..].iter().map(Argument::script));
    }
    if matches!(name, "sed" | "gsed") {
        // Behind each `e` of a script may stand a command.
        let scripts: Vec<String> = arguments[1..].iter().map(Argument::script).collect();
        let commands = scripts.iter().flat_map(|text| text.match_indices('e').map(|(at, _)| &text[at + 1..]));
        found.code.extend(commands.take(200).map(str::to_owned));
    }
    // Behind options nobody knows which word is a file, and which the value of one.
    found.reads_code = reads_code(name) && !has_file;
}
