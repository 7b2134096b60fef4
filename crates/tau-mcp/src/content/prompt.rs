//! Prompts: texts that a server makes of arguments, for a person to invoke as commands.

use rmcp::model::{GetPromptRequestParams, Prompt, Role};
use serde_json::{Map, Value};
use tau_core::ToolResultBlock;

use crate::client::Link;
use crate::config::sanitize;
use crate::error::{McpError, McpErrorKind};
use crate::text::truncate;
use crate::tool::blocks;

/// A description is shown in lists; a longer one is cut off.
const DESCRIPTION_BYTES: usize = 1 << 10;

/// A prompt that a server has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptInfo {
    /// The name of the command: `mcp__server__prompt`.
    pub command: String,
    /// The name the server gave it.
    pub name: String,
    /// What it is for, at most 1 KiB.
    pub description: String,
    /// What it takes, in the order it is given.
    pub arguments: Vec<PromptArgument>,
}

/// An argument of a prompt, which is always a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// What it is, at most 1 KiB.
    pub description: String,
    /// Whether it has to be given.
    pub required: bool,
}

/// What a server made of a prompt: messages in order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PromptText {
    /// Who says each, `true` for the person and `false` for the model, and what.
    pub messages: Vec<(bool, Vec<ToolResultBlock>)>,
}

impl PromptText {
    /// All of it as one text to prompt a model with: what the model is to have said is marked as such, and what is no
    /// text is left out.
    #[must_use]
    pub fn to_prompt(&self) -> String {
        let mut texts = Vec::new();
        for (from_person, blocks) in &self.messages {
            for block in blocks {
                if let ToolResultBlock::Text { text } = block {
                    texts.push(if *from_person { text.clone() } else { format!("[assistant]\n{text}") });
                }
            }
        }
        texts.join("\n\n")
    }
}

impl PromptInfo {
    fn new(server: &str, prompt: Prompt) -> Self {
        let about = |text: Option<String>| truncate(&text.unwrap_or_default(), DESCRIPTION_BYTES);
        let arguments = prompt.arguments.unwrap_or_default().into_iter().map(|argument| PromptArgument {
            name: argument.name,
            description: about(argument.description),
            required: argument.required == Some(true),
        });
        Self {
            command: format!("mcp__{}__{}", sanitize(server), sanitize(&prompt.name)),
            description: about(prompt.description.or(prompt.title)),
            arguments: arguments.collect(),
            name: prompt.name,
        }
    }

    /// The arguments that words after a command mean: one word each, and the last takes what is left. Words may be
    /// put together by quotes.
    #[must_use]
    pub fn arguments_of(&self, words: &str) -> Map<String, Value> {
        let mut words = split(words, self.arguments.len()).into_iter();
        let given = self.arguments.iter().zip(&mut words);
        given.map(|(argument, word)| (argument.name.clone(), Value::String(word))).collect()
    }
}

/// At most so many words; the last is all that is left.
fn split(text: &str, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && words.len() < count {
        let quoted = rest.strip_prefix('"').and_then(|inner| inner.split_once('"'));
        if let Some((word, after)) = quoted {
            words.push(word.to_owned());
            rest = after.trim_start();
        } else if words.len() + 1 == count {
            words.push(rest.to_owned());
            rest = "";
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
        }
    }
    words
}

impl Link {
    pub(crate) async fn prompts(&self) -> Result<Vec<PromptInfo>, McpError> {
        let prompts = self.list::<Prompt>().await?.items;
        Ok(prompts.into_iter().map(|prompt| PromptInfo::new(self.server(), prompt)).collect())
    }

    pub(crate) async fn prompt(
        &self,
        name: &str,
        arguments: Map<String, Value>,
    ) -> Result<PromptText, McpError> {
        let params = GetPromptRequestParams::new(name).with_arguments(arguments);
        let what = format!("the prompt `{}`", name.escape_debug());
        let Ok(result) = self.ask(&what, params, None).await? else {
            let problem = format!("made a task of {what}");
            return Err(McpError::new(McpErrorKind::Protocol, self.server(), problem));
        };
        let messages = result.messages.into_iter();
        let messages = messages.map(|message| (message.role == Role::User, blocks(vec![message.content])));
        Ok(PromptText { messages: messages.collect() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_become_arguments() {
        let argument = |name: &str| PromptArgument {
            name: name.to_owned(),
            description: String::new(),
            required: false,
        };
        let prompt = |names: &[&str]| PromptInfo {
            command: String::new(),
            name: String::new(),
            description: String::new(),
            arguments: names.iter().map(|name| argument(name)).collect(),
        };
        for (names, words, expected) in [
            (&["a", "b"][..], "one two three", json!({"a": "one", "b": "two three"})),
            (&["a", "b"], "\"one two\" three", json!({"a": "one two", "b": "three"})),
            (&["a", "b"], "  one  ", json!({"a": "one"})),
            (&["a"], "\"open", json!({"a": "\"open"})),
            (&[], "one", json!({})),
            (&["a"], "", json!({})),
        ] {
            assert_eq!(Value::Object(prompt(names).arguments_of(words)), expected, "{words}");
        }
    }
}
