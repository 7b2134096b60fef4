//! What words may become: the arguments that a program could be given.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::braces::braces;
use super::outline::{Outline, Part, Word};
use super::quoting;
use super::ways::{WAYS, Ways};

/// How deep values that name other variables are followed.
const DEEPEST: usize = 3;
/// Variables with a value that no line gives them.
const USUAL: [&str; 5] = ["HOME", "PWD", "IFS", "SHELL", "BASH"];

/// A piece of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Atom {
    Char(char),
    /// Any one character: `?`, `[a-z]`.
    One,
    /// Any characters: `*`.
    Many,
    /// Anything at all, blanks between arguments included, or nothing.
    Unknown,
}

/// An argument as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) atoms: Vec<Atom>,
    /// What it is, where all of it is known.
    pub(crate) text: Option<String>,
    /// Whether it may be no argument at all, or several.
    pub(crate) vanishes: bool,
}

impl Argument {
    pub(crate) fn literal(text: &str) -> Self {
        Self { atoms: text.chars().map(Atom::Char).collect(), text: Some(text.to_owned()), vanishes: false }
    }

    pub(crate) fn of(atoms: Vec<Atom>, quoted: bool) -> Self {
        let text = atoms.iter().map(|atom| if let Atom::Char(each) = atom { Some(*each) } else { None });
        let text = text.collect();
        let vanishes = !quoted && !atoms.is_empty() && atoms.iter().all(|atom| *atom == Atom::Unknown);
        Self { atoms, text, vanishes }
    }

    /// A command line of it, with expansions where it is not known.
    pub(crate) fn script(&self) -> String {
        let piece = |atom: &Atom| match atom {
            Atom::Char(each) => each.to_string(),
            Atom::One => "?".to_owned(),
            Atom::Many => "*".to_owned(),
            Atom::Unknown => "$@".to_owned(),
        };
        self.text.clone().unwrap_or_else(|| self.atoms.iter().map(piece).collect())
    }
}

/// What the choice between a value and the text that stands in for it is known by.
fn fallback_key(name: &str, text: &str) -> String {
    format!("{name}:-{text}")
}

/// Values that variables may have, as far as a command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Vec<Vec<Part>>>,
    /// Whether the line changes what separates words.
    splits_otherwise: bool,
    /// Whether it changes where `cd` goes to.
    pub(crate) moves: bool,
    /// Whether it evaluates what may assign any variable.
    assigns_unseen: bool,
    /// What it appends to values, which is done once.
    appended: Vec<(String, Vec<Part>)>,
    /// How often anything was learned that was not known.
    pub(crate) version: usize,
}

impl Variables {
    pub(crate) fn new(home: &str, cwd: &str) -> Self {
        let mut variables = Self::default();
        for (name, value) in USUAL.into_iter().zip([home, cwd, " ", "/bin/bash", "/bin/bash"]) {
            variables.add(name, vec![Part::Text(value.to_owned())]);
        }
        variables
    }

    fn add(&mut self, name: &str, value: Vec<Part>) {
        let unseen = || vec![Part::Unknown { quoted: false }];
        let values = self.values.entry(name.to_owned()).or_default();
        if values.contains(&value) || (values.len() >= WAYS && values.last() == Some(&unseen())) {
            return;
        }
        self.version += 1;
        if values.len() >= WAYS {
            values.truncate(WAYS - 1);
            values.push(unseen());
        } else {
            values.push(value);
        }
        if self.assigns_unseen && !USUAL.contains(&name) && !values.contains(&unseen()) {
            values.push(unseen());
        }
    }

    /// Learns what a command line assigns, wherever it does.
    pub(crate) fn learn(&mut self, outline: &Outline) {
        for command in &outline.commands {
            for word in command.assignments.iter().chain(&command.words) {
                self.assigned(&word.parts);
                self.stands_in(word);
            }
            command.redirects.iter().for_each(|redirect| self.stands_in(&redirect.target));
        }
        outline.loose.iter().for_each(|word| self.stands_in(word));
        for words in &outline.loops {
            let Some((name, values)) = words.split_first() else { continue };
            if values.is_empty() {
                // It goes over the arguments of the line.
                self.add_unknown(&name.raw);
            }
            for value in values.iter().skip(1) {
                braces(&value.parts).into_iter().for_each(|value| self.add(&name.raw, value));
            }
        }
    }

    fn assigned(&mut self, parts: &[Part]) {
        let Some((name, value)) = quoting::assignment(parts) else {
            // An element of a list: the first is the value of the name.
            return quoting::element(parts).into_iter().for_each(|name| self.add_unknown(name));
        };
        self.splits_otherwise |= name == "IFS";
        self.moves |= matches!(name, "HOME" | "CDPATH" | "OLDPWD");
        let append = (name.to_owned(), value.clone());
        if quoting::appends(parts) && !self.appended.contains(&append) {
            self.appended.push(append);
            let before = self.values.get(name).cloned().unwrap_or_default();
            for mut longer in before {
                longer.extend(value.iter().cloned());
                self.add(name, longer);
            }
            self.add_unknown(name);
        }
        self.add(name, value);
    }

    /// `${name:=text}` assigns the text.
    fn stands_in(&mut self, word: &Word) {
        for part in &word.parts {
            if let Part::Fallback { name, text, .. } = part {
                self.add(name, vec![Part::Text(text.clone())]);
            }
        }
        for (at, _) in word.raw.match_indices("${") {
            let name = quoting::name(&word.raw[at + 2..]);
            let behind = &word.raw[at + 2 + name.len()..];
            if !name.is_empty() && (behind.starts_with(":=") || behind.starts_with('=')) {
                self.add_unknown(name);
            }
        }
    }

    /// Learns what a builtin puts into variables that its arguments name, or that anything it reads may assign.
    pub(crate) fn overwritten(&mut self, arguments: &[Argument]) {
        let mut words = arguments.iter().map(|each| each.text.as_deref().unwrap_or_default());
        let name = words.next().unwrap_or_default();
        let has =
            |letters: &[char]| words.clone().any(|word| word.starts_with('-') && word.contains(letters));
        let names = match name {
            "cd" | "pushd" | "popd" => return self.add_unknown("PWD"),
            "read" | "mapfile" | "readarray" | "getopts" => {
                ["REPLY", "MAPFILE", "OPTARG"].into_iter().for_each(|name| self.add_unknown(name));
                true
            }
            "printf" => has(&['v']),
            "let" | "wait" | "coproc" => true,
            "declare" | "typeset" | "local" | "export" | "readonly" => {
                has(&['n', 'l', 'u', 'i', 'c', 'a', 'A'])
            }
            "source" | "." => return self.assigns_unseen(),
            _ => false,
        };
        if names {
            words.for_each(|word| self.named_in(word));
        }
    }

    /// Learns that anything may have been assigned to what the line assigns.
    fn assigns_unseen(&mut self) {
        self.assigns_unseen = true;
        let names: Vec<String> =
            self.values.keys().filter(|name| !USUAL.contains(&name.as_str())).cloned().collect();
        names.iter().for_each(|name| self.add_unknown(name));
    }

    /// The variable that an argument names, alone or behind the letters of an option.
    fn named_in(&mut self, word: &str) {
        let bare = word.strip_prefix('-').map_or(0, |letters| letters.len().min(3));
        for start in 0..=bare {
            let Some(rest) = word.get(start..) else { continue };
            let name = quoting::name(rest);
            let is_whole = name.len() == rest.len() || rest[name.len()..].starts_with(['=', '[', '+']);
            if !name.is_empty() && is_whole {
                self.add_unknown(name);
            }
        }
    }

    fn add_unknown(&mut self, name: &str) {
        self.add(name, vec![Part::Unknown { quoted: false }]);
    }

    /// The value of a variable in one way of choosing; `None` where nothing is known of it.
    fn value(&self, name: &str, ways: &Ways, way: usize, depth: usize) -> Option<Vec<Atom>> {
        let values = self.values.get(name)?;
        if depth > DEEPEST {
            return None;
        }
        let parts = &values[ways.choice(name, values.len(), way)?];
        let mut atoms = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => atoms.extend(text.chars().map(Atom::Char)),
                Part::Special(special) => atoms.push(Atom::Char(*special)),
                Part::Variable { name, .. } => {
                    atoms.extend(
                        self.value(name, ways, way, depth + 1).unwrap_or_else(|| vec![Atom::Unknown]),
                    );
                }
                Part::Fallback { name, text, .. } => {
                    atoms.extend(self.fallback(name, text, ways, way, depth + 1));
                }
                Part::Said { text, .. } => atoms.extend(text.chars().map(Atom::Char)),
                Part::Unknown { .. } => atoms.push(Atom::Unknown),
            }
        }
        Some(atoms)
    }

    /// The value of a variable, or the text that stands in for it.
    fn fallback(&self, name: &str, text: &str, ways: &Ways, way: usize, depth: usize) -> Vec<Atom> {
        let stands_in = || text.chars().map(Atom::Char).collect();
        match ways.choice(&fallback_key(name, text), 2, way) {
            Some(0) => self.value(name, ways, way, depth).unwrap_or_else(stands_in),
            Some(_) => stands_in(),
            None => vec![Atom::Unknown],
        }
    }

    /// The ways that the variables of words may be chosen in.
    fn ways(&self, words: &[Word]) -> Ways {
        let mut ways = Ways::default();
        for word in words {
            self.choices(&word.parts, 0, &mut ways);
            if word.parts.contains(&Part::Special('~')) {
                self.chosen("HOME", 0, &mut ways);
                self.chosen("PWD", 0, &mut ways);
            }
        }
        ways
    }

    fn choices(&self, parts: &[Part], depth: usize, ways: &mut Ways) {
        for part in parts {
            match part {
                Part::Variable { name, .. } => self.chosen(name, depth, ways),
                Part::Fallback { name, text, .. } => {
                    ways.add(&fallback_key(name, text), 2);
                    self.chosen(name, depth, ways);
                }
                _ => {}
            }
        }
    }

    fn chosen(&self, name: &str, depth: usize, ways: &mut Ways) {
        let Some(values) = self.values.get(name).filter(|_| depth <= DEEPEST) else { return };
        if ways.add(name, values.len()) {
            values.iter().for_each(|parts| self.choices(parts, depth + 1, ways));
        }
    }

    /// Words as they are written, where the shell makes something else of them.
    pub(crate) fn written(words: &[Word]) -> Option<Rc<[Argument]>> {
        let is_plain = |word: &Word| word.parts.iter().all(|part| matches!(part, Part::Text(_)));
        if words.iter().all(is_plain) {
            return None;
        }
        let atoms = |word: &Word| {
            let mut atoms = Vec::new();
            for part in &word.parts {
                match part {
                    Part::Text(text) => atoms.extend(text.chars().map(Atom::Char)),
                    Part::Special(special) => atoms.push(Atom::Char(*special)),
                    Part::Variable { name, .. } => {
                        atoms.extend(std::iter::once('$').chain(name.chars()).map(Atom::Char));
                    }
                    Part::Fallback { .. } | Part::Said { .. } | Part::Unknown { .. } => {
                        atoms.push(Atom::Unknown)
                    }
                }
            }
            Argument::of(atoms, true)
        };
        Some(words.iter().map(atoms).collect())
    }

    /// The lists of arguments that words may become.
    pub(crate) fn expand(&self, words: &[Word]) -> Vec<Rc<[Argument]>> {
        let ways = self.ways(words);
        (0..ways.count())
            .map(|way| words.iter().flat_map(|word| self.word(word, &ways, way)).collect())
            .collect()
    }

    fn word(&self, word: &Word, ways: &Ways, way: usize) -> Vec<Argument> {
        if let [Part::Text(text)] = &word.parts[..] {
            return vec![Argument::literal(text)];
        }
        let mut made = Vec::new();
        for parts in braces(&word.parts) {
            self.split(&parts, word.quoted, ways, way, &mut made);
        }
        made
    }

    /// What a tilde in front stands for; how much of the text behind it belongs to it.
    fn tilde(&self, behind: &[Part], ways: &Ways, way: usize, atoms: &mut Vec<Atom>) -> usize {
        let text = if let Some(Part::Text(text)) = behind.first() { text.as_str() } else { "" };
        let user = text.split('/').next().unwrap_or_default();
        let value = |name: &str| self.value(name, ways, way, 0).unwrap_or_else(|| vec![Atom::Unknown]);
        match user {
            "" => atoms.extend(value("HOME")),
            "+" => atoms.extend(value("PWD")),
            // The home of somebody else, or the folder before.
            _ => atoms.push(Atom::Unknown),
        }
        user.len()
    }

    fn split(&self, parts: &[Part], is_quoted: bool, ways: &Ways, way: usize, made: &mut Vec<Argument>) {
        let mut atoms: Vec<Atom> = Vec::new();
        let mut skips_to_bracket = false;
        let mut was_split = false;
        let mut skipped = 0;
        for (at, part) in parts.iter().enumerate() {
            let (value, quoted) = match part {
                Part::Text(text) => {
                    let mut text = &text[std::mem::take(&mut skipped)..];
                    if skips_to_bracket && let Some(end) = text.find(']') {
                        (text, skips_to_bracket) = (&text[end + 1..], false);
                    }
                    if !skips_to_bracket {
                        atoms.extend(text.chars().map(Atom::Char));
                    }
                    continue;
                }
                Part::Special(special) => {
                    match special {
                        '*' => atoms.push(Atom::Many),
                        '?' => atoms.push(Atom::One),
                        '[' if has_bracket(&parts[at + 1..]) => {
                            atoms.push(Atom::One);
                            skips_to_bracket = true;
                        }
                        '~' if at == 0 => skipped = self.tilde(&parts[1..], ways, way, &mut atoms),
                        other => atoms.push(Atom::Char(*other)),
                    }
                    continue;
                }
                Part::Unknown { quoted } => (None, *quoted),
                Part::Said { quoted, .. } | Part::Variable { quoted, .. }
                    if self.splits_otherwise && !quoted =>
                {
                    (None, false)
                }
                Part::Said { text, quoted } => (Some(text.chars().map(Atom::Char).collect()), *quoted),
                Part::Variable { name, quoted } => (self.value(name, ways, way, 0), *quoted),
                Part::Fallback { name, text, quoted } => {
                    (Some(self.fallback(name, text, ways, way, 0)), *quoted)
                }
            };
            for atom in value.unwrap_or_else(|| vec![Atom::Unknown]) {
                match atom {
                    Atom::Char(' ' | '\t' | '\n') if !quoted => {
                        was_split = true;
                        if !atoms.is_empty() {
                            made.push(Argument::of(std::mem::take(&mut atoms), false));
                        }
                    }
                    Atom::Char('*') if !quoted => atoms.push(Atom::Many),
                    Atom::Char('?') if !quoted => atoms.push(Atom::One),
                    other => atoms.push(other),
                }
            }
        }
        let is_dropped = atoms.is_empty() && (was_split || (!is_quoted && !parts.is_empty()));
        if !is_dropped || parts == [Part::Text(String::new())] {
            made.push(Argument::of(atoms, is_quoted));
        }
    }
}

fn has_bracket(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(']')))
}
