//! What an edit makes of a file, and what is said of it.

use std::borrow::Cow;
use std::ops::Range;

use super::args::Replacement;
use crate::builtin::support::{self, Decoded, TextEncoding};
use crate::executor::ToolOutput;

/// The most places of a text that a message names.
const PLACES: usize = 10;

/// What to write and what to say.
pub(super) struct Plan {
    pub(super) content: Vec<u8>,
    pub(super) report: String,
}

pub(super) fn plan(name: &str, content: &[u8], edits: &[Replacement]) -> Result<Plan, ToolOutput> {
    let decoded = decoded(content);
    let plan = match &decoded {
        // In UTF-8 text is looked for as bytes, so that bytes that are none stay what they are.
        None => replace_all(name, content, edits)?,
        Some(decoded) => {
            let plan = replace_all(name, decoded.text.as_bytes(), edits)?;
            let text = String::from_utf8_lossy(&plan.content);
            let content = decoded.encoding.encode(&text, decoded.has_mark).map_err(|character| {
                let encoding = decoded.encoding.name().unwrap_or_default();
                ToolOutput::error(format!(
                    "`{name}` is encoded as {encoding}, which has no {character:?}; nothing was changed."
                ))
            })?;
            Plan { content, ..plan }
        }
    };
    if plan.content == content {
        return Err(ToolOutput::error(format!(
            "`{name}` would stay as it is: its line ends are kept, and nothing else differs."
        )));
    }
    Ok(plan)
}

/// A text that is not UTF-8, if it can be written again as it was.
fn decoded(content: &[u8]) -> Option<Decoded<'_>> {
    let decoded = support::decode(content)?;
    let comes_back =
        || decoded.encoding.encode(&decoded.text, decoded.has_mark).is_ok_and(|same| same == content);
    (decoded.encoding != TextEncoding::Utf8 && !decoded.is_lossy && comes_back()).then_some(decoded)
}

fn replace_all(name: &str, content: &[u8], edits: &[Replacement]) -> Result<Plan, ToolOutput> {
    let mut current = Cow::Borrowed(content);
    let mut report = String::new();
    let mut places = 0;
    for (index, edit) in edits.iter().enumerate() {
        let label = if edits.len() == 1 { String::new() } else { format!("edits[{index}]: ") };
        let (spans, new) = find(name, &label, &current, edit)?;
        let replaced = support::replace(&current, &spans, &new);
        places += spans.len();
        report.push_str(&support::unified(&current, &replaced));
        current = Cow::Owned(replaced.content);
    }
    let count = if places > 1 { format!(" in {places} places") } else { String::new() };
    Ok(Plan { content: current.into_owned(), report: format!("Edited `{name}`{count}:\n{report}") })
}

/// Where the text stands, and what takes its place.
fn find<'a>(
    name: &str,
    label: &str,
    content: &[u8],
    edit: &'a Replacement,
) -> Result<(Vec<Range<usize>>, Cow<'a, str>), ToolOutput> {
    let spans = support::find(content, &edit.old_string);
    match spans.len() {
        1 => return Ok((spans, Cow::Borrowed(&edit.new_string))),
        0 => {}
        _ if edit.replace_all == Some(true) => return Ok((spans, Cow::Borrowed(&edit.new_string))),
        _ => return Err(ambiguous(name, label, content, &spans)),
    }
    match support::find_tolerant(content, &edit.old_string, &edit.new_string) {
        // Who wants every occurrence must know them exactly.
        Some((span, new)) if edit.replace_all != Some(true) => Ok((vec![span], Cow::Owned(new))),
        _ => Err(not_found(name, label, content, &edit.old_string)),
    }
}

fn not_found(name: &str, label: &str, content: &[u8], old: &str) -> ToolOutput {
    let mut text = format!("{label}old_string is not in `{name}`; nothing was changed.");
    if let Some(nearest) = support::nearest(&String::from_utf8_lossy(content), old) {
        text.push(' ');
        text.push_str(&nearest);
    }
    ToolOutput::error(text)
}

fn ambiguous(name: &str, label: &str, content: &[u8], spans: &[Range<usize>]) -> ToolOutput {
    let mut lines: Vec<String> = spans
        .iter()
        .take(PLACES)
        .map(|span| (memchr::memchr_iter(b'\n', &content[..span.start]).count() + 1).to_string())
        .collect();
    if spans.len() > PLACES {
        lines.push("...".to_owned());
    }
    ToolOutput::error(format!(
        "{label}old_string is in `{name}` {} times, at lines {}; nothing was changed. Take in lines around the one you \
         mean, or set replace_all.",
        spans.len(),
        lines.join(", ")
    ))
}
