use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditArgs {
    /// Absolute, or relative to the working folder.
    pub(super) path: String,
    /// The text to replace.
    pub(super) old_string: Option<String>,
    /// What takes its place; may be empty.
    pub(super) new_string: Option<String>,
    /// Replace every occurrence.
    pub(super) replace_all: Option<bool>,
    /// Several replacements in place of the above, one after the other: all are done or none.
    #[schemars(length(min = 1))]
    pub(super) edits: Option<Vec<Replacement>>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replacement {
    pub(super) old_string: String,
    pub(super) new_string: String,
    pub(super) replace_all: Option<bool>,
}
