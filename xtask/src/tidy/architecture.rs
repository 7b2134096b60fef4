//! ARCHITECTURE.md has an invariant for each crate and names none that is gone.

use crate::tidy::tree::Tree;
use crate::tidy::violation::Violation;
use crate::workspace::Member;

const RULE: &str = "architecture";
const FILE: &str = "ARCHITECTURE.md";
/// The ways the marker of an invariant is written.
const MARKERS: [&str; 3] = ["**Invariant**", "**Invariant:**", "**Invariant.**"];
/// Prefix of the names of our crates.
const PREFIX: &str = "tau-";
/// The folders of crates.
const FOLDERS: [&str; 3] = ["crates/", "extensions/", "support/"];

/// Compares the document with the workspace.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(file) = tree.file(FILE) else {
        let message = "is missing; write a section with an invariant for each crate";
        return vec![Violation::error(FILE, 1, RULE, message)];
    };
    let lines = prose(&file.text);
    let mut violations: Vec<Violation> =
        tree.workspace.members.iter().filter_map(|member| section(member, &lines)).collect();
    for line in &lines {
        for word in code_words(line.text).filter(|word| is_gone(tree, word)) {
            let message = format!("names `{word}`, which does not exist; mend the name or remove it");
            violations.push(Violation::error(FILE, line.number, RULE, message));
        }
    }
    violations
}

/// A line outside code blocks.
struct Line<'a> {
    number: usize,
    text: &'a str,
    /// Depth of the heading, 0 for other lines.
    heading: usize,
}

fn prose(text: &str) -> Vec<Line<'_>> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, text) in text.lines().enumerate() {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let marks = text.bytes().take_while(|byte| *byte == b'#').count();
            let heading = if text[marks..].starts_with(' ') { marks } else { 0 };
            lines.push(Line { number: index + 1, text, heading });
        }
    }
    lines
}

/// What the section of the member lacks.
fn section(member: &Member, lines: &[Line<'_>]) -> Option<Violation> {
    let name = format!("`{}`", member.name);
    let Some(start) = lines.iter().position(|line| line.heading > 0 && line.text.contains(&name)) else {
        let message =
            format!("has no section for {name}; add a heading with the name and an invariant below");
        return Some(Violation::error(FILE, 1, RULE, message));
    };
    let heading = &lines[start];
    let below = lines[start + 1..].iter();
    let mut body = below.take_while(|line| line.heading == 0 || line.heading > heading.heading);
    // The marker alone is no invariant.
    let says = |line: &Line<'_>| {
        MARKERS.iter().any(|marker| {
            line.text.split_once(marker).is_some_and(|(_, rest)| rest.chars().any(char::is_alphabetic))
        })
    };
    if body.any(says) {
        return None;
    }
    let message = format!("the section of {name} states no invariant; add a paragraph `**Invariant**: ...`");
    Some(Violation::error(FILE, heading.number, RULE, message))
}

/// The words inside the inline code of a line.
fn code_words(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split('`').enumerate().filter(|(index, _)| index % 2 == 1).map(|(_, code)| code);
    let words =
        code.flat_map(|code| code.split(|c: char| !(c.is_ascii_alphanumeric() || "-_./*<>".contains(c))));
    words.map(|word| word.trim_end_matches(['.', '/']))
}

/// Whether the word has the form of a crate or a path to one, and there is none.
fn is_gone(tree: &Tree, word: &str) -> bool {
    if word.contains(['*', '<', '>']) {
        return false;
    }
    if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
        return !tree.root.join(word).exists();
    }
    if !word.starts_with(PREFIX) {
        return false;
    }
    let name = word.split(['/', '.']).next().unwrap_or(word);
    let mut targets = tree.workspace.members.iter().flat_map(|member| &member.targets);
    tree.workspace.member(name).is_none() && !targets.any(|target| target.name == name)
}
