//! The catalogue as text within a budget.

use std::path::Path;

use crate::skill::Skill;

/// About 80 tokens, so that an entry with its name and path has about 100.
const LONGEST_DESCRIPTION: usize = 400;

/// Below this a description says nothing: better none.
const SHORTEST_DESCRIPTION: usize = 32;

const ELLIPSIS: &str = "…";

/// The rendered catalogue, and what the budget cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The text for the model.
    pub text: String,
    /// Skills whose description was shortened or left out.
    pub shortened: usize,
    /// Skills that were left out.
    pub omitted: usize,
}

struct Line<'a> {
    name: &'a str,
    description: String,
    path: String,
}

pub(crate) fn render<'a>(skills: impl Iterator<Item = &'a Skill>, budget: usize) -> Listing {
    let lines: Vec<Line<'_>> = skills.map(Line::new).collect();
    match description_limit(&lines, budget) {
        Some(limit) => Listing {
            text: lines.iter().map(|line| line.render(limit)).collect(),
            shortened: lines.iter().filter(|line| line.description.len() > limit).count(),
            omitted: 0,
        },
        None => omit(&lines, budget),
    }
}

/// The greatest length of descriptions with which all lines fit; `None` when they do not fit without any.
fn description_limit(lines: &[Line<'_>], budget: usize) -> Option<usize> {
    let fits = |limit: usize| lines.iter().map(|line| line.len(limit)).sum::<usize>() <= budget;
    let longest = lines.iter().map(|line| line.description.len()).max().unwrap_or(0).min(LONGEST_DESCRIPTION);
    if fits(longest) {
        return Some(longest);
    }
    if longest <= SHORTEST_DESCRIPTION || !fits(SHORTEST_DESCRIPTION) {
        return fits(0).then_some(0);
    }
    // Length grows with the limit, so the greatest that fits is found by halving.
    let (mut good, mut bad) = (SHORTEST_DESCRIPTION, longest);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if fits(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
}

/// As many lines without descriptions as leave room for the note on the rest.
fn omit(lines: &[Line<'_>], budget: usize) -> Listing {
    // No note can be longer than the one on all of them.
    let room = budget.saturating_sub(note(lines.len()).len());
    let mut text = String::new();
    let mut listed = 0;
    for line in lines {
        if text.len() + line.len(0) > room {
            break;
        }
        text.push_str(&line.render(0));
        listed += 1;
    }
    let omitted = lines.len() - listed;
    let note = note(omitted);
    if text.len() + note.len() <= budget {
        text.push_str(&note);
    }
    let shortened = lines[..listed].iter().filter(|line| !line.description.is_empty()).count();
    Listing { text, shortened, omitted }
}

fn note(omitted: usize) -> String {
    format!("(skills not listed: {omitted})\n")
}

impl<'a> Line<'a> {
    fn new(skill: &'a Skill) -> Self {
        Self { name: &skill.name, description: one_line(&skill.description), path: printable(&skill.path) }
    }

    /// An upper bound of the rendered length, exact where nothing is cut.
    fn len(&self, limit: usize) -> usize {
        let description = self.description.len().min(limit);
        let separator = if description == 0 { 0 } else { ": ".len() };
        "- ".len() + self.name.len() + separator + description + " ()\n".len() + self.path.len()
    }

    fn render(&self, limit: usize) -> String {
        let description = shorten(&self.description, limit);
        let separator = if description.is_empty() { "" } else { ": " };
        format!("- {}{separator}{description} ({})\n", self.name, self.path)
    }
}

/// At most `limit` bytes, the ellipsis included.
fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let Some(room) = limit.checked_sub(ELLIPSIS.len()) else { return String::new() };
    let cut = &text[..text.floor_char_boundary(room)];
    format!("{}{ELLIPSIS}", cut.trim_end())
}

/// Line breaks would let a description pose as further entries of the list.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn printable(path: &Path) -> String {
    path.to_string_lossy().replace(char::is_control, "\u{fffd}")
}
