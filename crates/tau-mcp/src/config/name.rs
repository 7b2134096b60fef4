//! Names of servers.

use super::error::{ConfigError, ConfigErrorKind};

/// So long that `mcp__name__` is never cut off: 64 bytes, less both separators and a shortened tool name.
const NAME_BYTES: usize = 40;

/// The name as it stands in the names of tools: every character outside `[A-Za-z0-9_-]` becomes `_`.
pub(crate) fn sanitize(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect()
}

/// Refuses names that would let one server's tools pass for another's.
///
/// Permission rules name a server's tools `mcp__name__*`. A server `a__b` would fall under the rules for `a`, and
/// so would a server `a_`.
pub(super) fn validate(name: &str, path: &str) -> Result<(), ConfigError> {
    let problem = if name.is_empty() {
        "the name of a server is empty".to_owned()
    } else if name.chars().any(char::is_control) {
        "the name of a server holds a control character".to_owned()
    } else if sanitize(name).len() > NAME_BYTES {
        format!("the name of a server is longer than {NAME_BYTES} characters")
    } else if sanitize(name).contains("__") || sanitize(name).ends_with('_') {
        format!("its tools would be named `mcp__{}__...`, which could be another server's", sanitize(name))
    } else {
        return Ok(());
    };
    Err(ConfigError::new(ConfigErrorKind::InvalidName, path, problem)
        .with_hint("name it with letters, digits, `-` and single `_`, such as `my-server`"))
}
