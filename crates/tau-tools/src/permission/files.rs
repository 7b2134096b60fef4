//! The files that a command line touches, and what rules about files say of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::allow::is_descriptor;
use super::call::Surroundings;
use super::path::FileKind;
use super::place::{Access, Folders, Place};
use super::rule::{Match, Spec, atoms_match};
use super::shell::{Argument, Atom, Files, Survey, basename, files, is_option, option_value, value_letters};

/// The most folders that relative paths are looked up in: of a line that goes to more nobody knows where it is.
const MOST_FOLDERS: usize = 8;

/// A file that a command line names.
#[derive(Debug, Clone)]
pub(super) struct Operand {
    pub(super) argument: Argument,
    pub(super) place: Option<Place>,
    /// What is done with it; `None` where nobody knows.
    pub(super) access: Option<Access>,
    /// What is done with what is below it, if that is touched too.
    pub(super) below: Option<Access>,
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
    below: Option<Access>,
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
    let is_folder = |argument: &Argument| {
        argument.text.as_deref().is_some_and(|text| {
            let last = text.rsplit('/').next().unwrap_or_default();
            let is_one = |base: &PathBuf| Place::of(text, base, around).resolved.kind == FileKind::Folder;
            matches!(last, "" | "." | "..") || bases.known.iter().any(is_one)
        })
    };
    for redirect in &survey.redirects {
        let access = match redirect.operator {
            "<" => Access::Reads,
            "<<" | "<<-" | "<<<" => continue,
            operator if redirect.target.text.as_deref().is_some_and(|text| is_descriptor(operator, text)) => {
                continue;
            }
            "<&" => Access::Reads,
            _ => Access::Writes,
        };
        let named =
            Named { access: Some(access), below: None, is_file: true, is_redirect: true, is_doubtful: false };
        add(&mut found, &bases, around, &redirect.target, named);
    }
    for ran in survey.ran.iter().filter(|ran| !ran.is_written) {
        let Some(program) = ran.arguments().first().and_then(basename) else { continue };
        let given: Vec<&Argument> = ran.arguments()[1..].iter().collect();
        for (argument, named) in named(program, &given, &is_folder) {
            // A word behind many wrappers is still one file.
            if seen.insert((argument.script(), named)) {
                add(&mut found, &bases, around, &argument, named);
            }
        }
    }
    for text in &survey.quoted {
        let named =
            Named { access: None, below: None, is_file: false, is_redirect: false, is_doubtful: true };
        add(&mut found, &bases, around, &Argument::literal(text), named);
    }
    found
}

/// The files that a program is given.
fn named(
    program: &str,
    given: &[&Argument],
    is_folder: &dyn Fn(&Argument) -> bool,
) -> Vec<(Argument, Named)> {
    let kind = kind(program, given);
    let is_file = kind != Files::Unknown;
    let below = below(program, given);
    let of = |access: Option<Access>, is_doubtful: bool| Named {
        access,
        below,
        is_file,
        is_redirect: false,
        is_doubtful,
    };
    let mut found = Vec::new();
    let written_to = written_by_options(program, given);
    found.extend(written_to.iter().map(|(_, file)| (file.clone(), of(Some(Access::Writes), false))));
    if matches!(kind, Files::None | Files::Names) {
        return found;
    }
    for (at, argument) in given.iter().enumerate() {
        if written_to.iter().any(|(places, _)| places.contains(&at)) {
            continue;
        }
        let is_last = at + 1 == given.len();
        let access = match kind {
            Files::Reads => Some(reads_or_writes(program, given, at)),
            Files::Writes => written(program, given, argument, is_last && written_to.is_empty()),
            _ => None,
        };
        for (part, is_doubtful) in parts(argument) {
            found.push((part, of(access, is_doubtful)));
        }
    }
    let made = put_into(program, given, &written_to, is_folder);
    found.extend(made.into_iter().map(|file| {
        let is_doubtful = file.text.is_none();
        (file, of(Some(Access::Writes), is_doubtful))
    }));
    if searches_here(program, given) {
        found.push((
            Argument::literal("."),
            Named { below: Some(Access::Reads), is_file: true, ..of(Some(Access::Reads), false) },
        ));
    }
    found
}

/// What a program does with the files it is given, with these options.
fn kind(program: &str, given: &[&Argument]) -> Files {
    let is = |options: &[&str]| {
        has(given, |text| options.iter().any(|option| is_option(text, option, value_letters(program))))
    };
    match program {
        "find" if is(&["-delete"]) => Files::Writes,
        "yq" if is(&["-i", "--inplace"]) => Files::Writes,
        // What they do not understand of a list of names they say.
        "find" if is(&["-files0-from"]) => Files::Reads,
        "du" if is(&["--files0-from"]) => Files::Reads,
        "tree" if is(&["--fromfile", "--fromtabfile", "--gitfile", "--infofile"]) => Files::Reads,
        "date" if is(&["-f", "--file"]) => Files::Reads,
        _ => files(program),
    }
}

/// The options of a program whose value is a file it writes, or the folder it writes into, and its letters with a value.
fn writing_options(program: &str) -> (&'static [&'static str], Option<&'static str>) {
    match program {
        "sort" | "iconv" => (&["-o", "--output"], Some("kStTf")),
        "less" | "more" => (&["-o", "-O", "--log-file", "--LOG-FILE"], Some("bhjkPptTxyzoO")),
        "tree" => (&["-o"], Some("LPIHT")),
        "find" => (&["-fprint", "-fprint0", "-fprintf", "-fls"], value_letters("find")),
        "cp" | "mv" | "ln" => (&["-t", "--target-directory"], Some("S")),
        "install" => (&["-t", "--target-directory"], Some("Sgmo")),
        "unzip" => (&["-d"], None),
        _ => (&[], None),
    }
}

/// The files that a program writes by its options, and which of its arguments say so.
fn written_by_options(program: &str, given: &[&Argument]) -> Vec<(Vec<usize>, Argument)> {
    let (options, letters) = writing_options(program);
    let mut found = Vec::new();
    for (at, argument) in given.iter().enumerate() {
        let Some(text) = argument.text.as_deref() else { continue };
        let Some(value) = options.iter().find_map(|option| option_value(text, option, letters)) else {
            continue;
        };
        if !value.is_empty() {
            found.push((vec![at], Argument::literal(value)));
        } else if let Some(next) = given.get(at + 1) {
            found.push((vec![at, at + 1], (*next).clone()));
        }
    }
    found
}

/// What is made in a folder by what is copied or moved there under its own name.
fn put_into(
    program: &str,
    given: &[&Argument],
    written_to: &[(Vec<usize>, Argument)],
    is_folder: &dyn Fn(&Argument) -> bool,
) -> Vec<Argument> {
    if !matches!(program, "cp" | "mv" | "ln" | "install" | "scp" | "rsync") {
        return Vec::new();
    }
    let is_operand = |each: &&&Argument| each.text.as_deref().is_none_or(|text| !text.starts_with('-'));
    let mut operands: Vec<&Argument> = given.iter().filter(is_operand).copied().collect();
    let folder = match written_to.first() {
        Some((_, folder)) => Some(folder),
        None => operands.pop().filter(|last| is_folder(last)),
    };
    let Some(folder) = folder else { return Vec::new() };
    let made = operands.into_iter().map(|source| {
        let slash = source.atoms.iter().rposition(|atom| *atom == Atom::Char('/'));
        let name = &source.atoms[slash.map_or(0, |slash| slash + 1)..];
        Argument::of([&folder.atoms[..], &[Atom::Char('/')], name].concat(), true)
    });
    made.collect()
}

/// Whether a search that names no file goes through the working folder.
fn searches_here(program: &str, given: &[&Argument]) -> bool {
    let is_operand = |each: &&&Argument| each.text.as_deref().is_none_or(|text| !text.starts_with('-'));
    let operands = given.iter().filter(is_operand).count();
    match program {
        "grep" | "egrep" | "fgrep" => below(program, given).is_some() && operands <= 1,
        "rg" | "ag" | "ack" => operands <= 1,
        "git" => given.iter().find(is_operand).is_some_and(|word| word.text.as_deref() == Some("grep")),
        _ => false,
    }
}

/// What a program that reads files does with one of its operands: some write the second.
fn reads_or_writes(program: &str, given: &[&Argument], at: usize) -> Access {
    let is_option = |each: &&Argument| each.script().starts_with('-');
    let writes = matches!(program, "uniq" | "xxd")
        && !is_option(&given[at])
        && given[..at].iter().any(|each| !is_option(each));
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
    let Named { access, below, is_file, is_redirect, is_doubtful } = named;
    found.extend(places.into_iter().map(|place| {
        let argument = if place.is_none() { unknown.clone() } else { argument.clone() };
        Operand { argument, place, access, below, is_file, is_redirect, is_doubtful }
    }));
}

/// The folders that relative paths may be relative to: the first, and those that the line goes to.
fn bases(survey: &Survey, around: &Surroundings<'_>) -> Bases {
    let mut known = vec![around.cwd.to_owned()];
    let mut has_unknown = false;
    let mut seen: BTreeSet<PathBuf> = known.iter().cloned().collect();
    for ran in survey.ran.iter().filter(|ran| !ran.is_written) {
        let arguments = ran.arguments();
        let Some(program) = arguments.first().and_then(basename) else { continue };
        let goes = matches!(program, "cd" | "pushd");
        let mut targets = if goes { arguments[1..].to_vec() } else { folders_of_options(program, arguments) };
        if goes && arguments.len() == 1 {
            targets.push(Argument::literal(&around.home.to_string_lossy()));
        }
        // Variables say where `cd` goes to from where.
        has_unknown |= (goes && survey.moves) || program == "chroot";
        for argument in targets {
            let Some(target) = argument.text.as_deref().filter(|target| *target != "-") else {
                has_unknown = true;
                continue;
            };
            for base in known.clone() {
                let folder = super::path::lexical(&base, around.home, target);
                if !seen.insert(folder.clone()) {
                    continue;
                }
                has_unknown |= known.len() >= MOST_FOLDERS;
                known.push(folder);
                known.truncate(MOST_FOLDERS);
            }
        }
    }
    Bases { known, has_unknown }
}

/// The folders that a program is told to work in.
fn folders_of_options(program: &str, arguments: &[Argument]) -> Vec<Argument> {
    const OPTIONS: [&str; 6] = ["-C", "--directory", "--chdir", "--wd", "--wdns", "-D"];
    let options = if matches!(program, "sudo" | "doas") { &OPTIONS[..] } else { &OPTIONS[..5] };
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate().skip(1) {
        let Some(text) = argument.text.as_deref() else { continue };
        let values = options.iter().filter_map(|option| match option.len() {
            2 => text.strip_prefix(option),
            _ => option_value(text, option, None),
        });
        for value in values {
            if value.is_empty() {
                found.extend(arguments.get(at + 1).cloned());
            } else {
                found.push(Argument::literal(value));
            }
        }
    }
    found
}

/// The folders that a command line may be in when it runs a command.
pub(super) fn folders(survey: &Survey, around: &Surroundings<'_>) -> Vec<PathBuf> {
    bases(survey, around).known
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
        let sides = text.split_once(':').map(|(before, behind)| [before, behind]);
        found.extend(sides.into_iter().flatten().map(|side| (Argument::literal(side), true)));
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
            Some(if is_last { Access::Writes } else { Access::Reads })
        }
        "sed" | "gsed" => {
            let edits = has(&|text| {
                let is = |option| is_option(text, option, value_letters("sed"));
                is("-i") || is("--in-place")
            });
            Some(if edits { Access::Writes } else { Access::Reads })
        }
        "dd" => {
            let is_input = argument.text.as_deref().is_some_and(|text| text.starts_with("if="));
            Some(if is_input { Access::Reads } else { Access::Writes })
        }
        "tar" | "bsdtar" if has(&|text| is_unpacking(text)) => {
            let is = |text: &str| is_option(text, "-C", None) || is_option(text, "--directory", None);
            let is_folder = (is(before) && !before.contains('=')) || is(text);
            if is_folder { Some(Access::Writes) } else { None }
        }
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

/// What a program does with what is below a folder it is given, if it touches that.
fn below(program: &str, given: &[&Argument]) -> Option<Access> {
    let is = |options: &[&str], letters: Option<&str>| {
        has(given, |text| options.iter().any(|option| is_option(text, option, letters)))
    };
    let is_deep = match program {
        "grep" | "egrep" | "fgrep" | "zgrep" => {
            is(&["-r", "-R", "--recursive", "--dereference-recursive"], Some("ABCDdefm"))
                || has(given, |text| text.ends_with("recurse"))
        }
        "diff" => is(&["-r", "--recursive"], Some("CDFILSUWx")),
        "rm" | "cp" | "scp" | "chmod" | "chown" | "chgrp" => {
            is(&["-r", "-R", "-a", "--recursive", "--archive"], None)
        }
        "find" | "rg" | "ag" | "ack" | "tar" | "zip" | "rsync" | "mv" => true,
        _ => false,
    };
    let access =
        if matches!(program, "rm" | "chmod" | "chown" | "chgrp") { Access::Writes } else { Access::Reads };
    is_deep.then_some(access)
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
    // Nobody reads what is below by removing it.
    let is_below = operand.below.is_some_and(|below| kind == Access::Writes || below == Access::Reads);
    if is_null(operand) {
        Match::No
    } else if place.is_denied_by(pattern, around) {
        concerns
    } else if (is_below && place.resolved.kind == FileKind::Folder && place.is_above(pattern, around))
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
