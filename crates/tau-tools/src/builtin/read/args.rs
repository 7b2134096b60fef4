use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadArgs {
    /// Absolute, or relative to the working folder.
    pub(super) path: String,
    /// First line, from 1.
    #[schemars(range(min = 1))]
    pub(super) offset: Option<usize>,
    /// Most lines; default 2000.
    #[schemars(range(min = 1))]
    pub(super) limit: Option<usize>,
}
