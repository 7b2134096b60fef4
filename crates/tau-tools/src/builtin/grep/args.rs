use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GrepArgs {
    /// Regular expression, held against each line.
    pub(super) pattern: String,
    /// File or folder; default: the working folder.
    pub(super) path: Option<String>,
    /// Only files that match this glob.
    pub(super) glob: Option<String>,
    /// `a` also finds `A`.
    pub(super) ignore_case: Option<bool>,
    /// Lines shown around each match.
    #[schemars(range(max = 20))]
    pub(super) context: Option<usize>,
    /// Most matches shown; default 100.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) limit: Option<usize>,
    /// files: only the names of those that match. Default: lines.
    pub(super) output: Option<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Output {
    Lines,
    Files,
}
