//! A body as pieces of text, commands and files.

use tau_memory::markdown::{Fence, code_span, mention};

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<T> {
    Text(T),
    Command(T),
    File(T),
}

impl<T> Piece<T> {
    pub(super) fn map<U>(self, function: impl FnOnce(T) -> U) -> Piece<U> {
        match self {
            Self::Text(text) => Piece::Text(function(text)),
            Self::Command(text) => Piece::Command(function(text)),
            Self::File(text) => Piece::File(function(text)),
        }
    }
}

/// The pieces in order; together the body, but for the marks around commands and before files.
pub(super) fn parse(body: &str) -> Vec<Piece<&str>> {
    let mut pieces = Vec::new();
    let mut lines = Lines { body, at: 0 };
    // Up to here, everything is in a piece.
    let mut done = 0;
    while let Some((start, line)) = lines.next() {
        let Some(fence) = Fence::opening(line) else {
            done = inline(body, start, start + line.len(), done, &mut pieces);
            continue;
        };
        let inside = lines.at;
        let end = lines.by_ref().find(|(_, line)| fence.closes(line));
        // A fence that is never closed reaches to the end; as a command that would be too much.
        if let (('`', "!"), Some((end, closing))) = ((fence.mark, fence.info), end) {
            pieces.push(Piece::Text(&body[done..start]));
            pieces.push(Piece::Command(body[inside..end].trim_end()));
            done = end + closing.trim_end_matches('\n').len();
        }
    }
    pieces.push(Piece::Text(&body[done..]));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

struct Lines<'a> {
    body: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.body[self.at..];
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let start = self.at;
        self.at += length;
        (length > 0).then(|| (start, &rest[..length]))
    }
}

/// Commands and files of a line outside of fences; up to where everything is in a piece.
fn inline<'a>(
    body: &'a str,
    start: usize,
    end: usize,
    mut done: usize,
    pieces: &mut Vec<Piece<&'a str>>,
) -> usize {
    let line = &body[start..end];
    let mut at = 0;
    let mut is_after_blank = true;
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at..];
        let found = if !is_after_blank { None } else { command(rest).or_else(|| file(rest)) };
        if let Some((piece, length)) = found {
            pieces.push(Piece::Text(&body[done..start + at]));
            pieces.push(piece);
            at += length;
            done = start + at;
            is_after_blank = false;
        } else if c == '`' {
            at += code_span(rest);
            is_after_blank = false;
        } else {
            at += c.len_utf8();
            is_after_blank = c.is_whitespace();
        }
    }
    done
}

fn command(text: &str) -> Option<(Piece<&str>, usize)> {
    let command = text.strip_prefix("!`")?;
    let command = &command[..command.find('`')?];
    (!command.trim().is_empty()).then(|| (Piece::Command(command), command.len() + 3))
}

fn file(text: &str) -> Option<(Piece<&str>, usize)> {
    let path = mention(text)?;
    let is_path = path.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '~' | '_' | '$'));
    is_path.then(|| (Piece::File(path), path.len() + 1))
}
