//! What skills are made of.

pub(super) const VERBS: [&str; 12] = [
    "review", "deploy", "write", "check", "render", "convert", "split", "measure", "explain", "plan", "test",
    "clean",
];

pub(super) const NOUNS: [&str; 14] = [
    "pdf",
    "invoice",
    "schema",
    "release",
    "migration",
    "dashboard",
    "pipeline",
    "contract",
    "image",
    "query",
    "readme",
    "cluster",
    "budget",
    "translation",
];

pub(super) const PROSE: [&str; 16] = [
    "reads", "the", "files", "of", "a", "project", "and", "says", "what", "is", "missing", "before",
    "anybody", "asks", "don't", "(mostly)",
];

/// A name as a heading would have it.
pub(super) fn title(folder: &str) -> String {
    let capital = folder.chars().next().map(|first| first.to_uppercase().collect::<String>());
    format!("{}{}", capital.unwrap_or_default(), folder.get(1..).unwrap_or_default().replace('-', " "))
}
