use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LsArgs {
    /// Folder; default: the working folder.
    pub(super) path: Option<String>,
    /// Levels of folders; default 1.
    #[schemars(range(min = 1, max = 5))]
    pub(super) depth: Option<usize>,
}
