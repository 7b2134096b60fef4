use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobsArgs {
    /// output: what was printed since the last time; kill: end it with all it started.
    pub(super) action: Action,
    /// The job, but for list.
    pub(super) id: Option<u32>,
    /// With output: wait until the job ends, at most so long.
    #[schemars(range(max = 600))]
    pub(super) wait_seconds: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    List,
    Output,
    Kill,
}
