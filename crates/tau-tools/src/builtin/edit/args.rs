use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditArgs {
    /// Absolute, or relative to the working folder.
    pub(super) path: String,
    /// The text to replace.
    pub(super) old_string: String,
    /// What takes its place; may be empty.
    pub(super) new_string: String,
    /// Replace every occurrence.
    pub(super) replace_all: Option<bool>,
}
