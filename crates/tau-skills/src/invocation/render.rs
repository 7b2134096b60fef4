//! The plan of an invocation, and its text once everything was fetched.

use super::template::Piece;

/// Bytes of one answer that are put in; the rest is cut off, and the text says so.
const ANSWER_LIMIT: usize = 64 * 1024;

/// A body with its arguments put in, and what it still wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pieces: Vec<Piece<String>>,
}

/// Something the caller has to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Want {
    /// The output of a command. It comes from the skill, with arguments in it: it must be judged like any other.
    Command(String),
    /// The text of a file, as it was written: relative to the working folder or, failing that, to the skill's. It may be no
    /// file at all (`@team`).
    File(String),
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The output or the text.
    Text(String),
    /// There is no such file, or the command was not run; the reason is for the model.
    Nothing(String),
}

impl Answer {
    /// The output of a command or the text of a file.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Why there is none.
    #[must_use]
    pub fn nothing(reason: impl Into<String>) -> Self {
        Self::Nothing(reason.into())
    }
}

impl Want {
    /// Whether a command that ended with this code has said what was wanted. Any code but 0 spoils the invocation, except
    /// for 1 of programs that answer with it.
    #[must_use]
    pub fn accepts(&self, exit_code: i32) -> bool {
        let Self::Command(command) = self else { return true };
        let mut words = command.split_whitespace();
        let answers = match words.next() {
            Some("grep" | "egrep" | "fgrep" | "rg" | "find" | "diff" | "test" | "[") => true,
            Some("git") => words.next() == Some("diff"),
            _ => false,
        };
        exit_code == 0 || (exit_code == 1 && answers)
    }
}

impl Plan {
    pub(super) fn new(pieces: Vec<Piece<String>>) -> Self {
        Self { pieces }
    }

    pub(super) fn append(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.truncate(last.trim_end().len());
        }
        self.pieces.push(Piece::Text(text.to_owned()));
    }

    /// What is to be fetched, in order.
    #[must_use]
    pub fn wants(&self) -> Vec<Want> {
        let want = |piece: &Piece<String>| match piece {
            Piece::Text(_) => None,
            Piece::Command(command) => Some(Want::Command(command.clone())),
            Piece::File(path) => Some(Want::File(path.clone())),
        };
        self.pieces.iter().filter_map(want).collect()
    }

    /// The text, with an answer for each of [`wants`](Self::wants); one that is missing counts as nothing.
    #[must_use]
    pub fn render(&self, answers: &[Answer]) -> String {
        let mut answers = answers.iter();
        let (mut text, mut files) = (String::new(), String::new());
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Command(_) => match answers.next() {
                    Some(Answer::Text(output)) => text.push_str(cut(output.trim_end()).as_str()),
                    Some(Answer::Nothing(reason)) => text.push_str(&format!("[{reason}]")),
                    None => text.push_str("[not run]"),
                },
                Piece::File(path) => {
                    text.push('@');
                    text.push_str(path);
                    if let Some(Answer::Text(content)) = answers.next() {
                        let content = cut(content.trim_end()).replace("</file", "<\\/file");
                        files.push_str(&format!(
                            "\n<file path=\"{}\">\n{content}\n</file>\n",
                            path.replace('"', "&quot;")
                        ));
                    }
                }
            }
        }
        text + &files
    }
}

fn cut(text: &str) -> String {
    let kept = tau_memory::text::cut_at_line(text, ANSWER_LIMIT);
    if kept.len() == text.len() {
        return text.to_owned();
    }
    format!("{kept}\n[first {} of {} bytes]", kept.len(), text.len())
}
