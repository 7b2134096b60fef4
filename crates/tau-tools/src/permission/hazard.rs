//! What is asked about whatever allows it.

use std::path::Path;

use super::call::Surroundings;
use super::files::Operand;
use super::place::Access;
use super::shell::{Argument, Atom, Survey, basename, disguise};

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
    for operand in operands {
        let Some(place) = &operand.place else { continue };
        if place.lexical.starts_with("/dev/tcp") || place.lexical.starts_with("/dev/udp") {
            return Some(format!("{} is a connection to another machine", place.lexical.display()));
        }
        if operand.access == Some(Access::Writes)
            && let Some(reason) = place.caution(Access::Writes)
        {
            return Some(reason);
        }
    }
    let removals = survey.ran.iter().filter(|ran| {
        ran.arguments()
            .first()
            .and_then(basename)
            .is_some_and(|name| matches!(name, "rm" | "rmdir" | "unlink" | "shred"))
    });
    let mut removed = removals.flat_map(|ran| &ran.arguments()[1..]);
    let critical = removed.find(|argument| is_critical(argument, around))?;
    Some(format!("`{}` is not removed unasked", critical.script()))
}

/// Whether an argument is a folder whose loss nobody wants: `/`, one at the top, home, the working folder or one above it.
fn is_critical(argument: &Argument, around: &Surroundings<'_>) -> bool {
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
            || (only_below && names_folder && (known.is_empty() || is_critical_path(&known, around)));
    };
    !text.starts_with('-') && is_critical_path(text, around)
}

fn is_critical_path(text: &str, around: &Surroundings<'_>) -> bool {
    let path = super::path::lexical(around.cwd, around.home, text);
    let is_top = path.parent().is_none_or(|parent| parent == Path::new("/"));
    is_top || path == around.home || around.cwd.starts_with(&path) || around.root.starts_with(&path)
}
