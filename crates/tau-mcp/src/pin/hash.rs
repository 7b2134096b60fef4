//! A tool in 32 bytes.

use std::fmt;

use rmcp::model::Tool;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over all that a server says of a tool: its name, descriptions, schemas and annotations. What is for
/// programs alone (`_meta`, icons) is left out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolHash(String);

impl ToolHash {
    pub(crate) fn of(tool: &Tool) -> Self {
        let mut value = serde_json::to_value(tool).unwrap_or(Value::Null);
        if let Value::Object(tool) = &mut value {
            tool.remove("_meta");
            tool.remove("icons");
        }
        // Keys of objects are sorted, so that the order a server has them in is no change.
        let digest = Sha256::digest(value.to_string());
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Display for ToolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ToolHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..12).unwrap_or(&self.0))
    }
}
