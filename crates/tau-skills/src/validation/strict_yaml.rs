//! The subset of YAML that `strictyaml` reads: every scalar is text, and whatever has a second way to be written is an error.

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle};

const MERGE: &str = "<<";

/// Text nested deeper than this is nothing anybody wrote.
const DEPTH: usize = 100;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Scalar(String),
    /// A plain `<<` or `=`, which the reference does not take for text.
    Special(&'static str),
    List(Vec<Node>),
    /// In the order they were written; no key occurs twice.
    Mapping(Vec<(String, Node)>),
}

/// Why text is not strict YAML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlIssue {
    /// Not YAML at all.
    #[error("a mistake of syntax at line {line}, column {column}")]
    Syntax {
        /// Line of the front matter, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A control character.
    #[error("a character that cannot be printed")]
    Unprintable,
    /// A tab between words.
    #[error("a tab outside of quotes, at line {line}")]
    Tab {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// `[a, b]` or `{a: b}`.
    #[error("a list or mapping in brackets, at line {line}; quote it or write a line for each entry")]
    Flow {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// `&name` or `*name`.
    #[error("an anchor or alias, at line {line}")]
    Anchor {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// `!type`.
    #[error("a tag, at line {line}")]
    Tag {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// A key that occurs twice.
    #[error("a key that occurs twice, at line {line}")]
    DuplicateKey {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// A key that is a list or mapping.
    #[error("a key that is not text, at line {line}")]
    ComplexKey {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// `<<` with something other than mappings.
    #[error("`<<` without a mapping, at line {line}")]
    Merge {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// Mappings beside each other that are indented differently.
    #[error("a mapping that is indented unlike the one before, at line {line}")]
    Indentation {
        /// Line of the front matter, from 1.
        line: usize,
    },
    /// A second document.
    #[error("a second document")]
    SecondDocument,
    /// Nested deeper than is read.
    #[error("nested too deep")]
    TooDeep,
}

/// Parses one document. Text without a mapping or list is a scalar, whatever it holds.
pub(super) fn parse(source: &str) -> Result<Node, YamlIssue> {
    if !source.chars().all(is_printable) {
        return Err(YamlIssue::Unprintable);
    }
    let mut source = as_the_reference_reads(source);
    loop {
        let mut reader = Reader { parser: Parser::new_from_str(&source), source: &source, checked: 0 };
        match reader.document() {
            Err(Mistake { comment: Some(at), .. }) => source.insert(at, ' '),
            Err(Mistake { issue, .. }) => return Err(issue),
            Ok(node) => return Ok(node),
        }
    }
}

/// The source with what the reference takes and YAML does not made into something of the same length that both take: a byte
/// order mark inside of text, half of a surrogate pair as an escape, which Python's text can hold, and line breaks.
fn as_the_reference_reads(source: &str) -> String {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source).replace('\u{feff}', "\u{fffd}");
    let source = with_plain_line_breaks(&source);
    let mut out = String::with_capacity(source.len());
    let mut rest = source.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let digits = escape.get(2..6).filter(|_| escape[1..].starts_with('u'));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let (read, length) = match code {
            Some(0xd800..=0xdfff) => ("\\ufffd", 6),
            // Two backslashes are one escape, so what follows them is none.
            _ => {
                let length = 1 + escape[1..].chars().next().map_or(0, char::len_utf8);
                (&escape[..length], length)
            }
        };
        out.push_str(read);
        rest = &escape[length..];
    }
    out.push_str(rest);
    out
}

/// The rarer line breaks as the common one. Behind them the reference goes on counting columns, so blanks stand for those.
fn with_plain_line_breaks(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut column = 0;
    for c in source.chars() {
        column = if c == '\n' { 0 } else { column + 1 };
        match c {
            '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', column));
            }
            c => out.push(c),
        }
    }
    out
}

/// What is wrong, and where a blank would make it right: the reference takes a comment right behind a quote.
struct Mistake {
    issue: YamlIssue,
    comment: Option<usize>,
}

impl From<YamlIssue> for Mistake {
    fn from(issue: YamlIssue) -> Self {
        Self { issue, comment: None }
    }
}

/// What may be merged into a mapping.
fn is_mergeable(value: &Node) -> bool {
    match value {
        Node::Mapping(_) => true,
        Node::List(items) => items.iter().all(|item| matches!(item, Node::Mapping(_))),
        Node::Scalar(_) | Node::Special(_) => false,
    }
}

/// What the reference's reader lets through.
fn is_printable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        || c >= '\u{10000}'
}

struct Reader<'a> {
    parser: Parser<'a, granit_parser::StrInput<'a>>,
    source: &'a str,
    /// The offset up to which there is no stray tab.
    checked: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Node, Mistake> {
        let mut document = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(document.unwrap_or_else(|| Node::Scalar(String::new()))),
                _ if document.is_some() => return Err(YamlIssue::SecondDocument.into()),
                event => document = Some(self.node(event, span, 0)?),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Mistake> {
        loop {
            let (event, span) = match self.parser.next_event() {
                Some(Ok(next)) => next,
                Some(Err(error)) => return Err(self.mistake(error.marker())),
                None => return Ok((Event::StreamEnd, Span::default())),
            };
            self.check_tabs(&event, &span)?;
            if !matches!(event, Event::Comment(..)) {
                return Ok((event, span));
            }
        }
    }

    fn mistake(&self, at: &Marker) -> Mistake {
        let is_comment = |at: &usize| {
            let (before, after) = self.source.split_at_checked(*at).unwrap_or_default();
            after.starts_with('#') && before.ends_with(['\'', '"'])
        };
        let issue = YamlIssue::Syntax { line: at.line(), column: at.col() + 1 };
        Mistake { issue, comment: at.byte_offset().filter(is_comment) }
    }

    /// Between tokens and in plain scalars the reference takes no tab, where YAML does.
    fn check_tabs(&mut self, event: &Event<'_>, span: &Span) -> Result<(), YamlIssue> {
        let (Some(start), Some(end)) = (span.start.byte_offset(), span.end.byte_offset()) else {
            return Ok(());
        };
        let (start, end) = match event {
            Event::Comment(..)
            | Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, ..) => (start, end),
            // The rest of the line with the indicator is no text.
            Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => {
                let text = self.source.get(start..end).unwrap_or_default();
                (start + text.find('\n').unwrap_or(text.len()), end)
            }
            Event::StreamEnd => (self.source.len(), self.source.len()),
            _ => return Ok(()),
        };
        let before = self.source.get(self.checked..start).unwrap_or_default();
        self.checked = self.checked.max(end);
        match before.find('\t') {
            Some(at) => {
                let up_to = &self.source[..start - before.len() + at];
                Err(YamlIssue::Tab { line: 1 + up_to.matches('\n').count() })
            }
            None => Ok(()),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Mistake> {
        let line = span.start.line();
        if depth > DEPTH {
            return Err(YamlIssue::TooDeep.into());
        }
        if event.tag().is_some() {
            return Err(YamlIssue::Tag { line }.into());
        }
        if event.is_alias() || event.anchor_id().is_some() {
            return Err(YamlIssue::Anchor { line }.into());
        }
        match event {
            Event::Scalar(_, ScalarStyle::Plain, ..) if span.is_empty() => Ok(Node::Scalar(String::new())),
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == MERGE => Ok(Node::Special(MERGE)),
            Event::Scalar(text, ScalarStyle::Plain, ..) if text == "=" => Ok(Node::Special("=")),
            Event::Scalar(text, ..) => Ok(Node::Scalar(text.into_owned())),
            Event::SequenceStart(StructureStyle::Block, ..) => self.list(depth),
            Event::MappingStart(StructureStyle::Block, ..) => self.mapping(depth),
            Event::SequenceStart(..) | Event::MappingStart(..) => Err(YamlIssue::Flow { line }.into()),
            _ => Err(YamlIssue::Syntax { line, column: span.start.col() + 1 }.into()),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, Mistake> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node::List(items)),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Node, Mistake> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        let mut indentation = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Node::Mapping(entries));
            }
            let line = span.start.line();
            let (key, is_merge) = match self.node(event, span, depth + 1)? {
                Node::Scalar(key) => (key, false),
                Node::Special(key) => (key.to_owned(), key == MERGE),
                Node::List(_) | Node::Mapping(_) => return Err(YamlIssue::ComplexKey { line }.into()),
            };
            let (event, span) = self.next()?;
            let column = span.start.col();
            let value = self.node(event, span, depth + 1)?;
            if is_merge && !is_mergeable(&value) {
                return Err(YamlIssue::Merge { line }.into());
            }
            if entries.iter().any(|(other, _)| *other == key) {
                return Err(YamlIssue::DuplicateKey { line }.into());
            }
            if matches!(value, Node::Mapping(_)) && *indentation.get_or_insert(column) != column {
                return Err(YamlIssue::Indentation { line: span.start.line() }.into());
            }
            entries.push((key, value));
        }
    }
}
