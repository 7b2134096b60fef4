//! A reader of command lines that never gives up: whatever it is given, it finds what could be run.
//!
//! It is the eyes of the deny rules, so it errs towards seeing too much. It reads once, left to right, with a stack
//! of its own instead of recursion: no input is too deep for it but for one bound, which it reports.

use super::outline::{Command, Nested, Outline, Part, Redirect, Word};
use super::quoting;

/// How deep substitutions may stand in one another. No person and no model writes half of it.
const DEEPEST: usize = 200;
/// The most command lines inside one that are looked at on their own.
const MOST_NESTED: usize = 400;

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

    fn quotes_step(&mut self) {
        match self.take() {
            '"' if !self.in_heredoc || self.frames.len() > 2 => self.close_frame(),
            '\\' => match self.peek() {
                Some('\n') => self.at += 1,
                Some(next @ ('$' | '`' | '"' | '\\')) => {
                    self.at += 1;
                    self.push_char(next);
                }
                _ => self.push_char('\\'),
            },
            '$' => self.dollar(),
            '`' => self.backticks(),
            other => self.push_char(other),
        }
    }

    fn parameter_step(&mut self) {
        match self.take() {
            '}' => self.close_frame(),
            '\\' => {
                self.take();
            }
            '\'' if !self.in_quotes() => self.single_quotes_skipped(),
            '"' => self.frames.push(Frame::Quotes),
            '$' => self.dollar(),
            '`' => self.backticks(),
            _ => {}
        }
    }

    fn arithmetic_step(&mut self) {
        let next = self.take();
        let Some(Frame::Arithmetic { open }) = self.frames.last_mut() else { return };
        match next {
            '(' => *open += 1,
            ')' if *open > 0 => *open -= 1,
            ')' => {
                self.at += usize::from(self.rest().starts_with(')'));
                self.close_frame();
            }
            '$' => self.dollar(),
            '`' => self.backticks(),
            '"' => self.frames.push(Frame::Quotes),
            _ => {}
        }
    }

    /// Goes into arithmetic. Shells that have none run what is in it, so that is looked at as commands too.
    fn arithmetic(&mut self) {
        let end = self.rest().find("))").unwrap_or(self.rest().len());
        self.outline.overflow |= self.outline.nested.len() > MOST_NESTED;
        if !self.outline.overflow {
            let script = self.rest()[..end].to_owned();
            self.outline.nested.push(Nested::Script(script));
        }
        self.frames.push(Frame::Arithmetic { open: 0 });
    }

    fn single_quotes_skipped(&mut self) {
        let end = self.rest().find('\'');
        self.outline.torn |= end.is_none();
        self.at = end.map_or(self.source.len(), |end| self.at + end + 1);
    }

    /// What follows a dollar sign.
    fn dollar(&mut self) {
        let quoted = self.in_quotes();
        let rest = self.rest();
        let Some(next) = rest.chars().next() else { return self.push_char('$') };
        match next {
            '(' if self.is_arithmetic() => {
                self.push(Part::Unknown { quoted });
                self.at += 2;
                self.arithmetic();
            }
            '(' => {
                self.push(Part::Unknown { quoted });
                self.at += 1;
                self.open_list();
            }
            '{' => {
                self.begin_word();
                self.at += 1;
                self.frames.push(Frame::Parameter { start: self.at });
            }
            '[' => {
                self.push(Part::Unknown { quoted });
                self.outline.odd = true;
                self.at += 1;
            }
            '\'' if !quoted => {
                let (text, length, is_closed) = quoting::ansi_c(&rest[1..]);
                self.at += 1 + length;
                self.outline.torn |= !is_closed;
                self.mark_quoted();
                self.push(Part::Text(text));
            }
            '"' if !quoted => {}
            '@' | '*' | '#' | '?' | '-' | '$' | '!' | '0'..='9' => {
                self.at += 1;
                self.push(Part::Unknown { quoted });
            }
            _ => {
                let name = quoting::name(rest);
                if name.is_empty() {
                    return self.push_char('$');
                }
                self.at += name.len();
                self.push(Part::Variable { name: name.to_owned(), quoted });
            }
        }
    }

    fn backticks(&mut self) {
        let quoted = self.in_quotes();
        self.push(Part::Unknown { quoted });
        let (script, length, is_closed) = quoting::backticks(self.rest(), quoted);
        self.at += length;
        self.outline.torn |= !is_closed;
        self.outline.substitutions.push(script.clone());
        self.outline.nested.push(Nested::Script(script));
    }

    fn open_list(&mut self) {
        let start = self.at;
        self.frames.push(Frame::List);
        self.lists.push(List::new(Close::Parenthesis, start));
    }

    /// Leaves what the reader is inside of.
    fn close_frame(&mut self) {
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

    fn list_step(&mut self) {
        let Some(next) = self.peek() else { return };
        match next {
            ' ' | '\t' => {
                self.end_word();
                self.at += 1;
            }
            '\\' => {
                self.at += 1;
                match self.peek() {
                    Some('\n') => self.at += 1,
                    Some(escaped) => {
                        self.at -= 1;
                        self.mark_quoted();
                        self.at += 1 + escaped.len_utf8();
                        self.push_char(escaped);
                    }
                    None => self.push_char('\\'),
                }
            }
            '\'' => {
                self.mark_quoted();
                self.at += 1;
                let end = self.rest().find('\'');
                self.outline.torn |= end.is_none();
                let text = &self.rest()[..end.unwrap_or(self.rest().len())];
                self.at += text.len() + usize::from(end.is_some());
                self.push(Part::Text(text.to_owned()));
            }
            '"' => {
                self.mark_quoted();
                self.at += 1;
                self.frames.push(Frame::Quotes);
            }
            '$' => {
                self.begin_word();
                self.at += 1;
                self.dollar();
            }
            '`' => {
                self.begin_word();
                self.at += 1;
                self.backticks();
            }
            '#' if self.list().word.is_none() => {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            }
            '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' => self.operator(next),
            _ => {
                self.begin_word();
                self.at += next.len_utf8();
                match next {
                    '*' | '?' | '[' | '{' | '}' | ',' | '~' => self.push(Part::Special(next)),
                    _ => self.push_char(next),
                }
            }
        }
    }

    fn operator(&mut self, next: char) {
        let rest = self.rest();
        let place = self.list().place;
        if matches!(next, '<' | '>') && rest[1..].starts_with('(') && place != Place::Test {
            self.push(Part::Unknown { quoted: true });
            self.at += 2;
            self.outline.compound = true;
            return self.open_list();
        }
        let is_redirect = matches!(next, '<' | '>') || rest.starts_with("&>");
        match place {
            Place::Test => self.in_test(next),
            Place::Array => {
                self.end_word();
                self.at += 1;
                if next == ')' {
                    self.list().place = Place::Command;
                }
            }
            _ if is_redirect => self.redirect(),
            Place::Pattern => {
                self.end_word();
                self.at += 1;
                if next == ')' {
                    self.list().place = Place::Command;
                }
            }
            _ if next == '(' => self.parenthesis(),
            _ if next == ')' => self.closing(),
            _ => self.separator(next),
        }
    }

    /// Operators between `[[` and `]]` separate words alone.
    fn in_test(&mut self, _: char) {
        self.end_word();
        self.at += 1;
    }

    fn separator(&mut self, next: char) {
        self.end_command();
        let ends_case = next == ';' && (self.rest().starts_with(";;") || self.rest().starts_with(";&"));
        let length = self.rest().find(|other| other != next && other != '&').unwrap_or(self.rest().len());
        self.at += if ends_case { length } else { 1 };
        let list = self.list();
        if ends_case && list.cases > 0 {
            list.place = Place::Pattern;
        } else if list.place == Place::Loop {
            list.place = Place::Command;
        }
        if next == '\n' {
            self.heredocs();
        }
    }

    fn parenthesis(&mut self) {
        let rest = self.rest();
        let after = rest[1..].trim_start_matches([' ', '\t']);
        let list = self.list();
        let has_words = !list.command.words.is_empty() || list.word.is_some();
        let is_assignment = list.word.as_ref().is_some_and(|word| quoting::is_assignment(&word.parts));
        if is_assignment && list.command.words.is_empty() {
            self.end_word();
            self.at += 1;
            self.outline.odd = true;
            self.list().place = Place::Array;
            return;
        }
        // A function: its name is no command.
        if has_words && after.starts_with(')') {
            self.end_word();
            self.outline.compound = true;
            self.outline.functions = true;
            self.list().command.words.clear();
            self.at += rest.len() - after.len() + 1;
            return;
        }
        self.end_command();
        self.outline.compound |= has_words;
        self.outline.odd |= has_words;
        self.at += 1;
        self.at -= 1;
        let is_arithmetic = self.is_arithmetic();
        self.at += 1;
        if is_arithmetic {
            self.at += 1;
            self.outline.compound = true;
            return self.arithmetic();
        }
        self.openings += 1;
        self.list().open += 1;
    }

    fn closing(&mut self) {
        self.end_command();
        self.at += 1;
        let list = self.list();
        if list.open > 0 {
            list.open -= 1;
            self.openings = self.openings.saturating_sub(1);
        } else if list.close == Close::Parenthesis {
            self.close_frame();
        } else {
            self.outline.torn = true;
        }
    }

    fn redirect(&mut self) {
        const OPERATORS: [&str; 12] =
            ["&>>", "<<<", "<<-", "&>", "<<", ">>", "<&", ">&", "<>", ">|", "<", ">"];
        let rest = self.rest();
        let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) else {
            return;
        };
        // A number or a name in braces right before it is a descriptor.
        let list = self.list();
        let is_descriptor = list.word.as_ref().is_some_and(|word| {
            let is_number = matches!(&word.parts[..], [Part::Text(text)] if is_digits(text)) && !word.quoted;
            is_number || matches!(&word.parts[..], [Part::Special('{'), .., Part::Special('}')])
        });
        if is_descriptor && !operator.starts_with('&') {
            let word = list.word.take();
            let is_odd = word.is_some_and(|word| word.parts.len() > 1 || descriptor_length(&word.parts) > 4);
            self.outline.odd |= is_odd;
        } else {
            self.end_word();
        }
        self.at += operator.len();
        self.list().operator = Some(operator);
    }

    fn end_word(&mut self) {
        let end = self.at;
        let start = self.list().word_start;
        let raw = self.source.get(start..end).unwrap_or_default();
        // A line that goes on right behind a word is no part of it.
        let raw = raw.trim_end_matches("\\\n").to_owned();
        let list = self.list();
        let Some(mut word) = list.word.take() else { return };
        word.raw = raw;
        if let Some(operator) = list.operator.take() {
            if matches!(operator, "<<" | "<<-") {
                let quoted = word.quoted || word.raw.contains('\\');
                list.heredocs.push((quoting::plain(&word.parts), quoted, operator == "<<-"));
            }
            list.command.redirects.push(Redirect { operator, target: word });
            return;
        }
        self.place_word(word);
    }

    fn place_word(&mut self, word: Word) {
        let list = self.list();
        let raw = word.raw.as_str();
        match list.place {
            Place::Command => self.command_word(word),
            Place::Function => list.place = Place::Command,
            Place::Loop if raw == "do" => list.place = Place::Command,
            Place::Loop => {
                if let Some(words) = self.outline.loops.last_mut() {
                    words.push(word);
                }
            }
            Place::Subject if raw == "in" => list.place = Place::Pattern,
            Place::Pattern if raw == "esac" => {
                list.cases = list.cases.saturating_sub(1);
                list.place = Place::Command;
            }
            Place::Test if raw == "]]" => list.place = Place::Command,
            _ => self.outline.loose.push(word),
        }
    }

    /// A word where a command stands: a reserved one, an assignment, or one of the command's own.
    fn command_word(&mut self, word: Word) {
        let list = self.list();
        let is_first = list.command.words.is_empty()
            || list.command.words.iter().all(|word| matches!(word.raw.as_str(), "time" | "-p"));
        let is_bare = list.command.assignments.is_empty();
        if is_first && is_bare && self.reserved(&word.raw) {
            self.outline.compound = true;
            return;
        }
        let list = self.list();
        if list.command.words.is_empty() && quoting::is_assignment(&word.parts) {
            list.command.assignments.push(word);
        } else {
            list.command.words.push(word);
        }
    }

    /// Reserved words hold commands together; what follows them is a command again.
    fn reserved(&mut self, raw: &str) -> bool {
        let list = self.list();
        match raw {
            "for" | "select" => {
                list.place = Place::Loop;
                self.outline.loops.push(Vec::new());
            }
            "case" => {
                list.cases += 1;
                list.place = Place::Subject;
            }
            "esac" => list.cases = list.cases.saturating_sub(1),
            "[[" => list.place = Place::Test,
            "function" => list.place = Place::Function,
            "!" | "{" | "}" | "if" | "then" | "else" | "elif" | "fi" | "do" | "done" | "while" | "until" => {}
            _ => return false,
        }
        match raw {
            "function" => self.outline.functions = true,
            "select" => self.outline.odd = true,
            "{" | "if" | "while" | "until" | "for" | "case" => self.openings += 1,
            "}" | "fi" | "done" | "esac" => self.openings = self.openings.saturating_sub(1),
            _ => {}
        }
        true
    }

    fn end_command(&mut self) {
        self.end_word();
        let nested = !self.lists.is_empty();
        let is_text = self.in_heredoc;
        let list = self.list();
        let mut command = std::mem::take(&mut list.command);
        command.nested = nested;
        let is_empty =
            command.words.is_empty() && command.assignments.is_empty() && command.redirects.is_empty();
        // The text of a heredoc itself is no command.
        if !is_empty && (nested || !is_text) {
            self.outline.commands.push(command);
        }
    }

    /// Reads the bodies of the heredocs that were announced on the line that ended.
    fn heredocs(&mut self) {
        for (delimiter, quoted, strips) in std::mem::take(&mut self.list().heredocs) {
            let mut body = String::new();
            let mut is_closed = false;
            while self.at < self.source.len() && !is_closed {
                let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
                self.at += line.len();
                let text = if strips { line.trim_start_matches('\t') } else { line };
                is_closed = text.strip_suffix('\n').unwrap_or(text) == delimiter;
                if !is_closed {
                    body.push_str(text);
                }
            }
            self.outline.torn |= !is_closed;
            if !quoted {
                self.outline.nested.push(Nested::Text(body.clone()));
            }
            self.outline.heredocs.push(body);
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn descriptor_length(parts: &[Part]) -> usize {
    parts.iter().map(|part| if let Part::Text(text) = part { text.len() } else { 1 }).sum()
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
