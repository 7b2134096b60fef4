//! Search by looking at every text.

use crate::store::words;

/// How many bytes of text an excerpt shows before and after the first word found, about.
const AROUND: usize = 60;

/// The part of the text around the first word, if all words are in the text.
pub(super) fn excerpt(text: &str, wanted: &[String]) -> Option<String> {
    let present: std::collections::BTreeSet<String> = words(text).collect();
    if !wanted.iter().all(|word| present.contains(word)) {
        return None;
    }
    let first = wanted.first()?;
    let runs = text.split(|c: char| !c.is_alphanumeric());
    let start = runs
        .filter(|run| run.to_lowercase() == *first)
        .map(|run| run.as_ptr().addr() - text.as_ptr().addr())
        .next()?;
    let from = text.floor_char_boundary(start.saturating_sub(AROUND));
    let to = text.ceil_char_boundary((start + AROUND).min(text.len()));
    text.get(from..to).map(str::to_owned)
}
