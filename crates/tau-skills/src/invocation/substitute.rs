//! Placeholders and their values.

use std::collections::BTreeMap;

use super::Variable;

const ARGUMENTS: &str = "ARGUMENTS";

/// What placeholders stand for.
pub(super) struct Values<'a> {
    pub(super) arguments: &'a str,
    pub(super) words: &'a [String],
    pub(super) names: &'a [String],
    pub(super) variables: &'a BTreeMap<Variable, String>,
}

impl Values<'_> {
    /// The text with its placeholders replaced. What is put in is not looked at again.
    pub(super) fn put_into(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + self.arguments.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, dollar) = rest.split_at(at);
            let found = self.placeholder(&dollar[1..]);
            match (found, before.strip_suffix('\\')) {
                // A backslash is an escape only before what would be replaced.
                (Some((length, _)), Some(before)) => {
                    out.push_str(before);
                    out.push_str(&dollar[..=length]);
                    rest = &dollar[1 + length..];
                }
                (Some((length, value)), None) => {
                    out.push_str(before);
                    out.push_str(value);
                    rest = &dollar[1 + length..];
                }
                (None, _) => {
                    out.push_str(before);
                    out.push('$');
                    rest = &dollar[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The length of the placeholder behind a dollar sign, and its value.
    fn placeholder(&self, text: &str) -> Option<(usize, &str)> {
        if let Some(braced) = text.strip_prefix('{') {
            let name = &braced[..braced.find('}')?];
            let value = self.variables.get(&Variable::named(name)?)?;
            return Some((name.len() + 2, value));
        }
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            return Some((digits, self.word(&text[..digits])?));
        }
        let name = identifier(text);
        if name == ARGUMENTS {
            return Some(
                self.indexed(&text[name.len()..])
                    .map_or((name.len(), self.arguments), |(more, word)| (name.len() + more, word)),
            );
        }
        let position = self.names.iter().position(|known| known == name)?;
        Some((name.len(), self.words.get(position).map_or("", String::as_str)))
    }

    /// `[N]`, if there is such a word.
    fn indexed(&self, text: &str) -> Option<(usize, &str)> {
        let index = text.strip_prefix('[')?;
        let index = &index[..index.find(']')?];
        Some((index.len() + 2, self.word(index)?))
    }

    fn word(&self, index: &str) -> Option<&str> {
        self.words.get(index.parse::<usize>().ok()?).map(String::as_str)
    }
}

/// Letters, digits, underscores, and hyphens between them.
fn identifier(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text[..end].trim_end_matches('-')
}

impl Variable {
    fn named(name: &str) -> Option<Self> {
        let own = name.strip_prefix("CLAUDE_").or_else(|| name.strip_prefix("TAU_"))?;
        Some(match own {
            "SKILL_DIR" => Self::SkillDir,
            "PROJECT_DIR" => Self::ProjectDir,
            "SESSION_ID" => Self::SessionId,
            "EFFORT" => Self::Effort,
            "PLUGIN_ROOT" => Self::PluginRoot,
            "PLUGIN_DATA" => Self::PluginData,
            _ => return None,
        })
    }
}
