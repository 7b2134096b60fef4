//! What a text that was not found might have meant.

use similar::TextDiff;

use super::lines::cut_line;

/// Lines looked at and shown, and characters of each.
const LINES_SEARCHED: usize = 50_000;
const LINES_SHOWN: usize = 10;
const LINE_CHARS: usize = 200;
/// How alike lines must be to be shown.
const ALIKE: f32 = 0.6;

/// The lines of the content most like a text, with their numbers, and a word on what differs.
pub(in crate::builtin) fn nearest(content: &str, text: &str) -> Option<String> {
    let lines: Vec<&str> = content.lines().take(LINES_SEARCHED).collect();
    let wanted: Vec<&str> = text.trim_matches('\n').lines().collect();
    if let Some(start) = same_but_for_blanks(&lines, &wanted) {
        let shown = show(&lines, start, wanted.len());
        return Some(format!("These lines differ from it in white space alone:\n{shown}"));
    }
    let start = most_alike(&lines, &wanted)?;
    Some(format!("The most similar lines are:\n{}", show(&lines, start, wanted.len())))
}

fn show(lines: &[&str], start: usize, count: usize) -> String {
    let end = (start + count.clamp(1, LINES_SHOWN)).min(lines.len());
    let numbered = lines[start..end]
        .iter()
        .zip(start + 1..)
        .map(|(line, number)| format!("{number}\t{}", cut_line(line, LINE_CHARS)));
    numbered.collect::<Vec<_>>().join("\n")
}

fn same_but_for_blanks(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    if wanted.is_empty() || wanted.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let alike = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
    lines.windows(wanted.len()).position(|window| window.iter().zip(wanted).all(|(a, b)| alike(a, b)))
}

/// Where the lines would stand if the longest of them stands at the line most like it.
fn most_alike(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    let (offset, anchor) = wanted.iter().enumerate().max_by_key(|(_, line)| line.trim().len())?;
    let anchor = start_of(anchor.trim());
    let counts = byte_counts(anchor);
    let mut best: Option<(f32, usize)> = None;
    for (index, line) in lines.iter().enumerate() {
        let line = start_of(line.trim());
        let floor = best.map_or(ALIKE, |(ratio, _)| ratio);
        // Comparing is dear; most lines cannot be more alike than what was found.
        if at_most(&counts, anchor.len(), line) <= floor {
            continue;
        }
        let ratio = TextDiff::from_chars(anchor, line).ratio();
        if ratio > floor {
            best = Some((ratio, index));
        }
    }
    best.map(|(_, index)| index.saturating_sub(offset))
}

fn start_of(line: &str) -> &str {
    line.char_indices().nth(LINE_CHARS).map_or(line, |(end, _)| &line[..end])
}

fn byte_counts(line: &str) -> [u16; 256] {
    let mut counts = [0; 256];
    for byte in line.bytes() {
        counts[usize::from(byte)] += 1;
    }
    counts
}

/// An upper bound of how alike two lines are: the share of bytes they have in common, in any order.
fn at_most(counts: &[u16; 256], len: usize, line: &str) -> f32 {
    let mut left = *counts;
    let mut common = 0_u16;
    for byte in line.bytes() {
        let count = &mut left[usize::from(byte)];
        if *count > 0 {
            *count -= 1;
            common += 1;
        }
    }
    let total = u16::try_from(len + line.len()).unwrap_or(u16::MAX).max(1);
    2.0 * f32::from(common) / f32::from(total)
}
