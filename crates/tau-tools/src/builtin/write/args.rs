use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WriteArgs {
    /// Absolute, or relative to the working folder.
    pub(super) path: String,
    /// All of the new content.
    pub(super) content: String,
}
