//! Everything that a command line could run or redirect, as far as anybody can tell: what deny rules look at.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::expand::{Argument, Variables};
use super::inner::{Inner, basename, inner};
use super::outline::{Command, Nested, Outline, Part};
use super::programs::holds_program;
use super::quoting;
use super::scan::{scan, scan_text};
use super::scripts::snippets;

/// The most command lines found inside one that are looked at, their bytes, and the characters of all commands in them.
const MOST_SCRIPTS: usize = 500;
const MOST_BYTES: usize = 1 << 20;
const MOST_CHARACTERS: usize = 1 << 20;
/// The most texts in code of other languages, and their bytes: what is more may be anything.
const MOST_SNIPPETS: usize = 2_000;
const MOST_SNIPPET_BYTES: usize = 1 << 18;
/// How often a line is looked through again because of what it assigns.
const MOST_ROUNDS: usize = 3;
/// The most commands found in the arguments of one.
const MOST_COMMANDS: usize = 50_000;

/// A command that would run.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    arguments: Rc<[Argument]>,
    start: usize,
    end: usize,
    /// Whether nobody knows that it runs: it stands in code of another language, or behind options that are not known.
    pub(crate) is_doubtful: bool,
    /// Whether its words are those that are written, before the shell makes others of them.
    pub(crate) is_written: bool,
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
    /// Whether there is more in code of other languages, or in variables, than is looked at.
    pub(crate) is_cut: bool,
    /// Texts in code of other languages, which may be paths.
    pub(crate) quoted: Vec<String>,
    /// Whether there was more in it than is looked at.
    pub(crate) overflow: bool,
    /// Whether it changes where `cd` goes to.
    pub(crate) moves: bool,
}

impl Survey {
    /// Whether it may run one of some programs.
    pub(crate) fn may_run(&self, programs: &[&str]) -> bool {
        let mut ran = self.ran.iter().filter(|ran| !ran.is_written);
        ran.any(|ran| {
            let program = ran.arguments().first();
            program.is_some_and(|program| basename(program).is_none_or(|name| programs.contains(&name)))
        })
    }
}

struct Script {
    text: String,
    is_text: bool,
    is_doubtful: bool,
}

struct Surveyor {
    variables: Variables,
    open: Vec<Script>,
    seen: BTreeSet<(String, bool)>,
    bytes: usize,
    characters: usize,
    /// What could be the input of a shell, or of a program that reads code.
    inputs: Vec<String>,
    reads_code: bool,
    /// What could be a command line in code of other languages, and the bytes of all of it.
    snippets: BTreeSet<String>,
    snippet_bytes: usize,
    survey: Survey,
}

/// Looks through a command line.
pub(crate) fn survey(source: &str, outline: &Outline, home: &str, cwd: &str) -> Survey {
    let mut variables = Variables::new(home, cwd);
    for _ in 0..MOST_ROUNDS {
        variables.learn(outline);
        let known = variables.version;
        let (survey, learned) = Surveyor::new(variables).run(source, outline);
        // What is assigned inside may be used outside, and before.
        if learned.version == known || !source.contains(['$', '~']) {
            return survey;
        }
        variables = learned;
    }
    let (mut survey, _) = Surveyor::new(variables).run(source, outline);
    survey.is_cut = true;
    survey
}

impl Surveyor {
    fn new(variables: Variables) -> Self {
        Self {
            variables,
            open: Vec::new(),
            seen: BTreeSet::new(),
            bytes: 0,
            characters: 0,
            inputs: Vec::new(),
            reads_code: false,
            snippets: BTreeSet::new(),
            snippet_bytes: 0,
            survey: Survey::default(),
        }
    }

    /// Looks through a command line, and learns what it assigns.
    fn run(mut self, source: &str, outline: &Outline) -> (Survey, Variables) {
        self.seen.insert((source.to_owned(), false));
        // What it assigns was learned before.
        self.look(outline, false);
        self.all();
        if self.reads_code {
            for input in self.inputs.clone() {
                self.code(&input);
            }
            self.all();
        }
        // What a shell reads may hold another shell, and what that reads.
        while self.survey.runs_input && !self.inputs.is_empty() {
            for input in std::mem::take(&mut self.inputs) {
                self.open(input, false, false);
            }
            self.all();
        }
        self.survey.moves = self.variables.moves;
        (self.survey, self.variables)
    }

    fn all(&mut self) {
        while let Some(script) = self.open.pop() {
            let outline = if script.is_text { scan_text(&script.text) } else { scan(&script.text) };
            self.outline(&outline, script.is_doubtful);
        }
    }

    fn open(&mut self, text: String, is_text: bool, is_doubtful: bool) {
        self.bytes += text.len();
        if self.seen.len() >= MOST_SCRIPTS || self.bytes > MOST_BYTES {
            self.survey.overflow = true;
        } else if !text.trim().is_empty() && self.seen.insert((text.clone(), is_text)) {
            self.open.push(Script { text, is_text, is_doubtful });
        }
    }

    fn outline(&mut self, outline: &Outline, is_doubtful: bool) {
        self.variables.learn(outline);
        self.look(outline, is_doubtful);
    }

    fn look(&mut self, outline: &Outline, is_doubtful: bool) {
        self.survey.overflow |= outline.overflow;
        for nested in &outline.nested {
            match nested {
                Nested::Script(script) => self.open(script.clone(), false, is_doubtful),
                Nested::Text(text) => self.open(text.clone(), true, is_doubtful),
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
            self.assigned(command);
            for arguments in self.variables.expand(&command.words) {
                self.command(&arguments, is_doubtful);
            }
            if let Some(written) = Variables::written(&command.words) {
                let from = self.survey.ran.len();
                self.command(&written, is_doubtful);
                self.survey.ran[from..].iter_mut().for_each(|ran| ran.is_written = true);
            }
        }
    }

    /// The values of variables: some are run by other programs, some are expanded when they are used.
    fn assigned(&mut self, command: &Command) {
        for word in &command.assignments {
            let Some((name, value)) = quoting::assignment(&word.parts) else { continue };
            let [Part::Text(text)] = &value[..] else {
                let texts = value
                    .iter()
                    .filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None });
                let text: String = texts.map(String::as_str).collect();
                self.value(name, &text);
                continue;
            };
            self.value(name, text);
        }
    }

    fn value(&mut self, name: &str, text: &str) {
        if holds_program(name) {
            self.open(text.to_owned(), false, false);
        } else if text.contains("$(") || text.contains('`') {
            self.open(text.to_owned(), true, true);
        }
    }

    /// A command, and the commands in its arguments.
    fn command(&mut self, arguments: &Rc<[Argument]>, is_doubtful: bool) {
        let mut open = vec![(Rc::clone(arguments), 0, arguments.len(), is_doubtful)];
        let mut seen = BTreeSet::new();
        while let Some((arguments, start, end, is_doubtful)) = open.pop() {
            // A list of its own is another one of the same arguments.
            if start >= end || !seen.insert((Rc::as_ptr(&arguments).cast::<Argument>() as usize, start, end))
            {
                continue;
            }
            let length: usize = arguments[start..end].iter().map(|argument| argument.atoms.len() + 1).sum();
            self.characters += length;
            if self.characters > MOST_CHARACTERS || seen.len() > MOST_COMMANDS {
                self.survey.overflow = true;
                return;
            }
            let ran = Ran { arguments: Rc::clone(&arguments), start, end, is_doubtful, is_written: false };
            let found = inner(ran.arguments());
            self.variables.overwritten(ran.arguments());
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
            for (from, to) in &found.commands {
                open.push((Rc::clone(&arguments), start + from, start + to, is_doubtful));
            }
            for (from, to) in &found.doubtful {
                open.push((Rc::clone(&arguments), start + from, start + to, true));
            }
            for (list, doubt) in &found.lists {
                open.push((list.as_slice().into(), 0, list.len(), is_doubtful || *doubt));
            }
            self.inner(found, is_doubtful);
        }
    }

    /// What a command runs besides itself, but for commands of its own words.
    fn inner(&mut self, found: Inner, is_doubtful: bool) {
        self.survey.runs_input |= found.runs_input;
        self.reads_code |= found.reads_code;
        found.scripts.into_iter().for_each(|script| self.open(script, false, is_doubtful));
        found.texts.into_iter().for_each(|text| self.open(text, true, is_doubtful));
        found.code.iter().for_each(|code| self.code(code));
    }

    fn code(&mut self, code: &str) {
        let (snippets, is_cut) = snippets(code);
        self.survey.is_cut |= is_cut;
        for snippet in snippets {
            if snippet.trim().is_empty() || !self.snippets.insert(snippet.to_owned()) {
                continue;
            }
            self.snippet_bytes += snippet.len();
            if self.snippets.len() > MOST_SNIPPETS || self.snippet_bytes > MOST_SNIPPET_BYTES {
                self.survey.is_cut = true;
                return;
            }
            self.open.push(Script { text: snippet.to_owned(), is_text: false, is_doubtful: true });
            if snippet.len() < 256 && !snippet.contains([' ', '\n', '(', '=']) {
                self.survey.is_cut |= self.survey.quoted.len() >= MOST_SCRIPTS;
                self.survey.quoted.push(snippet.to_owned());
                self.survey.quoted.truncate(MOST_SCRIPTS);
            }
        }
    }
}
