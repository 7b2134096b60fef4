//! What is wrong with the configuration, shown where it stands.

use std::ops::Range;
use std::path::Path;

use figment::error::Kind;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use tau_core::config::ConfigError;

/// The configuration cannot be used. Prints with file, line, column and caret where there is a file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct LoadError {
    message: String,
    help: Option<String>,
    source_code: Option<NamedSource<String>>,
    span: Option<Range<usize>>,
}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source_code.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::at(span, "here"))))
    }
}

impl LoadError {
    /// A mistake in a file.
    pub(super) fn in_file(path: &Path, text: &str, message: &str, span: Option<Range<usize>>) -> Self {
        // An empty span at the very end has nothing to point at: point at the last character.
        let span = span.map(|span| {
            let end = span.end.min(text.len());
            let start = span.start.min(end.saturating_sub(usize::from(span.start >= text.len())));
            text.floor_char_boundary(start)..text.ceil_char_boundary(end.max(start))
        });
        Self {
            message: format!("{}: {}", path.display(), message.lines().next().unwrap_or_default()),
            help: suggestion(message),
            source_code: Some(NamedSource::new(path.display().to_string(), text.to_owned())),
            span,
        }
    }

    /// A mistake in a variable or a flag: files were checked before.
    pub(super) fn from_figment(error: figment::Error) -> Self {
        let path = error.path.join(".");
        let place = error.metadata.as_ref().map(|metadata| metadata.name.to_string()).unwrap_or_default();
        let (message, help) = match &error.kind {
            Kind::UnknownField(field, known) => {
                let variable = format!("TAU_{}", [&path, field.as_str()].iter().filter(|p| !p.is_empty()).map(|p| p.replace('.', "__").to_uppercase()).collect::<Vec<_>>().join("__"));
                (format!("`{variable}` sets no key of the configuration"), nearest(field, known.iter().copied()))
            }
            kind => (format!("`{path}`: {kind}"), None),
        };
        let place = if place.is_empty() { String::new() } else { format!(" (from {place})") };
        let help = help.or_else(|| Some("see `tau schema config` for the keys and their types".to_owned()));
        Self { message: format!("{message}{place}"), help, source_code: None, span: None }
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
