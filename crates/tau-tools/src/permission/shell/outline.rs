//! What is known of a command line: its simple commands, with their words taken apart.

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Characters that stand for themselves: quoted, escaped or plain.
    Text(String),
    /// Characters that stand for themselves, or for more where they meet others: `*`, `?`, `[`, `{`, `,`, `}`, `~`.
    Special(char),
    /// The value of a variable; whether it is split into words.
    Variable { name: String, quoted: bool },
    /// The value of a variable, or a text where it has none.
    Fallback { name: String, text: String, quoted: bool },
    /// What a substitution says that only says it: `$(echo rm)`.
    Said { text: String, quoted: bool },
    /// What only the shell will know: a substitution, arithmetic, any other expansion.
    Unknown { quoted: bool },
}

/// A word as it was written, and what it consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) raw: String,
    pub(crate) parts: Vec<Part>,
    /// Whether any of it is quoted, so that it is a word even when it is empty.
    pub(crate) quoted: bool,
}

/// Where a redirection leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// The operator without a descriptor: `>`, `>>`, `<<`, `>&`...
    pub(crate) operator: &'static str,
    pub(crate) target: Word,
}

/// A simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) assignments: Vec<Word>,
    pub(crate) words: Vec<Word>,
    pub(crate) redirects: Vec<Redirect>,
    /// Whether it stands in a substitution.
    pub(crate) nested: bool,
}

/// Text inside a command line that is to be read as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Nested {
    /// A command line: what stands between backticks.
    Script(String),
    /// Text in which expansions count: a heredoc.
    Text(String),
}

/// A command line as a list of its simple commands, whatever holds them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) commands: Vec<Command>,
    /// Words that are expanded and are no commands: lists of loops, patterns, elements of arrays.
    pub(crate) loose: Vec<Word>,
    /// What loops go over: the name, `in`, and the words.
    pub(crate) loops: Vec<Vec<Word>>,
    pub(crate) nested: Vec<Nested>,
    /// The command lines of its substitutions, which stand in `commands` too.
    pub(crate) substitutions: Vec<String>,
    /// Bodies of heredocs, expanded or not.
    pub(crate) heredocs: Vec<String>,
    /// How deep it is nested.
    pub(crate) depth: usize,
    /// Whether it holds more than lists and pipelines of simple commands.
    pub(crate) compound: bool,
    /// Whether it defines functions.
    pub(crate) functions: bool,
    /// Whether it holds what cannot be compared with other parsers.
    pub(crate) odd: bool,
    /// Whether it ended in the middle of something.
    pub(crate) torn: bool,
    /// Whether it is nested deeper than is looked at.
    pub(crate) overflow: bool,
}

/// What parsers are compared by: words as written, command by command, and redirections.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) commands: Vec<Vec<String>>,
    pub(crate) redirects: Vec<(String, String)>,
}

impl Outline {
    /// What stands at its top level.
    pub(crate) fn shape(&self) -> Shape {
        let mut shape = Shape::default();
        for command in self.commands.iter().filter(|command| !command.nested) {
            let words = command.assignments.iter().chain(&command.words).map(|word| word.raw.clone());
            shape.push(words.collect());
            let redirects = command.redirects.iter();
            shape.redirects.extend(
                redirects.map(|redirect| (redirect.operator.to_owned(), redirect.target.raw.clone())),
            );
        }
        shape
    }
}

impl Command {
    /// What it says, if it is `echo` or `printf` and only says what stands there.
    pub(crate) fn said(&self) -> Option<String> {
        let words: Vec<String> = self.words.iter().map(Word::literal).collect::<Option<_>>()?;
        let (program, said) = words.split_first()?;
        let is_bare = self.assignments.is_empty() && self.redirects.is_empty();
        let is_said = match program.as_str() {
            "echo" => said.first().is_none_or(|first| !first.starts_with('-')),
            "printf" => matches!(said, [only] if !only.contains(['%', '\\']) && !only.starts_with('-')),
            _ => false,
        };
        (is_bare && is_said).then(|| said.join(" "))
    }
}

impl Shape {
    /// Adds a command, unless it has no words.
    pub(crate) fn push(&mut self, words: Vec<String>) {
        if !words.is_empty() {
            self.commands.push(words);
        }
    }
}

impl Word {
    /// The text after the shell removed quotes, if the shell does nothing else with the word.
    pub(crate) fn literal(&self) -> Option<String> {
        let mut text = String::new();
        for (at, part) in self.parts.iter().enumerate() {
            match part {
                Part::Text(piece) => text.push_str(piece),
                Part::Special(special) if self.is_plain(at, *special) => text.push(*special),
                _ => return None,
            }
        }
        Some(text)
    }

    /// Whether a special character stands for itself where it stands.
    fn is_plain(&self, at: usize, special: char) -> bool {
        let specials = |wanted: char| self.parts.contains(&Part::Special(wanted));
        match special {
            // Alone it is the command `[`, without its partner it is itself.
            '[' => !self.raw.contains(']'),
            '{' | '}' | ',' => !(specials('{') && (specials(',') || self.raw.contains(".."))),
            '~' => !self.expands_tilde(at),
            _ => false,
        }
    }

    /// A tilde is expanded at the start, and after `=` or `:` where a shell may take the word for an assignment.
    fn expands_tilde(&self, at: usize) -> bool {
        match at.checked_sub(1).map(|before| &self.parts[before]) {
            None => true,
            Some(Part::Text(before)) => before.ends_with(['=', ':']),
            Some(_) => false,
        }
    }
}
