//! A reader of command lines that never gives up: whatever it is given, it finds what could be run.
//!
//! It is the eyes of the deny rules, so it errs towards seeing too much. It reads once, left to right, with a stack
//! of its own instead of recursion: no input is too deep for it but for one bound, which it reports.

mod lists;
mod quotes;

use super::outline::{Command, Outline, Part, Word};
use super::quoting;

/// How deep substitutions may stand in one another. No person and no model writes half of it.
const DEEPEST: usize = 200;
/// The most command lines inside one that are looked at on their own.
const MOST_NESTED: usize = 400;
/// The longest script between backticks that is read for what it says.
const LONGEST_SAID: usize = 200;

/// What the reader is inside of.
#[derive(Debug)]
enum Frame {
    /// A list of commands, which stands in `lists`.
    List,
    /// Double quotes.
    Quotes,
    /// `${`, since where.
    Parameter { start: usize },
    /// `$((` or `((`, with the parentheses that are open inside.
    Arithmetic { open: usize },
}

/// Where a list of commands ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    Input,
    Parenthesis,
}

/// What words of a list are, besides words of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Command,
    /// After `for` or `select`, until `do`.
    Loop,
    /// After `case`, until `in`.
    Subject,
    /// After `in` or `;;`, until `)`.
    Pattern,
    /// Between `[[` and `]]`.
    Test,
    /// Between `(` and `)` of an array.
    Array,
    /// After `function`: a name.
    Function,
}

#[derive(Debug)]
struct List {
    close: Close,
    start: usize,
    /// How many commands were found before it.
    before: usize,
    /// Whether what it says is the value of a word.
    is_value: bool,
    place: Place,
    command: Command,
    word: Option<Word>,
    word_start: usize,
    operator: Option<&'static str>,
    /// Subshells that are open.
    open: usize,
    /// `case` commands that are open.
    cases: usize,
    heredocs: Vec<(String, bool, bool)>,
}

impl List {
    fn new(close: Close, start: usize) -> Self {
        Self {
            close,
            start,
            before: 0,
            is_value: false,
            place: Place::Command,
            command: Command::default(),
            word: None,
            word_start: 0,
            operator: None,
            open: 0,
            cases: 0,
            heredocs: Vec::new(),
        }
    }
}

/// Reads a command line.
pub(crate) fn scan(source: &str) -> Outline {
    Scanner::new(source).run()
}

/// Reads text in which expansions count, such as a heredoc: only what it runs is found.
pub(crate) fn scan_text(source: &str) -> Outline {
    let mut scanner = Scanner::new(source);
    scanner.in_heredoc = true;
    scanner.frames.push(Frame::Quotes);
    scanner.begin_word();
    scanner.run()
}

struct Scanner<'a> {
    source: &'a str,
    at: usize,
    frames: Vec<Frame>,
    /// The whole line.
    line: List,
    /// Lists in it, the innermost last.
    lists: Vec<List>,
    in_heredoc: bool,
    openings: usize,
    /// Where parentheses close; made when it is asked for.
    partners: Vec<usize>,
    outline: Outline,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            at: 0,
            frames: vec![Frame::List],
            line: List::new(Close::Input, 0),
            lists: Vec::new(),
            in_heredoc: false,
            openings: 0,
            partners: Vec::new(),
            outline: Outline::default(),
        }
    }

    fn run(mut self) -> Outline {
        while self.at < self.source.len() {
            if self.frames.len() > DEEPEST {
                self.outline.overflow = true;
                break;
            }
            let depth = self.frames.len() + self.openings;
            self.outline.depth = self.outline.depth.max(depth);
            match self.frames.last() {
                Some(Frame::List) => self.list_step(),
                Some(Frame::Quotes) => self.quotes_step(),
                Some(Frame::Parameter { .. }) => self.parameter_step(),
                Some(Frame::Arithmetic { .. }) => self.arithmetic_step(),
                None => break,
            }
        }
        let is_text = self.in_heredoc;
        self.outline.torn |= self.frames.len() > 1 + usize::from(is_text);
        while self.frames.len() > 1 {
            self.close_frame();
        }
        self.end_command();
        let list = self.list();
        let is_torn = list.open > 0 || list.cases > 0 || !list.heredocs.is_empty() || list.operator.is_some();
        self.outline.torn |= is_torn;
        self.outline
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> char {
        let next = self.peek().unwrap_or('\0');
        self.at += next.len_utf8().min(self.source.len() - self.at);
        next
    }

    /// The list of commands that is being read, below quotes and expansions.
    fn list(&mut self) -> &mut List {
        self.lists.last_mut().unwrap_or(&mut self.line)
    }

    /// Whether two parentheses here open arithmetic, as bash decides: where they close, they close next to each other.
    fn is_arithmetic(&mut self) -> bool {
        if !self.rest().starts_with("((") {
            return false;
        }
        if self.partners.is_empty() {
            self.partners = partners(self.source);
        }
        let end = self.partners[self.at + 1];
        end != usize::MAX && self.source.as_bytes().get(end + 1) == Some(&b')')
    }

    fn begin_word(&mut self) {
        let at = self.at;
        let list = self.list();
        if list.word.is_none() {
            list.word_start = at;
            list.word = Some(Word::default());
        }
    }

    fn push(&mut self, part: Part) {
        self.begin_word();
        let Some(word) = &mut self.list().word else { return };
        match (word.parts.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(more)) => before.push_str(&more),
            (_, part) => word.parts.push(part),
        }
    }

    fn push_char(&mut self, character: char) {
        self.push(Part::Text(character.into()));
    }

    fn mark_quoted(&mut self) {
        self.begin_word();
        if let Some(word) = &mut self.list().word {
            word.quoted = true;
        }
    }

    fn in_quotes(&self) -> bool {
        let last = self.frames.iter().rev().find(|frame| matches!(frame, Frame::List | Frame::Quotes));
        matches!(last, Some(Frame::Quotes))
    }

    /// Goes into a list of commands in parentheses, whose output may be the value of a word.
    pub(super) fn open_list(&mut self, is_value: bool) {
        let mut list = List::new(Close::Parenthesis, self.at);
        (list.before, list.is_value) = (self.outline.commands.len(), is_value);
        self.frames.push(Frame::List);
        self.lists.push(list);
    }

    /// Puts in what a substitution says, where that is known.
    pub(super) fn say(&mut self, said: Option<String>) {
        let parts = self.list().word.as_mut().map(|word| &mut word.parts);
        if let (Some(text), Some(last @ Part::Unknown { .. })) =
            (said, parts.and_then(|parts| parts.last_mut()))
            && let Part::Unknown { quoted } = *last
        {
            *last = Part::Said { text, quoted };
        }
    }

    /// Leaves what the reader is inside of.
    pub(super) fn close_frame(&mut self) {
        if matches!(self.frames.last(), Some(Frame::List)) {
            self.end_command();
        }
        let end = self.at;
        match self.frames.pop() {
            Some(Frame::List) => {
                let Some(list) = self.lists.pop() else { return };
                let text = &self.source[list.start..end];
                self.outline.substitutions.push(text.strip_suffix(')').unwrap_or(text).to_owned());
                // A body that comes after the parenthesis belongs to the line all the same.
                self.list().heredocs.extend(list.heredocs);
                if let [command] = &self.outline.commands[list.before.min(self.outline.commands.len())..]
                    && list.is_value
                {
                    let said = command.said();
                    self.say(said);
                }
            }
            Some(Frame::Quotes) => self.mark_quoted(),
            Some(Frame::Parameter { start }) => {
                let quoted = self.in_quotes();
                let text = &self.source[start..end];
                self.push(quoting::parameter(text.strip_suffix('}').unwrap_or(text), quoted));
            }
            Some(Frame::Arithmetic { .. }) | None => {}
        }
    }
}

/// For each opening parenthesis of a text where it closes, as far as parentheses alone tell.
fn partners(source: &str) -> Vec<usize> {
    let bytes = source.as_bytes();
    let mut partners = vec![usize::MAX; bytes.len()];
    let mut open = Vec::new();
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => open.push(at),
            b')' => {
                if let Some(start) = open.pop() {
                    partners[start] = at;
                }
            }
            _ => {}
        }
    }
    partners
}
