use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GlobArgs {
    /// Glob, relative to path.
    pub(super) pattern: String,
    /// Folder to search; default: the working folder.
    pub(super) path: Option<String>,
    /// Also ignored and dotted files.
    pub(super) hidden: Option<bool>,
}
