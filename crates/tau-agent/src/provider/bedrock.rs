//! Amazon Bedrock. Source: the public references of Amazon Bedrock ("Endpoints and quotas", "API keys").
//!
//! An API key of Bedrock goes as a bearer. What `token.command` or `token.file` gives may be such a key too, or credentials of
//! AWS as `aws configure export-credentials` prints them; then every request is signed with them, see [`super::aws`].

use tau_core::config::{Quirks, StructuredOutput};

use super::preset::Preset;

pub(super) static BEDROCK: Preset = Preset {
    name: "bedrock",
    // One for each region.
    base_url: None,
    format: "bedrock-converse",
    key_variable: Some("AWS_BEARER_TOKEN_BEDROCK"),
    quirks,
    ..Preset::ANY
};

fn quirks() -> Quirks {
    let mut quirks = Quirks::default();
    // Few of its models are kept to a schema, and the others refuse one.
    quirks.structured_output = Some(StructuredOutput::Prompt);
    quirks
}
