//! Definitions, found by words.

use std::collections::BTreeMap;

use tau_core::ToolDefinition;

/// What a word is worth where it stands.
const IN_NAME: usize = 5;
const AT_START_OF_NAME_WORD: usize = 3;
const IN_DESCRIPTION: usize = 2;
const IN_SCHEMA: usize = 1;

/// Definitions and the words they are found by.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    definition: ToolDefinition,
    name: Vec<String>,
    description: Vec<String>,
    /// The names of its arguments.
    arguments: Vec<String>,
}

impl Index {
    pub(super) fn new(definitions: Vec<ToolDefinition>) -> Self {
        let entries = definitions.into_iter().map(|definition| Entry {
            name: words(&definition.name),
            description: words(&definition.description),
            arguments: definition.parameters["properties"]
                .as_object()
                .into_iter()
                .flat_map(|properties| properties.keys().flat_map(|name| words(name)))
                .collect(),
            definition,
        });
        Self { entries: entries.collect() }
    }

    /// Those that have a word of the query, the best first; equal ones in the order they were given.
    pub(super) fn find(&self, query: &str) -> Vec<&ToolDefinition> {
        let query = words(query);
        let mut found: Vec<(usize, &ToolDefinition)> = self
            .entries
            .iter()
            .map(|entry| (query.iter().map(|word| entry.score(word)).sum(), &entry.definition))
            .filter(|(score, _)| *score > 0)
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, definition)| definition).collect()
    }

    /// The one of a name.
    pub(super) fn get(&self, name: &str) -> Option<&ToolDefinition> {
        self.entries.iter().map(|entry| &entry.definition).find(|definition| definition.name == name)
    }

    /// How many tools each server has.
    pub(super) fn servers(&self) -> BTreeMap<&str, usize> {
        let mut servers = BTreeMap::new();
        for entry in &self.entries {
            let server = entry.definition.name.strip_prefix("mcp__").and_then(|name| name.split_once("__"));
            *servers.entry(server.map_or("others", |(server, _)| server)).or_default() += 1;
        }
        servers
    }
}

impl Entry {
    fn score(&self, word: &str) -> usize {
        let has = |words: &[String]| words.iter().any(|known| known == word);
        let begins = |words: &[String]| word.len() > 2 && words.iter().any(|known| known.starts_with(word));
        let mut score = 0;
        if has(&self.name) {
            score += IN_NAME;
        } else if begins(&self.name) {
            score += AT_START_OF_NAME_WORD;
        }
        if has(&self.description) || begins(&self.description) {
            score += IN_DESCRIPTION;
        }
        if has(&self.arguments) {
            score += IN_SCHEMA;
        }
        score
    }
}

/// The words of a text in small letters; `readFile` and `read_file` are two each.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_small = false;
    for character in text.chars() {
        let is_border = was_small && character.is_uppercase();
        if (is_border || !character.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        was_small = character.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn index() -> Index {
        let tool = |name: &str, description: &str, argument: &str| {
            let parameters = json!({"type": "object", "properties": {argument: {}}});
            ToolDefinition::new(name, description.to_owned(), parameters)
        };
        Index::new(vec![
            tool("mcp__files__readFile", "Gives the text of a file.", "path"),
            tool("mcp__files__write_file", "Replaces a file.", "path"),
            tool("mcp__hub__create_issue", "Opens an issue in a repository.", "title"),
            tool("mcp__hub__list_issues", "Lists issues; reads only.", "state"),
        ])
    }

    fn found(query: &str) -> Vec<String> {
        index().find(query).into_iter().map(|tool| tool.name.clone()).collect()
    }

    #[test]
    fn words_find_tools_the_best_first() {
        assert_eq!(found("read a file")[0], "mcp__files__readFile");
        assert_eq!(found("issue"), ["mcp__hub__create_issue", "mcp__hub__list_issues"]);
        assert_eq!(found("title"), ["mcp__hub__create_issue"]);
        assert_eq!(found("hub").len(), 2);
        assert!(found("weather").is_empty() && found("").is_empty());
    }

    #[test]
    fn servers_are_counted() {
        assert_eq!(index().servers(), BTreeMap::from([("files", 2), ("hub", 2)]));
    }
}
