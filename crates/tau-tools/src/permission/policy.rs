//! Rules and a mode, ready to judge calls.

use tau_core::EffectClass;
use tau_core::config::{PermissionConfig, PermissionMode};

use super::allow::{Allowing, access, commands, is_read_only_line};
use super::call::{Judged, Subject, Surroundings};
use super::files::{Operand, judge, operands};
use super::hazard::hazard;
use super::place::{Access, Place};
use super::rule::{Effect, Malformed, Match, Rule, Spec, ToolPattern, canonical};
use super::shell::{Outline, Survey, scan, survey};
use super::verdict::{Decision, Verdict};
use super::web::{Address, address};

/// Rules and a mode, ready to judge calls.
///
/// Deny goes before ask, ask before allow; a call that no rule is about is asked about. A rule that is not understood fails
/// closed: one that denies or asks makes the tools it could mean at least ask, one that allows counts for nothing.
#[derive(Debug, Clone, Default)]
pub struct PermissionPolicy {
    pub(super) mode: PermissionMode,
    deny: Vec<Rule>,
    ask: Vec<Rule>,
    pub(super) allow: Vec<Rule>,
    /// What people let run for the rest of the session.
    granted: Vec<Rule>,
    /// Denials and requests that were not understood.
    malformed: Vec<Malformed>,
}

/// A call with all that rules look at.
pub(super) enum Seen {
    Command { source: String, outline: Outline, survey: Survey, operands: Vec<Operand> },
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
                Self::Command { source, outline, survey, operands }
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
struct Found<'a> {
    certain: Option<(&'a Rule, String)>,
    /// A rule that may be about it: nobody can tell.
    possible: Option<(&'a Rule, String)>,
}

impl PermissionPolicy {
    /// The policy that a configuration describes.
    #[must_use]
    pub fn new(config: &PermissionConfig) -> Self {
        let mut policy = Self { mode: config.mode.unwrap_or_default(), ..Self::default() };
        for (rules, effect) in
            [(&config.deny, Effect::Deny), (&config.ask, Effect::Ask), (&config.allow, Effect::Allow)]
        {
            for text in rules {
                match Rule::parse(text, effect) {
                    Ok(rule) => policy.rules(effect).push(rule),
                    Err(_) if effect == Effect::Allow => {}
                    Err(malformed) => policy.malformed.push(malformed),
                }
            }
        }
        policy
    }

    fn rules(&mut self, effect: Effect) -> &mut Vec<Rule> {
        match effect {
            Effect::Deny => &mut self.deny,
            Effect::Ask => &mut self.ask,
            Effect::Allow => &mut self.allow,
        }
    }

    /// Whether any rule denies anything.
    pub(super) fn denies_any(&self) -> bool {
        !self.deny.is_empty()
    }

    /// The rules of a configuration that are not understood, in the order they stand.
    pub fn unclear_rules(config: &PermissionConfig) -> impl Iterator<Item = &str> {
        let all = [(&config.deny, Effect::Deny), (&config.ask, Effect::Ask), (&config.allow, Effect::Allow)];
        all.into_iter().flat_map(|(rules, effect)| {
            rules.iter().map(String::as_str).filter(move |rule| Rule::parse(rule, effect).is_err())
        })
    }

    /// Adds a rule that a person granted: it goes before rules that ask, and behind those that deny. One that is not
    /// understood counts for nothing.
    pub fn grant(&mut self, rule: &str) {
        if let Ok(rule) = Rule::parse(rule, Effect::Allow) {
            self.granted.push(rule.clone());
            self.allow.push(rule);
        }
    }

    /// Adds a rule that allows, as one of the configuration does. One that is not understood counts for nothing.
    pub fn allow(&mut self, rule: &str) {
        self.allow.extend(Rule::parse(rule, Effect::Allow));
    }

    /// What is to be done with a call.
    #[must_use]
    pub fn verdict(&self, call: &Judged<'_>, around: &Surroundings<'_>) -> Verdict {
        let tool = canonical(call.tool);
        let seen = Seen::of(call, around);
        let verdict = self.judge(call, tool, &seen, around);
        match (self.mode, verdict.decision) {
            (PermissionMode::DontAsk, Decision::Ask) => Verdict { decision: Decision::Deny, ..verdict },
            _ => verdict,
        }
    }

    fn judge(&self, call: &Judged<'_>, tool: &str, seen: &Seen, around: &Surroundings<'_>) -> Verdict {
        let effect = call.effect;
        let denied = find(&self.deny, Effect::Deny, tool, seen, around);
        if let Some((rule, reason)) = denied.certain {
            return Verdict::new(Decision::Deny, reason).by(&rule.text);
        }
        let doubt = self.doubt(tool, denied.possible);
        if self.mode == PermissionMode::Bypass {
            return doubt
                .unwrap_or_else(|| Verdict::new(Decision::Allow, "every call runs that no rule denies"));
        }
        let asked = find(&self.ask, Effect::Ask, tool, seen, around);
        let asked = asked.certain.or(asked.possible);
        let asked = asked.filter(|_| self.allowed_by(&self.granted, tool, seen, around).is_err());
        if let Some((rule, reason)) = asked {
            return Verdict::new(Decision::Ask, reason).by(&rule.text);
        }
        if let Some(doubt) = doubt {
            return doubt;
        }
        let allowed = self.allowed(tool, seen, around);
        if self.mode == PermissionMode::Plan
            && let Some(verdict) = planning(effect, seen, &allowed)
        {
            return verdict;
        }
        match allowed {
            Ok(rules) => {
                let reason = format!("allowed by {}", rules.join(", "));
                let verdict = Verdict::new(Decision::Allow, reason);
                rules.first().map_or(verdict.clone(), |rule| verdict.by(rule))
            }
            Err(None) if effect == EffectClass::Pure => Verdict::new(Decision::Allow, "it changes nothing"),
            Err(None) => {
                let reason = format!("`{}` can change things and no rule allows it", call.tool);
                Verdict::new(Decision::Ask, reason)
            }
            Err(Some(reason)) => Verdict::new(Decision::Ask, reason),
        }
    }

    /// Why nobody can tell whether a call is denied.
    fn doubt(&self, tool: &str, possible: Option<(&Rule, String)>) -> Option<Verdict> {
        if let Some((rule, reason)) = possible {
            return Some(Verdict::new(Decision::Ask, reason).by(&rule.text));
        }
        let malformed =
            self.malformed.iter().find(|rule| rule.tool.as_ref().is_none_or(|about| about.is_about(tool)))?;
        let reason =
            format!("`{}` is not understood, so calls it could be about are asked about", malformed.text);
        Some(Verdict::new(Decision::Ask, reason).by(&malformed.text))
    }

    /// The rules that allow a call; or the reason why rules that could do not, if there are any.
    pub(super) fn allowed(
        &self,
        tool: &str,
        seen: &Seen,
        around: &Surroundings<'_>,
    ) -> Result<Vec<String>, Option<String>> {
        self.allowed_by(&self.allow, tool, seen, around)
    }

    fn allowed_by(
        &self,
        rules: &[Rule],
        tool: &str,
        seen: &Seen,
        around: &Surroundings<'_>,
    ) -> Result<Vec<String>, Option<String>> {
        let about: Vec<&Rule> = rules.iter().filter(|rule| allows_tool(&rule.tool, tool)).collect();
        match seen {
            Seen::Command { source, outline, survey, operands } => {
                if let Some(reason) = hazard(source, survey, operands, around) {
                    return Err(Some(reason));
                }
                if about.is_empty() {
                    return Err(None);
                }
                let may_write = |place: &Place| self.may_write(place, around);
                let allowing = Allowing {
                    rules: commands(&about),
                    every: about.iter().find(|rule| matches!(rule.spec, Spec::All)).copied(),
                    guards_files: self
                        .deny
                        .iter()
                        .chain(&self.ask)
                        .any(|rule| ["read", "write"].iter().any(|tool| rule.tool.is_about(tool))),
                    around,
                    may_write: &may_write,
                };
                let allowed = allowing.line(source, outline, 0).map_err(Some)?;
                if allowed.is_empty() { Err(None) } else { Ok(allowed) }
            }
            Seen::Place { place, .. } => self.allows_place(tool, &about, place, around),
            Seen::Address(None) => Err(Some("the address is not understood".to_owned())),
            Seen::Address(Some(address)) if !address.is_https => {
                Err(Some("only https is allowed by rules".to_owned()))
            }
            Seen::Address(Some(address)) => first(&about, |spec| match spec {
                Spec::Host(host) => host.is_about(&address.host),
                spec => matches!(spec, Spec::All),
            }),
            Seen::Name(name) => first(&about, |spec| is_named(spec, name)),
            Seen::Nothing | Seen::Unclear => first(&about, |spec| matches!(spec, Spec::All)),
        }
    }

    fn allows_place(
        &self,
        tool: &str,
        about: &[&Rule],
        place: &Place,
        around: &Surroundings<'_>,
    ) -> Result<Vec<String>, Option<String>> {
        let is_inside = place.is_inside(around);
        let is_written = |rule: &&&Rule| match &rule.spec {
            Spec::Path(pattern) => place.is_written_in(pattern, around),
            Spec::All => is_inside,
            _ => false,
        };
        let leads = |rule: &&Rule| match &rule.spec {
            Spec::Path(pattern) => place.leads_into(pattern, around),
            Spec::All => is_inside,
            _ => false,
        };
        let access = access(tool);
        let by_rule = about.iter().find(is_written);
        let by_mode = self.mode == PermissionMode::AcceptEdits && access == Access::Writes && is_inside;
        if by_rule.is_none() && !by_mode {
            let is_open = about.iter().any(|rule| matches!(rule.spec, Spec::All));
            return Err(is_open.then(|| format!("{} is outside the project", place.lexical.display())));
        }
        if !by_mode && !about.iter().any(leads) {
            let leads_to = place.resolved.path.display();
            return Err(Some(format!(
                "{} leads to {leads_to}, which no rule allows",
                place.lexical.display()
            )));
        }
        if let Some(reason) = place.caution(access) {
            return Err(Some(reason));
        }
        let reads_denied = self.deny.iter().any(|rule| matches!(rule.spec, Spec::Path(_)));
        if place.resolved.names > 1 && reads_denied {
            return Err(Some(format!("{} has other names elsewhere (hard links)", place.lexical.display())));
        }
        Ok(by_rule
            .map_or_else(|| vec!["the mode, which accepts edits".to_owned()], |rule| vec![rule.text.clone()]))
    }

    /// Whether a redirection may write a file: whether a call of `write` could.
    fn may_write(&self, place: &Place, around: &Surroundings<'_>) -> Result<(), String> {
        let seen = Seen::Place { place: place.clone(), is_search: false };
        let refused = |reason: Option<String>| {
            let shown = place.lexical.display();
            format!("it writes {shown}: {}", reason.unwrap_or_else(|| "no rule allows that".to_owned()))
        };
        let asked = find(&self.ask, Effect::Ask, "write", &seen, around);
        if let Some((rule, _)) = asked.certain.or(asked.possible) {
            return Err(refused(Some(format!("`{}` asks", rule.text))));
        }
        if let Some(doubt) = self.doubt("write", None) {
            return Err(refused(Some(doubt.reason)));
        }
        self.allowed("write", &seen, around).map(|_| ()).map_err(refused)
    }
}

/// Rules about reading allow looking for files too.
fn allows_tool(rule: &ToolPattern, tool: &str) -> bool {
    rule.is_about(tool) || (matches!(tool, "glob" | "grep" | "ls") && rule.is_about("read"))
}

fn first(rules: &[&Rule], is: impl Fn(&Spec) -> bool) -> Result<Vec<String>, Option<String>> {
    rules.iter().find(|rule| is(&rule.spec)).map(|rule| vec![rule.text.clone()]).ok_or(None)
}

fn is_named(spec: &Spec, named: &str) -> bool {
    match spec {
        Spec::All => true,
        Spec::Name { name, has_tail } => {
            name == named
                || (*has_tail && named.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(' ')))
        }
        _ => false,
    }
}

/// What plan mode says before rules do: nothing is changed.
fn planning(
    effect: EffectClass,
    seen: &Seen,
    allowed: &Result<Vec<String>, Option<String>>,
) -> Option<Verdict> {
    let reads = match seen {
        Seen::Command { outline, .. } => allowed.is_ok() && is_read_only_line(outline),
        _ => effect == EffectClass::Pure,
    };
    (!reads).then(|| Verdict::new(Decision::Deny, "while a plan is made, nothing is changed"))
}

/// What rules of one effect say of a call.
fn find<'a>(
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

fn matches(rule: &Rule, effect: Effect, tool: &str, seen: &Seen, around: &Surroundings<'_>) -> Match {
    let certain = |is: bool| if is { Match::Yes } else { Match::No };
    if rule.tool.is_about(tool) {
        return match (&rule.spec, seen) {
            (Spec::All, _) => Match::Yes,
            (_, Seen::Unclear) | (Spec::Host(_), Seen::Address(None)) => Match::Maybe,
            (Spec::Command(pattern), Seen::Command { survey, .. }) => {
                let in_code = |found: Match| if found == Match::No { found } else { Match::Maybe };
                let ran = survey.ran.iter().map(|ran| {
                    let found = pattern.matches(ran.arguments());
                    if ran.in_code { in_code(found) } else { found }
                });
                let unseen = if survey.runs_input { Match::Maybe } else { Match::No };
                // What is more than can be looked at is not run past a rule.
                let most = if survey.overflow { Match::Yes } else { unseen };
                ran.max().unwrap_or(Match::No).max(most)
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
            (spec, Seen::Name(name)) => certain(is_named(spec, name)),
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
            let found = if survey.overflow { Match::Yes } else { found };
            // Each of the two rules about changes counts for its own tool; a shell changes files as `write` does.
            let is_edit = kind == Access::Writes && !rule.tool.is_about("write");
            if is_edit { found.min(Match::Maybe) } else { found }
        }
        _ => Match::No,
    }
}
