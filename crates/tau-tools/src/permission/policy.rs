//! Rules and a mode, ready to judge calls.

use tau_core::EffectClass;
use tau_core::config::{PermissionConfig, PermissionMode};

use super::allow::{Allowing, access, commands, is_read_only_line};
use super::call::{Judged, Surroundings};
use super::find::{Seen, by_parameter, find, is_named};
use super::hazard::{hazard, loss};
use super::place::{Access, Place};
use super::rule::{Effect, Malformed, Rule, Spec, ToolPattern, canonical};
use super::verdict::{Decision, Verdict};

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
        if let Some((rule, reason)) =
            denied.certain.or_else(|| by_parameter(&self.deny, "denies", tool, call))
        {
            return Verdict::new(Decision::Deny, reason).by(&rule.text);
        }
        if let Some(verdict) = leaving(call, tool, self.mode) {
            return verdict;
        }
        let doubt = self.doubt(tool, denied.possible);
        if self.mode == PermissionMode::Bypass {
            let lost = match seen {
                Seen::Command { survey, .. } => loss(survey, around),
                _ => None,
            };
            let asks = doubt.or_else(|| lost.map(|reason| Verdict::new(Decision::Ask, reason)));
            return asks
                .unwrap_or_else(|| Verdict::new(Decision::Allow, "every call runs that no rule denies"));
        }
        let asked = find(&self.ask, Effect::Ask, tool, seen, around);
        let asked = asked.certain.or(asked.possible);
        let asked = asked.or_else(|| by_parameter(&self.ask, "asks about", tool, call));
        let asked = asked.filter(|_| self.allowed_by(&self.granted, tool, seen, around).is_err());
        if let Some((rule, reason)) = asked {
            return Verdict::new(Decision::Ask, reason).by(&rule.text);
        }
        if let Some(doubt) = doubt {
            return doubt;
        }
        let allowed = self.allowed(tool, seen, around);
        if self.mode == PermissionMode::Plan
            && let Some(verdict) = planning(effect, tool, seen)
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
                let allowing =
                    Allowing {
                        rules: commands(&about),
                        every: about.iter().find(|rule| matches!(rule.spec, Spec::All)).copied(),
                        guards_files: self.deny.iter().chain(&self.ask).any(|rule| {
                            ["read", "write", "edit"].iter().any(|tool| rule.tool.is_about(tool))
                        }),
                        operands,
                        goes: survey.may_run(&["cd", "pushd", "popd"]),
                        runs_git: survey.may_run(&["git"]),
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

/// What is said of a command that asks to run outside the sandbox: a person decides, each time, and no rule or mode instead.
fn leaving(call: &Judged<'_>, tool: &str, mode: PermissionMode) -> Option<Verdict> {
    let why = call.parameter("outside_sandbox").filter(|_| tool == "bash")?;
    Some(match mode {
        PermissionMode::Plan => {
            Verdict::new(Decision::Deny, "while a plan is made, nothing leaves the sandbox")
        }
        _ => Verdict::new(Decision::Ask, format!("it asks to run outside the sandbox: {why}")),
    })
}

/// What plan mode says before rules do: nothing is changed.
fn planning(effect: EffectClass, tool: &str, seen: &Seen) -> Option<Verdict> {
    let reads = match seen {
        Seen::Command { outline, .. } => is_read_only_line(outline),
        Seen::Place { .. } => access(tool) == Access::Reads,
        Seen::Address(_) => true,
        _ => effect == EffectClass::Pure,
    };
    (!reads).then(|| Verdict::new(Decision::Deny, "while a plan is made, nothing is changed"))
}
