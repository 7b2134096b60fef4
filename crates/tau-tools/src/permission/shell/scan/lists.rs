//! Commands, one after the other: words, operators, redirects, heredocs.

use super::{Close, Frame, Place, Scanner};
use crate::permission::shell::outline::{Nested, Part, Redirect, Word};
use crate::permission::shell::quoting;

impl Scanner<'_> {
    pub(super) fn list_step(&mut self) {
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

    pub(super) fn operator(&mut self, next: char) {
        let rest = self.rest();
        let place = self.list().place;
        if matches!(next, '<' | '>') && rest[1..].starts_with('(') && place != Place::Test {
            self.push(Part::Unknown { quoted: true });
            self.at += 2;
            self.outline.compound = true;
            return self.open_list(false);
        }
        let is_redirect = matches!(next, '<' | '>') || rest.starts_with("&>");
        match place {
            Place::Test => self.in_test(),
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
    pub(super) fn in_test(&mut self) {
        self.end_word();
        self.at += 1;
    }

    pub(super) fn separator(&mut self, next: char) {
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

    pub(super) fn parenthesis(&mut self) {
        let rest = self.rest();
        let after = rest[1..].trim_start_matches([' ', '\t']);
        let list = self.list();
        let has_words = !list.command.words.is_empty() || list.word.is_some();
        let is_assignment = list.word.as_ref().is_some_and(|word| quoting::is_assignment(&word.parts));
        if is_assignment && list.command.words.is_empty() {
            self.push(Part::Unknown { quoted: true });
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

    pub(super) fn closing(&mut self) {
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

    pub(super) fn redirect(&mut self) {
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

    pub(super) fn end_word(&mut self) {
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

    pub(super) fn place_word(&mut self, word: Word) {
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
    pub(super) fn command_word(&mut self, word: Word) {
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
    pub(super) fn reserved(&mut self, raw: &str) -> bool {
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

    pub(super) fn end_command(&mut self) {
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
    pub(super) fn heredocs(&mut self) {
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
