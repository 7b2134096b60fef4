//! Rules about commands: `Bash(git status)`, `Bash(npm run test *)`, `Bash(git * main)`.

use super::super::shell::{Argument, Atom, Part, Word, scan};

/// A piece of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    /// Between two words.
    Gap,
    /// `*`: anything, over several words too.
    Any,
    /// ` *` at the end: no further word, or any.
    Tail,
}

/// What a rule about commands matches: a list of arguments, word by word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandPattern {
    pieces: Vec<Piece>,
    /// The program, where the rule names one.
    program: Option<String>,
    /// Whether it begins with assignments of variables.
    assigns: bool,
}

/// Whether a rule matches a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    No,
    /// Only the shell will know.
    Maybe,
    Yes,
}

impl CommandPattern {
    /// Reads what stands between the parentheses of a rule; `None` where it is not one simple command.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (text, has_tail) = match text.strip_suffix(":*").or_else(|| text.strip_suffix(" *")) {
            Some(before) => (before, true),
            None => (text, false),
        };
        let outline = scan(text);
        let [command] = &outline.commands[..] else { return None };
        if outline.torn || outline.odd || outline.compound || !command.redirects.is_empty() || command.nested
        {
            return None;
        }
        let mut pieces = Vec::new();
        for word in command.assignments.iter().chain(&command.words) {
            if !pieces.is_empty() {
                pieces.push(Piece::Gap);
            }
            push_word(word, &mut pieces);
        }
        if has_tail {
            pieces.push(Piece::Tail);
        }
        let program = command.words.first().and_then(Word::literal);
        (!pieces.is_empty()).then_some(Self { pieces, program, assigns: !command.assignments.is_empty() })
    }

    /// Whether it names one list of arguments and no other.
    pub(crate) fn is_exact(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Any | Piece::Tail))
    }

    /// Whether it allows any further words.
    pub(crate) fn has_tail(&self) -> bool {
        matches!(self.pieces.last(), Some(Piece::Tail | Piece::Any))
    }

    /// How many whole words stand before its first star.
    pub(crate) fn literal_words(&self) -> usize {
        let star = self.pieces.iter().position(|piece| matches!(piece, Piece::Any | Piece::Tail));
        let before = &self.pieces[..star.unwrap_or(self.pieces.len())];
        let gaps = before.iter().filter(|piece| **piece == Piece::Gap).count();
        // A star inside a word leaves that word open.
        let is_whole = star.is_none_or(|star| self.pieces[star] == Piece::Tail);
        gaps + usize::from(is_whole)
    }

    /// The program it names.
    pub(crate) fn program(&self) -> Option<&str> {
        self.program.as_deref()
    }

    /// Whether it has characters that the shell makes something else of, so that it is about words as they are written.
    pub(crate) fn is_written(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Char('~' | '$' | '?' | '[' | '{')))
    }

    /// The same rule with the home folder for each tilde and `$HOME` in front of a word, if it has one.
    pub(crate) fn at_home(&self, home: &str) -> Option<Self> {
        let variable: Vec<Piece> = "$HOME".chars().map(Piece::Char).collect();
        let ends = |piece: Option<&Piece>| {
            piece.is_none_or(|piece| matches!(piece, Piece::Char('/') | Piece::Gap | Piece::Tail))
        };
        let mut made = Vec::new();
        let mut at = 0;
        while at < self.pieces.len() {
            let is_start = at > 0 && self.pieces[at - 1] == Piece::Gap;
            let lengths = [(&[Piece::Char('~')][..], 1), (&variable[..], variable.len())];
            let found = lengths.into_iter().find(|(form, length)| {
                is_start && self.pieces[at..].starts_with(form) && ends(self.pieces.get(at + length))
            });
            match found {
                Some((_, length)) => {
                    made.extend(home.chars().map(Piece::Char));
                    at += length;
                }
                None => {
                    made.push(self.pieces[at]);
                    at += 1;
                }
            }
        }
        (made != self.pieces).then(|| Self { pieces: made, ..self.clone() })
    }

    /// Whether it is about commands that assign variables first.
    pub(crate) fn assigns(&self) -> bool {
        self.assigns
    }

    /// Whether it is about these arguments, the program by its name without folders on both sides.
    pub(crate) fn matches(&self, arguments: &[Argument]) -> Match {
        let Some((program, rest)) = arguments.split_first() else { return Match::No };
        let at = program.atoms.iter().rposition(|atom| *atom == Atom::Char('/')).map_or(0, |slash| slash + 1);
        let name = &program.atoms[at..];
        let own = self.without_folder();
        match self.compare(own, name, program.vanishes, rest) {
            // A folder that is not known may hold the name too.
            Match::No if at > 0 => self.compare(own, &program.atoms, program.vanishes, rest),
            found => found,
        }
    }

    /// Whether it is about these very words.
    pub(crate) fn matches_words(&self, words: &[String]) -> bool {
        let mut states = States::new(&self.pieces);
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                states.gap();
            }
            word.chars().for_each(|each| states.char(each));
        }
        states.accepts()
    }

    fn without_folder(&self) -> &[Piece] {
        let end = self.pieces.iter().position(|piece| matches!(piece, Piece::Gap | Piece::Tail));
        let program = &self.pieces[..end.unwrap_or(self.pieces.len())];
        let slash = program.iter().rposition(|piece| *piece == Piece::Char('/'));
        &self.pieces[slash.map_or(0, |slash| slash + 1)..]
    }

    fn compare(&self, own: &[Piece], name: &[Atom], vanishes: bool, rest: &[Argument]) -> Match {
        let has_unknown = name.contains(&Atom::Unknown)
            || rest.iter().any(|argument| argument.atoms.contains(&Atom::Unknown));
        let accepts = |unknown_is_anything: bool| {
            let mut states = States::new(own);
            let mut needs_gap = states.atoms(name, unknown_is_anything) && !vanishes;
            for argument in rest {
                if states.is_dead() {
                    return false;
                }
                if needs_gap && !argument.vanishes {
                    states.gap();
                }
                states.atoms(&argument.atoms, unknown_is_anything);
                needs_gap |= !argument.vanishes;
            }
            states.accepts()
        };
        if accepts(false) {
            Match::Yes
        } else if has_unknown && accepts(true) {
            Match::Maybe
        } else {
            Match::No
        }
    }
}

fn push_word(word: &Word, pieces: &mut Vec<Piece>) {
    for part in &word.parts {
        match part {
            Part::Text(text) => pieces.extend(text.chars().map(Piece::Char)),
            Part::Special('*') => pieces.push(Piece::Any),
            Part::Special(special) => pieces.push(Piece::Char(*special)),
            // A rule is no command line: what it says stands for itself.
            Part::Variable { name, .. } | Part::Fallback { name, .. } => {
                pieces.extend(std::iter::once('$').chain(name.chars()).map(Piece::Char));
            }
            Part::Said { .. } | Part::Unknown { .. } => pieces.push(Piece::Char('$')),
        }
    }
}

/// Where in a rule a text may have come to: a set of places, moved on piece by piece.
struct States<'a> {
    pieces: &'a [Piece],
    /// One for each place, one for the end, one for inside a tail.
    alive: Vec<bool>,
}

impl<'a> States<'a> {
    fn new(pieces: &'a [Piece]) -> Self {
        let mut states = Self { pieces, alive: vec![false; pieces.len() + 2] };
        states.alive[0] = true;
        states.settle();
        states
    }

    /// Goes on over what may be nothing.
    fn settle(&mut self) {
        for (at, piece) in self.pieces.iter().enumerate() {
            if self.alive[at] && matches!(piece, Piece::Any | Piece::Tail) {
                self.alive[at + 1] = true;
            }
        }
    }

    fn step(&mut self, fits: impl Fn(Piece) -> bool, is_gap: bool) {
        let end = self.pieces.len();
        let mut next = vec![false; end + 2];
        for (at, &piece) in self.pieces.iter().enumerate().filter(|(at, _)| self.alive[*at]) {
            match piece {
                Piece::Any => next[at] = true,
                Piece::Tail => next[end + 1] |= is_gap,
                piece => next[at + 1] |= fits(piece),
            }
        }
        next[end + 1] |= self.alive[end + 1];
        self.alive = next;
        self.settle();
    }

    fn char(&mut self, each: char) {
        self.step(|piece| piece == Piece::Char(each), false);
    }

    fn gap(&mut self) {
        self.step(|piece| piece == Piece::Gap, true);
    }

    /// Any number of characters, over the end of a word or not.
    fn anything(&mut self, over_gaps: bool) {
        for (at, piece) in self.pieces.iter().enumerate() {
            let passes = matches!(piece, Piece::Char(_) | Piece::Any) || over_gaps;
            if self.alive[at] && passes {
                self.alive[at + 1] = true;
            }
            if self.alive[at] && over_gaps && *piece == Piece::Tail {
                self.alive[self.pieces.len() + 1] = true;
            }
        }
        self.settle();
    }

    /// Takes the pieces of an argument; says that there was one.
    fn atoms(&mut self, atoms: &[Atom], unknown_is_anything: bool) -> bool {
        for atom in atoms {
            match atom {
                Atom::Char(each) => self.char(*each),
                Atom::One => self.step(|piece| matches!(piece, Piece::Char(_)), false),
                Atom::Many => self.anything(false),
                Atom::Unknown if unknown_is_anything => self.anything(true),
                Atom::Unknown => {}
            }
        }
        true
    }

    fn is_dead(&self) -> bool {
        !self.alive.contains(&true)
    }

    fn accepts(&self) -> bool {
        self.alive[self.pieces.len()..].contains(&true)
    }
}

/// Whether an argument may be a text.
pub(crate) fn atoms_match(atoms: &[Atom], text: &str) -> Match {
    let pieces: Vec<Piece> = text.chars().map(Piece::Char).collect();
    let accepts = |unknown_is_anything: bool| {
        let mut states = States::new(&pieces);
        states.atoms(atoms, unknown_is_anything);
        states.accepts()
    };
    if accepts(false) {
        Match::Yes
    } else if atoms.contains(&Atom::Unknown) && accepts(true) {
        Match::Maybe
    } else {
        Match::No
    }
}
