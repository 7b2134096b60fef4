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
        add(&mut found, &bases, around, &redirect.target, (Some(access), false, true));
    }
    for ran in &survey.ran {
        let Some(program) = ran.arguments().first().and_then(basename) else { continue };
        let kind = files(program);
        if kind == Files::None || kind == Files::Names {
            continue;
        }
        let given: Vec<&Argument> = ran.arguments()[1..].iter().collect();
        let is_deep = is_deep(program, &given);
        for (at, argument) in given.iter().enumerate() {
            let is_last = at + 1 == given.len();
            let access = match kind {
                Files::Reads => Some(Access::Reads),
                Files::Writes => written(program, &given, argument, is_last),
                _ => None,
            };
            for part in parts(argument) {
                // A word behind many wrappers is still one file.
                if !seen.insert((part.script(), access, is_deep, kind == Files::Unknown)) {
                    continue;
                }
                add(&mut found, &bases, around, &part, (access, is_deep, kind != Files::Unknown));
            }
        }
    }
    found
}

fn add(
    found: &mut Vec<Operand>,
    bases: &[PathBuf],
    around: &Surroundings<'_>,
    argument: &Argument,
    (access, is_deep, is_file): (Option<Access>, bool, bool),
) {
    let places: Vec<Option<Place>> = match &argument.text {
        Some(text) if text.is_empty() => return,
        Some(text) => bases.iter().map(|base| Some(Place::of(text, base, around))).collect(),
        None => vec![None],
    };
    found.extend(places.into_iter().map(|place| Operand {
        argument: argument.clone(),
        place,
        access,
        is_deep,
        is_file,
    }));
}

/// The folders that relative paths may be relative to: the first, and those that the line goes to.
fn bases(survey: &Survey, around: &Surroundings<'_>) -> Vec<PathBuf> {
    let mut found = vec![around.cwd.to_owned()];
    let mut seen: BTreeSet<PathBuf> = found.iter().cloned().collect();
    for ran in &survey.ran {
        let arguments = ran.arguments();
        let goes = arguments.first().and_then(basename).is_some_and(|name| matches!(name, "cd" | "pushd"));
        let targets = arguments.iter().enumerate().skip(1).filter(|(at, _)| {
            let before = arguments[at - 1].text.as_deref();
            goes || matches!(before, Some("-C" | "--directory" | "--chdir"))
        });
        for target in targets.filter_map(|(_, argument)| argument.text.as_deref()) {
            for base in found.clone() {
                let folder = super::path::lexical(&base, around.home, target);
                if found.len() < 8 && seen.insert(folder.clone()) {
                    found.push(folder);
                }
            }
        }
    }
    found
}

fn is_descriptor(target: &Argument) -> bool {
    target.text.as_deref().is_some_and(|text| {
        let digits = text.strip_suffix('-').unwrap_or(text);
        text == "-" || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// The parts of an argument that may be a path: itself, or a value in it.
fn parts(argument: &Argument) -> Vec<Argument> {
    let Some(text) = &argument.text else { return vec![argument.clone()] };
    let mut found = Vec::new();
    if !text.starts_with('-') {
        found.push(argument.clone());
    } else if !text.starts_with("--") && text.len() > 2 && text.is_char_boundary(2) {
        found.push(Argument::literal(&text[2..]));
    }
    found.extend(text.split_once('=').map(|(_, value)| Argument::literal(value)));
    found.extend(text.strip_prefix('@').map(Argument::literal));
    found
}

/// What a program that changes files does with one of its arguments.
fn written(program: &str, given: &[&Argument], argument: &Argument, is_last: bool) -> Option<Access> {
    let has =
        |wanted: &dyn Fn(&str) -> bool| given.iter().filter_map(|each| each.text.as_deref()).any(wanted);
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
        "tar" | "bsdtar" | "zip" | "unzip" | "vim" | "vi" | "nvim" | "view" | "ed" | "ex" | "nano"
        | "emacs" | "split" | "csplit" | "patch" => None,
        _ => Some(Access::Writes),
    }
}

/// Whether a program touches what is below a folder it is given.
fn is_deep(program: &str, given: &[&Argument]) -> bool {
    let has = |letters: &[char], long: &str| {
        given.iter().filter_map(|each| each.text.as_deref()).any(|text| {
            text == long || (text.starts_with('-') && !text.starts_with("--") && text.contains(letters))
        })
    };
    match program {
        "grep" | "egrep" | "fgrep" | "diff" => has(&['r', 'R'], "--recursive"),
        "rm" | "cp" | "scp" | "chmod" | "chown" | "chgrp" => has(&['r', 'R', 'a'], "--recursive"),
        "rg" | "ag" | "ack" | "tar" | "zip" | "rsync" | "mv" => true,
        _ => false,
    }
}

/// What a rule about files says of what a command line touches.
pub(super) fn judge(kind: Access, spec: &Spec, operands: &[Operand], around: &Surroundings<'_>) -> Match {
    operands.iter().map(|operand| judge_one(kind, spec, operand, around)).max().unwrap_or(Match::No)
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
    } else if operand.is_deep && place.is_above(pattern, around) {
        Match::Maybe
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
