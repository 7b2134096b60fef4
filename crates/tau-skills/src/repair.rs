//! A second chance for front matter that is not YAML.
//!
//! Authors write `description: Use when: a diff is ready` and `argument-hint: [issue] [branch]`, and other clients load
//! them. An entry that does not parse by itself has its value taken as literal text.

use crate::yaml;

/// The source with its broken entries quoted; `None` when there is nothing to quote.
pub(crate) fn repair(source: &str) -> Option<String> {
    let mut repaired = String::with_capacity(source.len() + 16);
    for entry in entries(source) {
        match yaml::parse(entry) {
            Ok(_) => repaired.push_str(entry),
            Err(_) => repaired.push_str(&repair_entry(entry)),
        }
    }
    (repaired != source).then_some(repaired)
}

/// Splits before every line that starts at the margin, so that an entry is a key with all that belongs to it.
fn entries(source: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let mut offset = 0;
    for line in source.split_inclusive('\n') {
        let at_margin = line.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '-');
        if at_margin || offset == 0 {
            starts.push(offset);
        }
        offset += line.len();
    }
    starts.push(source.len());
    starts.windows(2).map(|pair| &source[pair[0]..pair[1]]).collect()
}

fn repair_entry(entry: &str) -> String {
    let (first, rest) = entry.split_once('\n').unwrap_or((entry, ""));
    match key_and_value(first) {
        Some((key, value)) if is_literal(value) => {
            // A plain value may go on in the lines below; YAML folds them with blanks.
            let more = rest.lines().map(str::trim).filter(|line| !line.is_empty());
            let whole: Vec<&str> = std::iter::once(value).chain(more).collect();
            format!("{key}: {}\n", quote(&whole.join(" ")))
        }
        Some((key, "")) => {
            let lines = rest.split_inclusive('\n').map(repair_nested_line);
            format!("{key}:\n{}", lines.collect::<String>())
        }
        _ => entry.to_owned(),
    }
}

/// A line below a key: its tabs made blanks, and its value quoted where it does not parse.
fn repair_nested_line(line: &str) -> String {
    let content = line.trim_start();
    let indent = line[..line.len() - content.len()].replace('\t', "  ");
    if yaml::parse(content).is_ok() {
        return format!("{indent}{content}");
    }
    match key_and_value(content) {
        Some((key, value)) if is_literal(value) => format!("{indent}{key}: {}\n", quote(value)),
        _ => format!("{indent}{content}"),
    }
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let separated = value.is_empty() || value.starts_with(char::is_whitespace);
    (plain && separated).then(|| (key, value.trim()))
}

/// Whether a value can be meant as text on its line; block scalars cannot.
fn is_literal(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['|', '>'])
}

fn quote(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}
