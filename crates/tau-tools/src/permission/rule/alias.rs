//! Names of tools that projects written for other agents use.

use crate::alias::tool_of_alias;

/// The tool that a rule or a call names, by our name of it: `bash` of `Bash(git *)`.
#[must_use]
pub fn tool_name(text: &str) -> &str {
    canonical(written(text))
}

/// Whether a rule or a call names a tool as other agents do.
#[must_use]
pub fn is_alias(text: &str) -> bool {
    canonical(written(text)) != written(text)
}

fn written(text: &str) -> &str {
    text.trim().split('(').next().unwrap_or_default()
}

/// Our name of a tool. Names that are no alias stay as they are: they are compared letter by letter.
pub(crate) fn canonical(name: &str) -> &str {
    tool_of_alias(name).unwrap_or(name)
}
