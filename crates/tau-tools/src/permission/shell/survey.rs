//! Everything that a command line could run or redirect, as far as anybody can tell: what deny rules look at.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::expand::{Argument, Variables};
use super::inner::{Inner, basename, inner};
use super::outline::{Nested, Outline};
use super::scan::{scan, scan_text};

/// The most command lines found inside one that are looked at, their bytes, and the characters of all commands in them.
const MOST_SCRIPTS: usize = 500;
const MOST_BYTES: usize = 1 << 20;
const MOST_CHARACTERS: usize = 1 << 20;

/// A command that would run.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    arguments: Rc<[Argument]>,
    start: usize,
    end: usize,
    /// Whether it stands in code of another language, where nobody knows whether it runs.
    pub(crate) in_code: bool,
}

impl Ran {
    /// The program and its arguments.
    pub(crate) fn arguments(&self) -> &[Argument] {
        &self.arguments[self.start..self.end]
    }
}

/// What a redirection does with its target.
#[derive(Debug, Clone)]
pub(crate) struct Redirected {
    pub(crate) operator: &'static str,
    pub(crate) target: Argument,
}

/// Everything that a command line could run or redirect.
#[derive(Debug, Clone, Default)]
pub(crate) struct Survey {
    pub(crate) ran: Vec<Ran>,
    pub(crate) redirects: Vec<Redirected>,
    /// Whether it runs what cannot be seen in it.
    pub(crate) runs_input: bool,
    /// Whether there was more in it than is looked at.
    pub(crate) overflow: bool,
}

struct Script {
    text: String,
    is_text: bool,
    in_code: bool,
}

struct Surveyor {
    variables: Variables,
    open: Vec<Script>,
    seen: BTreeSet<(String, bool)>,
    bytes: usize,
    characters: usize,
    /// What could be the input of a shell.
    inputs: Vec<String>,
    survey: Survey,
}

/// Looks through a command line.
pub(crate) fn survey(source: &str, outline: &Outline, home: &str, cwd: &str) -> Survey {
    let mut surveyor = Surveyor {
        variables: Variables::new(home, cwd),
        open: Vec::new(),
        seen: BTreeSet::from([(source.to_owned(), false)]),
        bytes: 0,
        characters: 0,
        inputs: Vec::new(),
        survey: Survey::default(),
    };
    surveyor.outline(outline, false);
    surveyor.all();
    // What a shell reads may hold another shell, and what that reads.
    while surveyor.survey.runs_input && !surveyor.inputs.is_empty() {
        for input in std::mem::take(&mut surveyor.inputs) {
            surveyor.open(input, false, false);
        }
        surveyor.all();
    }
    surveyor.survey
}

impl Surveyor {
    fn all(&mut self) {
        while let Some(script) = self.open.pop() {
            let outline = if script.is_text { scan_text(&script.text) } else { scan(&script.text) };
            self.outline(&outline, script.in_code);
        }
    }

    fn open(&mut self, text: String, is_text: bool, in_code: bool) {
        self.bytes += text.len();
        if self.seen.len() >= MOST_SCRIPTS || self.bytes > MOST_BYTES {
            self.survey.overflow = true;
        } else if !text.trim().is_empty() && self.seen.insert((text.clone(), is_text)) {
            self.open.push(Script { text, is_text, in_code });
        }
    }

    fn outline(&mut self, outline: &Outline, in_code: bool) {
        self.survey.overflow |= outline.overflow;
        self.variables.learn(outline);
        for nested in &outline.nested {
            match nested {
                Nested::Script(script) => self.open(script.clone(), false, in_code),
                Nested::Text(text) => self.open(text.clone(), true, in_code),
            }
        }
        self.inputs.extend(outline.heredocs.iter().cloned());
        for command in &outline.commands {
            for redirect in &command.redirects {
                let targets = self.variables.expand(std::slice::from_ref(&redirect.target));
                for target in targets.iter().flat_map(|words| words.iter()) {
                    if redirect.operator == "<<<" {
                        self.inputs.push(target.script());
                    }
                    let (operator, target) = (redirect.operator, target.clone());
                    self.survey.redirects.push(Redirected { operator, target });
                }
            }
            for arguments in self.variables.expand(&command.words) {
                self.command(&arguments, in_code);
            }
        }
    }

    /// A command, and the commands in its arguments.
    fn command(&mut self, arguments: &Rc<[Argument]>, in_code: bool) {
        let mut open = vec![(0, arguments.len())];
        let mut seen = BTreeSet::new();
        while let Some((start, end)) = open.pop() {
            if start >= end || !seen.insert((start, end)) {
                continue;
            }
            let length: usize = arguments[start..end].iter().map(|argument| argument.atoms.len() + 1).sum();
            self.characters += length;
            if self.characters > MOST_CHARACTERS {
                self.survey.overflow = true;
                return;
            }
            let ran = Ran { arguments: Rc::clone(arguments), start, end, in_code };
            let Inner { commands, scripts, code, runs_input } = inner(ran.arguments());
            if ran
                .arguments()
                .first()
                .and_then(basename)
                .is_some_and(|name| matches!(name, "echo" | "printf"))
            {
                let said = ran.arguments()[1..].iter().map(Argument::script);
                self.inputs.push(said.clone().collect::<Vec<_>>().join(" ").replace("\\n", "\n"));
                self.inputs.extend(said);
            }
            self.survey.ran.push(ran);
            self.survey.runs_input |= runs_input;
            open.extend(commands.into_iter().map(|(from, to)| (start + from, start + to)));
            scripts.into_iter().for_each(|script| self.open(script, false, in_code));
            for code in code {
                strings(&code).into_iter().for_each(|string| self.open(string, false, true));
            }
        }
    }
}

/// The texts between quotes in code of any language.
fn strings(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for quote in ['"', '\'', '`', '|', '!'] {
        found.extend(code.split(quote).skip(1).map(str::to_owned));
    }
    found.truncate(64);
    found
}
