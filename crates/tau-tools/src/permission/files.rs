//! The files that a command line touches, and what rules about files say of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::call::Surroundings;
use super::place::{Access, Folders, Place};
use super::rule::{Match, Spec, atoms_match};
use super::shell::{Argument, Atom, Files, Survey, basename, files};

/// A file that a command line names.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) argument: Argument,
    pub(super) place: Option<Place>,
    /// What is done with it; `None` where nobody knows.
    pub(super) access: Option<Access>,
    /// Whether what is below it is touched too.
    pub(super) is_deep: bool,
    /// Whether the program is known to open files.
    pub(super) is_file: bool,
    /// Whether the shell itself opens it.
    pub(super) is_redirect: bool,
    /// Whether it may be no file at all: a text in code, or a part of an argument.
    pub(super) is_doubtful: bool,
}

/// How a file is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    access: Option<Access>,
    is_deep: bool,
    is_file: bool,
    is_redirect: bool,
    is_doubtful: bool,
}

/// The folders that relative paths may be relative to.
#[derive(Debug)]
struct Bases {
    /// The first, and those that the line goes to.
    known: Vec<PathBuf>,
    /// Whether it goes to one that nobody knows.
    has_unknown: bool,
}

/// All files that a command line names, with what is done to them.
pub(super) fn operands(survey: &Survey, around: &Surroundings<'_>) -> Vec<Operand> {
    let bases = bases(survey, around);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for redirect in &survey.redirects {
        let access = match redirect.operator {
            "<" => Access::Reads,
            "<<" | "<<-" | "<<<" => continue,
            ">&" | "<&" if is_descriptor(&redirect.target) => continue,
            "<&" => Access::Reads,
            _ => Access::Writes,
        };
        let named = Named {
            access: Some(access),
            is_deep: false,
            is_file: true,
            is_redirect: true,
            is_doubtful: false,
        };
        add(&mut found, &bases, around, &redirect.target, named);
    }
    for ran in survey.ran.iter().filter(|ran| !ran.is_written) {
        let Some(program) = ran.arguments().first().and_then(basename) else { continue };
        let given: Vec<&Argument> = ran.arguments()[1..].iter().collect();
        for (argument, named) in named(program, &given) {
            // A word behind many wrappers is still one file.
            if seen.insert((argument.script(), named)) {
                add(&mut found, &bases, around, &argument, named);
            }
        }
    }
    for text in &survey.quoted {
        let named =
            Named { access: None, is_deep: false, is_file: false, is_redirect: false, is_doubtful: true };
        add(&mut found, &bases, around, &Argument::literal(text), named);
    }
    found
}

/// The files that a program is given.
fn named(program: &str, given: &[&Argument]) -> Vec<(Argument, Named)> {
    let deletes = program == "find" && has(given, |text| text == "-delete");
    let kind = match files(program) {
        Files::Names if deletes => Files::Writes,
        kind => kind,
    };
    let mut found = Vec::new();
    if matches!(kind, Files::None | Files::Names) {
        return found;
    }
    let is_deep = is_deep(program, given);
    let is_file = kind != Files::Unknown;
    for (at, argument) in given.iter().enumerate() {
        let is_last = at + 1 == given.len();
        let access = match kind {
            Files::Reads => Some(reads_or_writes(program, given, at)),
            Files::Writes => written(program, given, argument, is_last),
            _ => None,
        };
        for (part, is_doubtful) in parts(argument) {
            let named = Named { access, is_deep, is_file, is_redirect: false, is_doubtful };
            found.push((part, named));
        }
    }
    if searches_here(program, given) {
        let access = Some(Access::Reads);
        let named = Named { access, is_deep: true, is_file: true, is_redirect: false, is_doubtful: false };
        found.push((Argument::literal("."), named));
    }
    found
}

/// Whether a search that names no file goes through the working folder.
fn searches_here(program: &str, given: &[&Argument]) -> bool {
    let is_operand = |each: &&&Argument| each.text.as_deref().is_none_or(|text| !text.starts_with('-'));
    let operands = given.iter().filter(is_operand).count();
    match program {
        "grep" | "egrep" | "fgrep" => is_deep(program, given) && operands <= 1,
        "rg" | "ag" | "ack" => operands <= 1,
        "git" => given.iter().find(is_operand).is_some_and(|word| word.text.as_deref() == Some("grep")),
        _ => false,
    }
}

/// What a program that reads files does with one of its arguments: some write one of them.
fn reads_or_writes(program: &str, given: &[&Argument], at: usize) -> Access {
    let text = |at: usize| given.get(at).and_then(|each| each.text.as_deref()).unwrap_or_default();
    let is_operand = !text(at).starts_with('-');
    let writes = match program {
        "sort" | "iconv" => {
            let before = at.checked_sub(1).map(text).unwrap_or_default();
            let is_short = before.starts_with('-') && !before.starts_with("--") && before.ends_with('o');
            is_short
                || before == "--output"
                || text(at).starts_with("-o")
                || text(at).starts_with("--output=")
        }
        "uniq" | "xxd" => is_operand && given[..at].iter().any(|each| !each.script().starts_with('-')),
        _ => false,
    };
    if writes { Access::Writes } else { Access::Reads }
}

fn has(given: &[&Argument], is: impl Fn(&str) -> bool) -> bool {
    given.iter().filter_map(|each| each.text.as_deref()).any(is)
}

fn add(
    found: &mut Vec<Operand>,
    bases: &Bases,
    around: &Surroundings<'_>,
    argument: &Argument,
    named: Named,
) {
    let mut places: Vec<Option<Place>> = match &argument.text {
        Some(text) if text.is_empty() => return,
        Some(text) if text.starts_with('/') => vec![Some(Place::of(text, around.cwd, around))],
        Some(text) => bases.known.iter().map(|base| Some(Place::of(text, base, around))).collect(),
        None => vec![None],
    };
    let mut unknown = argument.clone();
    let is_relative = argument.text.as_deref().is_some_and(|text| !text.starts_with(['/', '~']));
    if bases.has_unknown && is_relative {
        unknown.atoms.splice(0..0, [Atom::Unknown, Atom::Char('/')]);
        unknown.text = None;
        places.push(None);
    }
    let Named { access, is_deep, is_file, is_redirect, is_doubtful } = named;
    found.extend(places.into_iter().map(|place| {
        let argument = if place.is_none() { unknown.clone() } else { argument.clone() };
        Operand { argument, place, access, is_deep, is_file, is_redirect, is_doubtful }
    }));
}

/// The folders that relative paths may be relative to: the first, and those that the line goes to.
fn bases(survey: &Survey, around: &Surroundings<'_>) -> Bases {
    let mut known = vec![around.cwd.to_owned()];
    let mut has_unknown = false;
    let mut seen: BTreeSet<PathBuf> = known.iter().cloned().collect();
    for ran in survey.ran.iter().filter(|ran| !ran.is_written) {
        let arguments = ran.arguments();
        let goes = arguments.first().and_then(basename).is_some_and(|name| matches!(name, "cd" | "pushd"));
        let targets = arguments.iter().enumerate().skip(1).filter(|(at, _)| {
            let before = arguments[at - 1].text.as_deref();
            goes || matches!(before, Some("-C" | "--directory" | "--chdir"))
        });
        for (_, argument) in targets {
            let Some(target) = argument.text.as_deref().filter(|target| *target != "-") else {
                has_unknown = true;
                continue;
            };
            for base in known.clone() {
                let folder = super::path::lexical(&base, around.home, target);
                if known.len() < 8 && seen.insert(folder.clone()) {
                    known.push(folder);
                }
            }
        }
        if goes && arguments.len() == 1 && seen.insert(around.home.to_owned()) {
            known.push(around.home.to_owned());
        }
    }
    Bases { known, has_unknown }
}

/// The folders that a command line may be in when it runs a command.
pub(super) fn folders(survey: &Survey, around: &Surroundings<'_>) -> Vec<PathBuf> {
    bases(survey, around).known
}

fn is_descriptor(target: &Argument) -> bool {
    target.text.as_deref().is_some_and(|text| {
        let digits = text.strip_suffix('-').unwrap_or(text);
        text == "-" || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The parts of an argument that may be a path, and whether they may be none: itself, a value in it, what an address names.
fn parts(argument: &Argument) -> Vec<(Argument, bool)> {
    let Some(text) = &argument.text else { return vec![(argument.clone(), false)] };
    let mut found = Vec::new();
    if !text.starts_with('-') {
        found.push((argument.clone(), false));
    } else if !text.starts_with("--") && text.len() > 2 && text.is_char_boundary(2) {
        found.push((Argument::literal(&text[2..]), false));
    }
    let value = text.split_once('=').map(|(_, value)| value);
    for text in [Some(text.as_str()), value].into_iter().flatten() {
        let is_value = value == Some(text);
        found.extend(is_value.then(|| (Argument::literal(text), false)));
        let named = text.strip_prefix('@').or_else(|| text.strip_prefix("file://"));
        found.extend(named.map(|named| (Argument::literal(named), false)));
        let behind = text.split_once(':').map(|(_, behind)| behind);
        found.extend(behind.map(|behind| (Argument::literal(behind), true)));
    }
    found
}

/// What a program that changes files does with one of its arguments.
fn written(program: &str, given: &[&Argument], argument: &Argument, is_last: bool) -> Option<Access> {
    let text = argument.text.as_deref().unwrap_or_default();
    let before = given.iter().rev().skip_while(|each| !std::ptr::eq(**each, argument)).nth(1);
    let before = before.and_then(|each| each.text.as_deref()).unwrap_or_default();
    let has = |wanted: &dyn Fn(&str) -> bool| has(given, wanted);
    match program {
        "cp" | "install" | "ln" | "scp" | "rsync" => {
            let has_folder = has(&|text| text.starts_with("-t") || text.starts_with("--target-directory"));
            let is_written = is_last || has_folder;
            Some(if is_written { Access::Writes } else { Access::Reads })
        }
        "sed" | "gsed" => {
            let edits = has(&|text| {
                text.starts_with("--in-place")
                    || (text.starts_with("-") && !text.starts_with("--") && text.contains('i'))
            });
            Some(if edits { Access::Writes } else { Access::Reads })
        }
        "dd" => {
            let is_input = argument.text.as_deref().is_some_and(|text| text.starts_with("if="));
            Some(if is_input { Access::Reads } else { Access::Writes })
        }
        "tar" | "bsdtar" if has(&|text| is_unpacking(text)) => {
            let is_folder = matches!(before, "-C" | "--directory") || text.starts_with("--directory=");
            if is_folder { Some(Access::Writes) } else { None }
        }
        "unzip" if before == "-d" => Some(Access::Writes),
        "patch" if !text.starts_with('-') && !before.starts_with('-') => Some(Access::Writes),
        "tar" | "bsdtar" | "zip" | "unzip" | "vim" | "vi" | "nvim" | "view" | "ed" | "ex" | "nano"
        | "emacs" | "split" | "csplit" | "patch" => None,
        _ => Some(Access::Writes),
    }
}

/// Whether an argument of `tar` makes it write what is in an archive.
fn is_unpacking(text: &str) -> bool {
    let letters = text.strip_prefix('-').unwrap_or(text);
    matches!(text, "--extract" | "--get")
        || (!letters.starts_with('-') && letters.starts_with('x') && letters.len() < 9)
        || (text.starts_with('-') && !letters.starts_with('-') && letters.contains('x'))
}

/// Whether a program touches what is below a folder it is given.
fn is_deep(program: &str, given: &[&Argument]) -> bool {
    let has = |letters: &[char], long: &str| {
        given.iter().filter_map(|each| each.text.as_deref()).any(|text| {
            text == long || (text.starts_with('-') && !text.starts_with("--") && text.contains(letters))
        })
    };
    match program {
        "find" => true,
        "grep" | "egrep" | "fgrep" | "diff" => has(&['r', 'R'], "--recursive"),
        "rm" | "cp" | "scp" | "chmod" | "chown" | "chgrp" => has(&['r', 'R', 'a'], "--recursive"),
        "rg" | "ag" | "ack" | "tar" | "zip" | "rsync" | "mv" => true,
        _ => false,
    }
}

/// What a rule about files says of what a command line touches.
pub(super) fn judge(kind: Access, spec: &Spec, operands: &[Operand], around: &Surroundings<'_>) -> Match {
    let judged = operands.iter().map(|operand| {
        let found = judge_one(kind, spec, operand, around);
        if operand.is_doubtful { found.min(Match::Maybe) } else { found }
    });
    judged.max().unwrap_or(Match::No)
}

fn judge_one(kind: Access, spec: &Spec, operand: &Operand, around: &Surroundings<'_>) -> Match {
    // What may not be read may not be changed either.
    let concerns = match (kind, operand.access) {
        (Access::Reads, _) | (Access::Writes, Some(Access::Writes)) => Match::Yes,
        (Access::Writes, None) => Match::Maybe,
        (Access::Writes, Some(Access::Reads)) => return Match::No,
    };
    let pattern = match spec {
        Spec::Path(pattern) => pattern,
        // A rule about every file is about those that are files for certain.
        Spec::All if operand.is_file && !is_null(operand) => return concerns,
        _ => return Match::No,
    };
    let Some(place) = &operand.place else {
        return match pattern.plain(&Folders::written(around).anchors()) {
            Some(path) => names_path(&operand.argument, &path, around).min(concerns),
            None => {
                let name = pattern.name();
                let found = name.map(|name| names_file(&operand.argument, name));
                found.unwrap_or(if operand.is_file { Match::Maybe } else { Match::No }).min(concerns)
            }
        };
    };
    if is_null(operand) {
        Match::No
    } else if place.is_denied_by(pattern, around) {
        concerns
    } else if (operand.is_deep && place.is_above(pattern, around))
        || (operand.is_file && place.resolved.names > 1)
    {
        // What is below it, or another name of the same file, may be what the rule is about.
        Match::Maybe.min(concerns)
    } else {
        Match::No
    }
}

fn is_null(operand: &Operand) -> bool {
    operand.place.as_ref().is_some_and(|place| place.lexical == Path::new("/dev/null"))
}

/// Whether an argument that is not all known may be a path.
fn names_path(argument: &Argument, path: &Path, around: &Surroundings<'_>) -> Match {
    let mut forms = vec![path.to_string_lossy().into_owned()];
    if let Ok(relative) = path.strip_prefix(around.cwd) {
        forms.push(relative.to_string_lossy().into_owned());
        forms.push(format!("./{}", relative.display()));
    }
    forms.iter().map(|form| atoms_match(&argument.atoms, form)).max().unwrap_or(Match::No)
}

/// Whether an argument that is not all known may end in a name.
fn names_file(argument: &Argument, name: &str) -> Match {
    let at = argument.atoms.iter().rposition(|atom| *atom == Atom::Char('/')).map_or(0, |slash| slash + 1);
    let atoms = &argument.atoms[at..];
    // The shell's stars do not stand for a dot in front.
    let is_hidden = name.starts_with('.') && matches!(atoms.first(), Some(Atom::One | Atom::Many));
    if is_hidden { Match::No } else { atoms_match(atoms, name) }
}
