//! What words may become: the arguments that a program could be given.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::outline::{Outline, Part, Word};
use super::quoting;

/// The most ways that the variables of one command are tried with.
const WAYS: usize = 16;
/// The most words that braces make of one word.
const BRACES: usize = 64;

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

    fn of(atoms: Vec<Atom>, quoted: bool) -> Self {
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

/// Values that variables may have, as far as a command line says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, Vec<Vec<Part>>>,
    home: String,
    cwd: String,
    /// Whether the line changes what separates words.
    splits_otherwise: bool,
}

impl Variables {
    pub(crate) fn new(home: &str, cwd: &str) -> Self {
        let mut variables = Self { home: home.to_owned(), cwd: cwd.to_owned(), ..Self::default() };
        let usual =
            [("HOME", home), ("PWD", cwd), ("IFS", " "), ("SHELL", "/bin/bash"), ("BASH", "/bin/bash")];
        for (name, value) in usual {
            variables.add(name, vec![Part::Text(value.to_owned())]);
        }
        variables
    }

    fn add(&mut self, name: &str, value: Vec<Part>) {
        let values = self.values.entry(name.to_owned()).or_default();
        if values.len() >= WAYS {
            values.truncate(WAYS - 1);
            values.push(vec![Part::Unknown { quoted: false }]);
        } else if !values.contains(&value) {
            values.push(value);
        }
    }

    /// Learns what a command line assigns, wherever it does.
    pub(crate) fn learn(&mut self, outline: &Outline) {
        for command in &outline.commands {
            for word in command.assignments.iter().chain(&command.words) {
                if let Some((name, value)) = quoting::assignment(&word.parts) {
                    self.splits_otherwise |= name == "IFS";
                    self.add(name, value);
                }
            }
        }
        for words in &outline.loops {
            let Some((name, values)) = words.split_first() else { continue };
            values.iter().skip(1).for_each(|value| self.add(&name.raw, value.parts.clone()));
        }
    }

    /// The value of a variable in one way of choosing; `None` where nothing is known of it.
    fn value(&self, name: &str, way: usize, depth: usize) -> Option<Vec<Atom>> {
        let values = self.values.get(name)?;
        let parts = values.get(way % values.len())?;
        if depth > 3 {
            return None;
        }
        let mut atoms = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => atoms.extend(text.chars().map(Atom::Char)),
                Part::Special(special) => atoms.push(Atom::Char(*special)),
                Part::Variable { name, .. } | Part::Fallback { name, .. } => {
                    atoms.extend(self.value(name, way, depth + 1).unwrap_or_else(|| vec![Atom::Unknown]));
                }
                Part::Said { text, .. } => atoms.extend(text.chars().map(Atom::Char)),
                Part::Unknown { .. } => atoms.push(Atom::Unknown),
            }
        }
        Some(atoms)
    }

    fn ways(&self, words: &[Word]) -> usize {
        let names = words.iter().flat_map(|word| &word.parts).filter_map(|part| match part {
            Part::Variable { name, .. } => Some(self.values.get(name).map_or(1, Vec::len)),
            // With the value, and with what stands in for it.
            Part::Fallback { .. } => Some(2),
            _ => None,
        });
        names.fold(1, |ways: usize, values| (ways * values).min(WAYS))
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
        (0..ways).map(|way| words.iter().flat_map(|word| self.word(word, way)).collect()).collect()
    }

    fn word(&self, word: &Word, way: usize) -> Vec<Argument> {
        if let [Part::Text(text)] = &word.parts[..] {
            return vec![Argument::literal(text)];
        }
        let mut made = Vec::new();
        for parts in braces(&word.parts) {
            self.split(&parts, word.quoted, way, &mut made);
        }
        made
    }

    /// What a tilde in front stands for; how much of the text behind it belongs to it.
    fn tilde(&self, behind: &[Part], atoms: &mut Vec<Atom>) -> usize {
        let text = if let Some(Part::Text(text)) = behind.first() { text.as_str() } else { "" };
        let user = text.split('/').next().unwrap_or_default();
        match user {
            "" => atoms.extend(self.home.chars().map(Atom::Char)),
            "+" => atoms.extend(self.cwd.chars().map(Atom::Char)),
            // The home of somebody else, or the folder before.
            _ => atoms.push(Atom::Unknown),
        }
        user.len()
    }

    fn split(&self, parts: &[Part], is_quoted: bool, way: usize, made: &mut Vec<Argument>) {
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
                        '~' if at == 0 => skipped = self.tilde(&parts[1..], &mut atoms),
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
                Part::Variable { name, quoted } => (self.value(name, way, 0), *quoted),
                Part::Fallback { name, text, quoted } => {
                    let stands_in = || Some(text.chars().map(Atom::Char).collect());
                    let known = way.is_multiple_of(2).then(|| self.value(name, way / 2, 0)).flatten();
                    (known.or_else(stands_in), *quoted)
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

/// The words that braces make of one, in order; the word itself where they make nothing of it.
fn braces(parts: &[Part]) -> Vec<Vec<Part>> {
    let mut done = Vec::new();
    let mut open = vec![parts.to_vec()];
    while let Some(parts) = open.pop() {
        let Some((start, commas, end)) = first_braces(&parts) else {
            done.push(parts);
            continue;
        };
        if done.len() + open.len() + commas.len() > BRACES {
            done.push(vec![Part::Unknown { quoted: false }]);
            continue;
        }
        let mut edges = vec![start];
        edges.extend(commas);
        edges.push(end);
        for pair in edges.windows(2).rev() {
            let mut made = parts[..start].to_vec();
            made.extend_from_slice(&parts[pair[0] + 1..pair[1]]);
            made.extend_from_slice(&parts[end + 1..]);
            open.push(made);
        }
    }
    done
}

/// The first pair of braces with commas of its own: where it opens, its commas, where it closes.
fn first_braces(parts: &[Part]) -> Option<(usize, Vec<usize>, usize)> {
    let mut stack: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Special('{') => stack.push((at, Vec::new())),
            Part::Special(',') => {
                if let Some((_, commas)) = stack.last_mut() {
                    commas.push(at);
                }
            }
            Part::Special('}') => {
                if let Some((start, commas)) = stack.pop()
                    && !commas.is_empty()
                {
                    return Some((start, commas, at));
                }
            }
            _ => {}
        }
    }
    None
}
