//! Inside quotes and expansions.

use super::{Frame, LONGEST_SAID, MOST_NESTED, Scanner, scan};
use crate::permission::shell::outline::{Nested, Part};
use crate::permission::shell::quoting;

impl Scanner<'_> {
    pub(super) fn quotes_step(&mut self) {
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

    pub(super) fn parameter_step(&mut self) {
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

    pub(super) fn arithmetic_step(&mut self) {
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
    pub(super) fn arithmetic(&mut self) {
        let end = self.rest().find("))").unwrap_or(self.rest().len());
        self.outline.overflow |= self.outline.nested.len() > MOST_NESTED;
        if !self.outline.overflow {
            let script = self.rest()[..end].to_owned();
            self.outline.nested.push(Nested::Script(script));
        }
        self.frames.push(Frame::Arithmetic { open: 0 });
    }

    pub(super) fn single_quotes_skipped(&mut self) {
        let end = self.rest().find('\'');
        self.outline.torn |= end.is_none();
        self.at = end.map_or(self.source.len(), |end| self.at + end + 1);
    }

    /// What follows a dollar sign.
    pub(super) fn dollar(&mut self) {
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
                self.open_list(true);
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

    pub(super) fn backticks(&mut self) {
        let quoted = self.in_quotes();
        self.push(Part::Unknown { quoted });
        let (script, length, is_closed) = quoting::backticks(self.rest(), quoted);
        self.at += length;
        self.outline.torn |= !is_closed;
        let inner = if script.len() > LONGEST_SAID { None } else { Some(scan(&script)) };
        if let Some([command]) = inner.as_ref().map(|inner| &inner.commands[..]) {
            self.say(command.said());
        }
        self.outline.substitutions.push(script.clone());
        self.outline.nested.push(Nested::Script(script));
    }
}
