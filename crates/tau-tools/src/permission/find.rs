//! Which rules are about a call.

use super::call::{Judged, Subject, Surroundings};
use super::files::{Operand, judge, operands};
use super::place::{Access, Place};
use super::rule::{CommandPattern, Effect, Match, Rule, Spec, has_stars};
use super::shell::{Outline, Survey, scan, survey};
use super::web::{Address, address};

/// A call with all that rules look at.
pub(super) enum Seen {
    Command { source: String, outline: Box<Outline>, survey: Box<Survey>, operands: Vec<Operand> },
    Place { place: Place, is_search: bool },
    Address(Option<Address>),
    Name(String),
    Nothing,
    Unclear,
}

impl Seen {
    pub(super) fn of(call: &Judged<'_>, around: &Surroundings<'_>) -> Self {
        match Subject::of(call) {
            Subject::Command(source) => {
                let outline = scan(&source);
                let (home, cwd) = (around.home.to_string_lossy(), around.cwd.to_string_lossy());
                let survey = survey(&source, &outline, &home, &cwd);
                let operands = operands(&survey, around);
                Self::Command { source, outline: Box::new(outline), survey: Box::new(survey), operands }
            }
            Subject::Path(text) => {
                Self::Place { place: Place::of(&text, around.cwd, around), is_search: false }
            }
            Subject::Folder(text) => {
                Self::Place { place: Place::of(&text, around.cwd, around), is_search: true }
            }
            Subject::Address(text) => Self::Address(address(&text)),
            Subject::Name(name) => Self::Name(name),
            Subject::Nothing => Self::Nothing,
            Subject::Unclear => Self::Unclear,
        }
    }
}

/// What rules found of a call.
pub(super) struct Found<'a> {
    pub(super) certain: Option<(&'a Rule, String)>,
    /// A rule that may be about it: nobody can tell.
    pub(super) possible: Option<(&'a Rule, String)>,
}

/// What rules of one effect say of a call.
pub(super) fn find<'a>(
    rules: &'a [Rule],
    effect: Effect,
    tool: &str,
    seen: &Seen,
    around: &Surroundings<'_>,
) -> Found<'a> {
    let mut found = Found { certain: None, possible: None };
    let (verb, whole) = match effect {
        Effect::Deny => ("denies", "deny"),
        _ => ("asks about", "ask before"),
    };
    for rule in rules {
        match matches(rule, effect, tool, seen, around) {
            Match::No => {}
            Match::Maybe if found.possible.is_none() => {
                let reason = format!("nobody can tell whether `{}` {verb} this call", rule.text);
                found.possible = Some((rule, reason));
            }
            Match::Maybe => {}
            Match::Yes => {
                let is_whole = matches!(rule.spec, Spec::All) && rule.tool.is_about(tool);
                let reason = match is_whole {
                    true => format!("the permission rules {whole} `{tool}`"),
                    false => format!("`{}` {verb} this call", rule.text),
                };
                found.certain = Some((rule, reason));
                return found;
            }
        }
    }
    found
}

/// The first rule that is about a parameter of a call.
pub(super) fn by_parameter<'a>(
    rules: &'a [Rule],
    verb: &str,
    tool: &str,
    call: &Judged<'_>,
) -> Option<(&'a Rule, String)> {
    let is_about = |rule: &&Rule| match &rule.spec {
        Spec::Parameter { name, value } => {
            rule.tool.is_about(tool) && call.parameter(name).is_some_and(|given| has_stars(value, &given))
        }
        _ => false,
    };
    let rule = rules.iter().find(is_about)?;
    Some((rule, format!("`{}` {verb} this call", rule.text)))
}

/// Whether a rule is about any command that could run.
fn match_commands(pattern: &CommandPattern, survey: &Survey, around: &Surroundings<'_>) -> Match {
    let is_written = pattern.is_written();
    let at_home = if is_written { pattern.at_home(&around.home.to_string_lossy()) } else { None };
    let mut most = Match::No;
    for ran in survey.ran.iter().filter(|ran| is_written || !ran.is_written) {
        let patterns = std::iter::once(pattern).chain(at_home.as_ref());
        let found = patterns.map(|pattern| pattern.matches(ran.arguments())).max().unwrap_or(Match::No);
        most = most.max(if ran.is_doubtful { found.min(Match::Maybe) } else { found });
        if most == Match::Yes {
            break;
        }
    }
    most
}

/// What any rule makes of what cannot be seen of a command line. What is more than can be looked at is not run past a rule.
const fn unseen(survey: &Survey) -> Match {
    match survey {
        Survey { overflow: true, .. } => Match::Yes,
        Survey { runs_input: true, .. } | Survey { is_cut: true, .. } => Match::Maybe,
        _ => Match::No,
    }
}

fn matches(rule: &Rule, effect: Effect, tool: &str, seen: &Seen, around: &Surroundings<'_>) -> Match {
    let certain = |is: bool| if is { Match::Yes } else { Match::No };
    if rule.tool.is_about(tool) {
        return match (&rule.spec, seen) {
            (Spec::All, _) => Match::Yes,
            (_, Seen::Unclear) | (Spec::Host(_), Seen::Address(None)) => Match::Maybe,
            (Spec::Command(pattern), Seen::Command { survey, .. }) => {
                let most = match_commands(pattern, survey, around);
                most.max(unseen(survey))
            }
            (Spec::Path(pattern), Seen::Place { place, is_search }) => {
                let is_below = *is_search && tool == "grep" && place.is_above(pattern, around);
                certain(place.is_denied_by(pattern, around)).max(if is_below {
                    Match::Maybe
                } else {
                    Match::No
                })
            }
            (Spec::Host(host), Seen::Address(Some(address))) => certain(host.is_about(&address.host)),
            (spec, Seen::Name(name)) => certain(is_named(spec, name) || names_first_word(spec, name)),
            _ => Match::No,
        };
    }
    match seen {
        // It changes files, and nobody has looked which.
        Seen::Unclear if tool == "apply_patch" => {
            let is_of_files = ["read", "write", "edit"].iter().any(|tool| rule.tool.is_about(tool));
            if is_of_files { Match::Maybe } else { Match::No }
        }
        // What may not be read may not be searched or changed either.
        Seen::Place { place, is_search } if effect == Effect::Deny && rule.tool.is_about("read") => {
            match &rule.spec {
                Spec::Path(pattern) if place.is_denied_by(pattern, around) => Match::Yes,
                Spec::Path(pattern) if *is_search && tool == "grep" && place.is_above(pattern, around) => {
                    Match::Maybe
                }
                _ => Match::No,
            }
        }
        Seen::Command { operands, survey, .. } if tool == "bash" => {
            let kind = if rule.tool.is_about("read") {
                Access::Reads
            } else if rule.tool.is_about("write") || rule.tool.is_about("edit") {
                Access::Writes
            } else {
                return Match::No;
            };
            let found = judge(kind, &rule.spec, operands, around);
            let found = found.max(unseen(survey));
            // Each of the two rules about changes counts for its own tool; a shell changes files as `write` does.
            let is_edit = kind == Access::Writes && !rule.tool.is_about("write");
            if is_edit { found.min(Match::Maybe) } else { found }
        }
        _ => Match::No,
    }
}

/// Whether a rule names a skill or an agent.
pub(super) fn is_named(spec: &Spec, named: &str) -> bool {
    match spec {
        Spec::All => true,
        Spec::Name { name, has_tail } => {
            name == named
                || (*has_tail && named.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(' ')))
        }
        _ => false,
    }
}

/// Whether a rule names a skill or an agent, whatever it is called with: to deny it is to deny that too.
fn names_first_word(spec: &Spec, named: &str) -> bool {
    matches!(spec, Spec::Name { name, .. } if named.split(' ').next() == Some(name))
}
