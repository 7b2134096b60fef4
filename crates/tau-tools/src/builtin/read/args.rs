use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadArgs {
    /// Absolute, or relative to the working folder.
    pub(super) path: String,
    /// First line, from 1.
    pub(super) offset: Option<usize>,
    /// Most lines; default 2000.
    pub(super) limit: Option<usize>,
    /// Pages of a PDF, as 3 or 2-5; at most 20.
    pub(super) pages: Option<String>,
}
