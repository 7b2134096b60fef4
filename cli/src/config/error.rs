//! What is wrong with the configuration, shown where it stands.

use std::ops::Range;
use std::path::Path;

use figment::error::Kind;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use tau_core::config::ConfigError;

use super::file::Problem;
use super::mask;

/// The configuration cannot be used. Prints with file, line, column and caret where there is a file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct LoadError {
    message: String,
    help: Option<String>,
    source_code: Option<Box<NamedSource<String>>>,
    span: Option<Range<usize>>,
}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source_code.as_deref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::at(span, "here"))))
    }
}

impl LoadError {
    /// A mistake in a file. What may be a secret is hidden from the text that is shown.
    pub(super) fn in_file(path: &Path, text: &str, problem: Problem) -> Self {
        let secrets = mask::secrets(text);
        let span = problem.span.map(|span| within(text, span));
        let hides = |span: &Range<usize>| {
            secrets.iter().any(|secret| secret.start < span.end && span.start < secret.end)
        };
        // A message about a value may repeat it.
        let message = match &span {
            Some(span) if hides(span) && problem.message.starts_with("invalid") => {
                "this must be a text in quotes"
            }
            _ => problem.message.lines().next().unwrap_or_default(),
        };
        Self {
            message: format!("{}: {message}", path.display()),
            help: suggestion(&problem.message),
            source_code: Some(Box::new(NamedSource::new(
                path.display().to_string(),
                mask::masked(text, &secrets),
            ))),
            span,
        }
    }

    /// A mistake in a `TAU_*` variable.
    pub(super) fn in_variable(error: &figment::Error) -> Self {
        let variable = |path: &[String]| format!("TAU_{}", path.join("__").to_uppercase());
        let (message, help) = match &error.kind {
            Kind::UnknownField(field, known) => {
                let mut path = error.path.clone();
                if path.last() != Some(field) {
                    path.push(field.clone());
                }
                let message = format!("the variable {} sets no key of the configuration", variable(&path));
                let near = nearest(field, known.iter().copied());
                (message, near)
            }
            kind => (format!("the variable {}: {kind}", variable(&error.path)), None),
        };
        let help = help.or_else(|| Some("see `tau schema config` for the keys and their types".to_owned()));
        Self { message, help, source_code: None, span: None }
    }

    /// Problems that no layer has by itself.
    pub(crate) fn from_problems(problems: &[ConfigError]) -> Self {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let count = lines.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Self {
            message: format!("the configuration has {count} {noun}:\n  {}", lines.join("\n  ")),
            help: Some("`tau config show --origin` says where each value comes from".to_owned()),
            source_code: None,
            span: None,
        }
    }
}

/// The span inside of the text, on its characters. One at the end of a line or of the text has nothing to point
/// at: it gets the character before.
fn within(text: &str, span: Range<usize>) -> Range<usize> {
    let end = text.ceil_char_boundary(span.end.min(text.len()));
    let start = text.floor_char_boundary(span.start.min(end));
    let is_blank = text[start..end].trim_matches(['\r', '\n']).is_empty();
    match text[..start].char_indices().next_back() {
        Some((before, c)) if is_blank && c != '\n' => before..start,
        _ => start..end,
    }
}

/// "did you mean ...?" out of serde's message about an unknown field or variant.
fn suggestion(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    nearest(unknown, quoted)
}

fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.collect();
    let best = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(unknown, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((_, candidate)) => Some(format!("did you mean `{candidate}`?")),
        None if known.is_empty() => None,
        None => Some(format!("known here: {}", known.join(", "))),
    }
}
