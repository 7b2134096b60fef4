//! Which skills a prompt is about.
//!
//! Words are compared, by their stems and without the commonest ones. A word counts for more the fewer skills have it, and
//! three times in a name. It is no understanding: it is cheap, the same every time, and says why.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Catalogue;
use crate::skill::Skill;

/// Points of a skill that is named in the prompt, as `/review` or `review`.
const NAMED: u32 = 100;
/// How much more a word in a name counts.
const IN_NAME: u32 = 3;
/// The most points of a word, which one of thousands of skills has alone.
const RAREST: u32 = 8;
/// Fewer points than these are chance.
const LEAST: u32 = 4;

const COMMON: [&str; 48] = [
    "a", "about", "all", "also", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for",
    "from", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "need", "not", "of", "on",
    "or", "our", "please", "skill", "that", "the", "this", "to", "us", "use", "user", "want", "what", "when",
    "with", "you", "your",
];

/// A skill that a prompt seems to be about.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Match<'a> {
    /// The skill.
    pub skill: &'a Skill,
    /// The sum of the points of its words.
    pub points: u32,
    /// The words of the prompt that it has, as their stems, and the points of each; the best first.
    pub words: Vec<(String, u32)>,
}

impl Catalogue {
    /// The skills that a prompt seems to be about, the best first, at most so many. Skills of equal points are in the order
    /// of their names.
    #[must_use]
    pub fn matches(&self, prompt: &str, most: usize) -> Vec<Match<'_>> {
        let wanted = stems(prompt);
        let named: BTreeSet<String> = words(prompt).map(str::to_lowercase).collect();
        let index: Vec<(&Skill, BTreeSet<String>, BTreeSet<String>)> = self
            .skills
            .values()
            .map(|skill| (skill, stems(&skill.name), stems(&skill.description)))
            .collect();
        let mut having: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, name, description) in &index {
            for word in wanted.iter().filter(|word| name.contains(*word) || description.contains(*word)) {
                *having.entry(word).or_default() += 1;
            }
        }
        let total = u32::try_from(index.len()).unwrap_or(u32::MAX);
        let rarity =
            |word: &str| 1 + (total / having.get(word).copied().unwrap_or(1)).max(1).ilog2().min(RAREST - 1);
        let mut matches: Vec<Match<'_>> = index
            .iter()
            .map(|(skill, name, description)| {
                let points = |word: &String| match (name.contains(word), description.contains(word)) {
                    (true, _) => Some((word.clone(), IN_NAME * rarity(word))),
                    (false, true) => Some((word.clone(), rarity(word))),
                    (false, false) => None,
                };
                let mut words: Vec<(String, u32)> = wanted.iter().filter_map(points).collect();
                if named.contains(&skill.name.to_lowercase()) {
                    words.push((skill.name.clone(), NAMED));
                }
                words.sort_by_key(|(_, points)| std::cmp::Reverse(*points));
                Match { skill, points: words.iter().map(|(_, points)| points).sum(), words }
            })
            .filter(|found| found.points >= LEAST)
            .collect();
        // Stable, and the catalogue is in the order of names.
        matches.sort_by_key(|found| std::cmp::Reverse(found.points));
        matches.truncate(most);
        matches
    }
}

/// Words as people separate them; those of names stay whole.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | ':'));
    text.split(ends).map(|word| word.trim_matches(['-', '_', ':'])).filter(|word| !word.is_empty())
}

fn stems(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).filter(|word| !COMMON.contains(&word.as_str())).map(stem).collect()
}

/// English endings off, as far as a word stays one.
fn stem(word: String) -> String {
    for ending in ["ing", "ers", "ies", "er", "ed", "es", "s", "e", "y"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 3
        {
            return stem.to_owned();
        }
    }
    word
}
