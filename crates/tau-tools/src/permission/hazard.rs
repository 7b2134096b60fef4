//! What is asked about whatever allows it.

use std::path::{Path, PathBuf};

use super::call::Surroundings;
use super::files::{Operand, folders};
use super::place::Access;
use super::shell::{Argument, Atom, Survey, basename, disguise, is_option};

/// Why somebody is asked before a command line runs, although its commands may be allowed.
pub(super) fn hazard(
    source: &str,
    survey: &Survey,
    operands: &[Operand],
    around: &Surroundings<'_>,
) -> Option<String> {
    if let Some(reason) = disguise(source) {
        return Some(reason.to_owned());
    }
    for operand in operands.iter().filter(|operand| !operand.is_doubtful) {
        let Some(place) = &operand.place else { continue };
        let shown = place.lexical.display();
        if place.lexical.starts_with("/dev/tcp") || place.lexical.starts_with("/dev/udp") {
            return Some(format!("{shown} is a connection to another machine"));
        }
        if operand.access != Some(Access::Writes) {
            continue;
        }
        if let Some(reason) = place.caution(Access::Writes) {
            return Some(reason);
        }
        if place.lexical.starts_with("/dev") && !is_harmless_device(&place.lexical) {
            return Some(format!("{shown} is a device"));
        }
    }
    loss(survey, around)
}

fn is_harmless_device(path: &Path) -> bool {
    let name = path.strip_prefix("/dev").map(Path::to_string_lossy).unwrap_or_default();
    matches!(&*name, "null" | "zero" | "full" | "stdin" | "stdout" | "stderr" | "tty")
        || name.starts_with("fd/")
}

/// What would be lost that nobody wants to lose, whatever the rules and the mode say: the root, a folder at the top, home, the
/// working folder.
pub(super) fn loss(survey: &Survey, around: &Surroundings<'_>) -> Option<String> {
    let folders = folders(survey, around);
    let is_critical =
        |argument: &Argument| folders.iter().any(|folder| is_critical(argument, folder, around));
    let programs = || survey.ran.iter().filter(|ran| !ran.is_written && !ran.is_doubtful);
    let finds = programs().any(|ran| ran.arguments().first().and_then(basename) == Some("find"));
    for ran in programs() {
        let Some((program, arguments)) = ran.arguments().split_first() else { continue };
        let Some(program) = basename(program) else { continue };
        let is_deep = arguments
            .iter()
            .filter_map(|argument| argument.text.as_deref())
            .any(|text| ["-r", "-R", "--recursive"].iter().any(|option| is_option(text, option, None)));
        let lost = match program {
            "rm" | "rmdir" | "unlink" | "shred" => arguments.iter().find(|argument| {
                // What `find` found is below where it looked, and what `xargs` reads is a file or two.
                let is_found = finds && argument.atoms == [Atom::Unknown] && !argument.vanishes;
                let is_read = argument.vanishes && !is_deep;
                !is_found && !is_read && is_critical(argument)
            }),
            "chmod" | "chown" | "chgrp" if is_deep => arguments.iter().find(|argument| is_critical(argument)),
            "mv" => arguments.iter().rev().skip(1).find(|argument| is_critical(argument)),
            "find" => found_and_lost(arguments, &folders, around),
            _ if program.starts_with("mkfs") || program == "wipefs" => arguments.last(),
            _ => None,
        };
        if let Some(lost) = lost {
            return Some(format!("`{}` is not removed or changed as a whole unasked", lost.script()));
        }
    }
    None
}

/// Where `find` begins to remove, if that is a folder nobody wants to lose. Of the working folder it may remove a part.
fn found_and_lost<'a>(
    arguments: &'a [Argument],
    folders: &[PathBuf],
    around: &Surroundings<'_>,
) -> Option<&'a Argument> {
    let is = |argument: &Argument, names: &[&str]| {
        argument.text.as_deref().is_some_and(|text| names.contains(&text))
    };
    let removes = arguments.iter().any(|argument| is(argument, &["-delete"]))
        || arguments.windows(2).any(|pair| {
            is(&pair[0], &["-exec", "-execdir", "-ok", "-okdir"])
                && matches!(basename(&pair[1]), Some("rm" | "shred" | "unlink"))
        });
    let is_start = |argument: &&Argument| argument.text.as_deref().is_none_or(|text| !text.starts_with('-'));
    let starts = arguments.iter().take_while(is_start);
    let chooses = arguments.iter().any(|argument| {
        is(argument, &["-name", "-iname", "-path", "-ipath", "-regex", "-type", "-newer", "-size", "-empty"])
    });
    let is_lost = |start: &&Argument| {
        folders.iter().any(|folder| {
            let is_part = start
                .text
                .as_deref()
                .is_some_and(|text| super::path::lexical(folder, around.home, text).starts_with(around.cwd));
            is_critical(start, folder, around) && !(is_part && chooses)
        })
    };
    removes.then(|| starts.into_iter().find(is_lost)).flatten()
}

/// Whether an argument is a folder whose loss nobody wants: `/`, one at the top, home, the working folder or one above it.
fn is_critical(argument: &Argument, folder: &Path, around: &Surroundings<'_>) -> bool {
    let Some(text) = &argument.text else {
        let is_slash = |atom: &Atom| *atom == Atom::Char('/');
        let is_rest = |atom: &Atom| matches!(atom, Atom::Many | Atom::Unknown | Atom::Char('/'));
        let known: String = argument
            .atoms
            .iter()
            .map_while(|atom| if let Atom::Char(each) = atom { Some(*each) } else { None })
            .collect();
        let only_below = argument.atoms[known.chars().count()..].iter().all(is_rest);
        let is_unknown_top =
            argument.atoms.first() == Some(&Atom::Unknown) && argument.atoms.get(1).is_none_or(is_slash);
        let names_folder = known.is_empty() || known.ends_with('/');
        return is_unknown_top
            || (only_below
                && names_folder
                && (known.is_empty() || is_critical_path(&known, folder, around)));
    };
    !text.starts_with('-') && is_critical_path(text, folder, around)
}

fn is_critical_path(text: &str, folder: &Path, around: &Surroundings<'_>) -> bool {
    // The shell has put home in for a tilde that means it.
    let path = super::path::lexical(folder, around.home, text);
    let is_top = path.parent().is_none_or(|parent| parent == Path::new("/"));
    is_top || path == around.home || around.cwd.starts_with(&path) || around.root.starts_with(&path)
}
