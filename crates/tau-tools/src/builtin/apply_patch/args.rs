use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApplyPatchArgs {
    /// From *** Begin Patch to *** End Patch.
    pub(super) patch: String,
}
