//! Which servers there are: `.mcp.json`.
//!
//! ```json
//! {
//!   "mcpServers": {
//!     "files": { "command": "npx", "args": ["-y", "server-files", "."], "env": { "TOKEN": "${TOKEN}" } },
//!     "search": { "type": "http", "url": "${SEARCH_URL:-https://example.com/mcp}", "headers": { "X-Key": "${KEY}" } }
//!   }
//! }
//! ```
//!
//! A server without a `type` is `stdio`; the others are `http`, `sse` and `ws`. References to variables are
//! replaced in `command`, `args`, `env`, `url` and `headers`.
//!
//! A repository's file is code of whoever wrote it: it says what to run. Reading it runs nothing.

mod entry;
mod error;
mod expand;
mod name;
mod parse;
mod server;

pub use error::{ConfigError, ConfigErrorKind, ConfigWarning, ConfigWarningKind};
pub use parse::McpConfig;
pub use server::{RemoteConfig, ServerConfig, StdioConfig};

pub(crate) use name::sanitize;
