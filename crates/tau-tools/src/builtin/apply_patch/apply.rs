//! What a file becomes.

use std::ops::Range;

use super::parse::{Hunk, Sign};

/// The most places that a message names.
const PLACES: usize = 10;

/// The text after the changes, each below the one before it.
///
/// # Errors
/// Which change finds no place, or several.
pub(super) fn apply(text: &str, hunks: &[Hunk]) -> Result<String, String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let end = if lines.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let mut output = String::with_capacity(text.len());
    let mut cursor = 0;
    for (index, hunk) in hunks.iter().enumerate() {
        let place =
            place(&lines, cursor, hunk).map_err(|problem| format!("change {}: {problem}", index + 1))?;
        for line in &lines[cursor..place.start] {
            push(&mut output, line, end);
        }
        put(&mut output, &lines[place.clone()], hunk, end);
        cursor = place.end;
    }
    for line in &lines[cursor..] {
        push(&mut output, line, end);
    }
    Ok(output)
}

/// Adds a line to a text whose last one may have no end.
fn push(output: &mut String, line: &str, end: &str) {
    if !output.is_empty() && !output.ends_with('\n') {
        output.push_str(end);
    }
    output.push_str(line);
}

/// Lines that stay are those of the file, not those of the patch.
fn put(output: &mut String, place: &[&str], hunk: &Hunk, end: &str) {
    let mut old = place.iter();
    for (sign, text) in &hunk.lines {
        match sign {
            Sign::Stays => old.next().into_iter().for_each(|line| push(output, line, end)),
            Sign::Goes => {
                old.next();
            }
            Sign::Comes => {
                push(output, text, end);
                output.push_str(end);
            }
        }
    }
}

/// Where the lines stand that the change says are there.
fn place(lines: &[&str], cursor: usize, hunk: &Hunk) -> Result<Range<usize>, String> {
    let mut from = cursor;
    for anchor in &hunk.anchors {
        let found = lines[from..].iter().position(|line| line.trim() == anchor.trim());
        let found = found.or_else(|| lines[from..].iter().position(|line| line.contains(anchor.trim())));
        from += found.ok_or_else(|| format!("no line `{anchor}` is there below the change before it"))? + 1;
    }
    let old: Vec<&str> =
        hunk.lines.iter().filter(|(sign, _)| *sign != Sign::Comes).map(|(_, text)| text.as_str()).collect();
    if old.is_empty() {
        // Lines that come alone: below the line that tells where, else at the end.
        let at = if hunk.anchors.is_empty() || hunk.is_last { lines.len() } else { from };
        return Ok(at..at);
    }
    let exact = |line: &str, old: &str| without_end(line) == old;
    let but_for_blanks = |line: &str, old: &str| line.trim_end() == old.trim_end();
    let mut found = find(lines, from, &old, exact);
    if found.is_empty() {
        found = find(lines, from, &old, but_for_blanks);
    }
    if hunk.is_last {
        found.retain(|start| start + old.len() == lines.len());
    }
    match found.as_slice() {
        [] => Err(format!(
            "its lines are not there below the change before it, or differ; the first is `{}`",
            old.iter().find(|line| !line.trim().is_empty()).unwrap_or(&"")
        )),
        [start] => Ok(*start..start + old.len()),
        [start, ..] if !hunk.anchors.is_empty() => Ok(*start..start + old.len()),
        several => {
            let numbers: Vec<String> = several.iter().take(PLACES).map(|at| (at + 1).to_string()).collect();
            Err(format!(
                "its lines are there {} times, at lines {}; say which with @@ and a line above, or take in more lines",
                several.len(),
                numbers.join(", ")
            ))
        }
    }
}

fn find(lines: &[&str], from: usize, old: &[&str], is_same: impl Fn(&str, &str) -> bool) -> Vec<usize> {
    let windows = lines[from..].windows(old.len()).enumerate();
    windows
        .filter(|(_, window)| window.iter().zip(old).all(|(line, old)| is_same(line, old)))
        .map(|(at, _)| from + at)
        .collect()
}

fn without_end(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}
