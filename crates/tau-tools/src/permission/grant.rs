//! What "always allow" means: rules for exactly what was shown.

use tau_core::config::PermissionMode;

use super::allow::{is_descriptor, quoted};
use super::call::{Judged, Subject, Surroundings};
use super::find::Seen;
use super::place::Place;
use super::policy::PermissionPolicy;
use super::rule::canonical;
use super::shell::{Outline, Word, scan};
use super::verdict::Decision;

impl PermissionPolicy {
    /// The rules to add when somebody lets a call run for good: each allows one thing that was shown, and nothing else.
    ///
    /// Of a command line those are its simple commands, word by word, and the files it redirects to. It is empty where
    /// nothing exact can be said, such as of words that only the shell knows: such a call is asked about every time.
    /// Commands that are allowed already are left out. It is empty too where rules would not be enough: what removes `/`, or
    /// changes what runs later, is asked about whatever allows it.
    #[must_use]
    pub fn grants(&self, call: &Judged<'_>, around: &Surroundings<'_>) -> Vec<String> {
        let rules = self.exact(call, around);
        let mut granted = self.clone();
        granted.mode = PermissionMode::Default;
        rules.iter().for_each(|rule| granted.grant(rule));
        let is_enough = granted.verdict(call, around).decision == Decision::Allow;
        if is_enough { rules } else { Vec::new() }
    }

    /// Rules for what is shown of a call.
    fn exact(&self, call: &Judged<'_>, around: &Surroundings<'_>) -> Vec<String> {
        let tool = canonical(call.tool);
        match Subject::of(call) {
            Subject::Command(source) => {
                let outline = scan(&source);
                let rules = line(&outline, around).unwrap_or_default();
                let is_new = |rule: &String| {
                    let command = rule.strip_prefix("Bash(").and_then(|rest| rest.strip_suffix(')'));
                    let Some(command) = command else { return true };
                    let seen = Seen::of(&Judged::of_text("bash", command), around);
                    self.allowed("bash", &seen, around).is_err()
                };
                rules.into_iter().filter(is_new).collect()
            }
            Subject::Address(text) => {
                let host = super::web::address(&text).filter(|address| address.is_https);
                host.map(|address| format!("WebFetch(domain:{})", address.host)).into_iter().collect()
            }
            Subject::Name(name) if tool == "skill" => vec![format!("Skill({name})")],
            Subject::Name(name) => vec![format!("Agent({name})")],
            Subject::Unclear => Vec::new(),
            Subject::Path(_) | Subject::Folder(_) | Subject::Nothing => vec![tool.to_owned()],
        }
    }
}

fn line(outline: &Outline, around: &Surroundings<'_>) -> Option<Vec<String>> {
    if outline.torn || outline.odd || outline.overflow || !outline.substitutions.is_empty() {
        return None;
    }
    let mut rules = Vec::new();
    for command in &outline.commands {
        let words: Vec<String> = command.words.iter().map(Word::literal).collect::<Option<_>>()?;
        let mut shown: Vec<String> = Vec::new();
        for word in &command.assignments {
            let word = word.literal()?;
            let (name, value) = word.split_once('=')?;
            shown.push(format!("{name}={}", quoted(&[value.to_owned()])));
        }
        if !words.is_empty() {
            shown.push(quoted(&words));
        }
        if !shown.is_empty() {
            rules.push(format!("Bash({})", shown.join(" ")));
        }
        for redirect in &command.redirects {
            let target = redirect.target.literal()?;
            let is_file = redirect.operator.contains('>')
                && !is_descriptor(redirect.operator, &target)
                && target != "/dev/null";
            if is_file {
                let place = Place::of(&target, around.cwd, around);
                rules.push(format!("Write(/{})", escaped(&place.lexical.to_string_lossy())));
            }
        }
    }
    rules.dedup();
    Some(rules)
}

/// A path as a rule that means it and nothing else.
fn escaped(path: &str) -> String {
    let mut made = String::new();
    for each in path.chars() {
        if matches!(each, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!') {
            made.push('\\');
        }
        made.push(each);
    }
    made
}
