//! The table of verdicts.

use super::support::{policy, verdict};

#[test]
fn every_row_of_the_table() {
    rows(include_str!("table.txt"), 650);
}

#[test]
fn every_row_of_the_evasions() {
    rows(include_str!("evasions.txt"), 850);
}

fn rows(table: &str, least: usize) {
    let mut rules = String::new();
    let mut judge = policy("");
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines() {
        if let Some(given) = line.strip_prefix('@') {
            rules = given.trim().to_owned();
            judge = policy(&rules);
            continue;
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (row, why) = line.rsplit_once("  # ").unwrap_or_else(|| panic!("a row without a reason: {line}"));
        let (expected, call) = row.split_at(6);
        let signs = [
            ('⏎', '\n'),
            ('␀', '\0'),
            ('␛', '\x1b'),
            ('␍', '\r'),
            ('␢', '\u{a0}'),
            ('⌀', '\u{200b}'),
            ('↶', '\u{202e}'),
        ];
        let call: String = call
            .chars()
            .map(|each| signs.iter().find(|(sign, _)| *sign == each).map_or(each, |(_, meant)| *meant))
            .collect();
        let found = verdict(&judge, &repeated(&call));
        rows += 1;
        if found.decision.as_str() != expected.trim() || found.reason.is_empty() {
            wrong.push(format!("[{rules}] {row}  # {why}\n    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {rows} rows:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows >= least, "{rows} rows");
}

/// A call with what stands in it as `{80×a;}` as often as it says.
fn repeated(call: &str) -> String {
    let mut made = String::new();
    let mut rest = call;
    while let Some((before, count, text, after)) = next_repeated(rest) {
        made.push_str(before);
        made.push_str(&text.repeat(count));
        rest = after;
    }
    made + rest
}

fn next_repeated(text: &str) -> Option<(&str, usize, &str, &str)> {
    let (before, repeated) = text.split_once('×')?;
    let (before, count) = before.rsplit_once('{')?;
    let (repeated, after) = repeated.split_once('}')?;
    Some((before, count.parse().ok()?, repeated, after))
}
