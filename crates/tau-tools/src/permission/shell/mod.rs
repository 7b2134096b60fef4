//! Command lines: three readers that must agree before anything is let run.

mod braces;
mod brush;
mod expand;
mod inner;
mod outline;
mod programs;
mod quoting;
mod scan;
mod scripts;
mod survey;
mod tree;
mod ways;

pub(super) use expand::{Argument, Atom};
pub(super) use inner::{basename, inner, starts};
pub(super) use outline::{Command, Nested, Outline, Part, Word};
pub(super) use programs::{
    Files, Place as RunPlace, Runs, files, git_danger, has_dangerous_options, is_dangerous, is_interpreter,
    is_never_by_prefix, is_open_builtin, is_option, is_read_only, is_safe_variable, is_transparent,
    option_value, runs, value_letters,
};
pub(super) use quoting::assignment;
pub(super) use scan::scan;
pub(super) use scripts::{is_plain_awk, is_plain_sed};
pub(super) use survey::{Survey, survey};

/// The longest command line that the parsers are given; what is longer is asked about.
pub(super) const LONGEST: usize = 10_000;
/// How deep one may be nested for them: their time can double with every level.
const DEEPEST: usize = 10;

/// Why a command line may not be let run by a rule, whatever its commands are.
pub(super) fn doubt(source: &str, outline: &Outline) -> Option<&'static str> {
    if source.len() > LONGEST {
        return Some("the command is longer than 10,000 bytes");
    }
    if outline.depth > DEEPEST || outline.overflow {
        return Some("the command is nested too deep to be read for certain");
    }
    let shape = outline.shape();
    let agrees = !outline.torn
        && !outline.odd
        && brush::shape(source).is_some_and(|other| other == shape)
        && tree::shape(source).is_some_and(|other| other == shape);
    if agrees { None } else { Some("the command is not understood the same way by two parsers") }
}

/// Why the text of a command alone is a reason to ask: it shows something else than what runs.
pub(super) fn disguise(source: &str) -> Option<&'static str> {
    let has = |is: fn(char) -> bool| source.chars().any(is);
    if has(|each| each.is_control() && !matches!(each, '\n' | '\t')) {
        Some("the command holds control characters")
    } else if has(|each| {
        each != ' ' && !matches!(each, '\n' | '\t') && (each.is_whitespace() || is_invisible(each))
    }) {
        Some("the command holds blanks or invisible characters that are not what they look like")
    } else {
        None
    }
}

/// Characters without a shape, and those that turn the direction of text.
fn is_invisible(each: char) -> bool {
    matches!(each,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffd}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;
