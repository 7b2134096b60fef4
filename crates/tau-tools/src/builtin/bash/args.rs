use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BashArgs {
    /// May have several lines.
    pub(super) command: String,
    /// Default: what the session allows, usually 120.
    #[schemars(range(min = 1, max = 600))]
    pub(super) timeout_seconds: Option<u64>,
    /// Start it and go on: for servers and watchers. It has no time limit but the session's end.
    pub(super) background: Option<bool>,
    /// Why it must run outside the sandbox; the user is asked.
    pub(super) outside_sandbox: Option<String>,
    /// What it does, in five words, for the user.
    #[serde(rename = "description")]
    pub(super) _description: Option<String>,
}
