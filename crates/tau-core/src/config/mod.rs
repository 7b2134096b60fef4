//! Configuration: what may be set, its defaults, how layers merge, and what is wrong with it.
//!
//! Every value is optional, so that one layer (a file, the environment, a request) can say just what it
//! changes; a getter gives the value in force. What a model can do and what it costs are the exceptions: a layer
//! that sets [`ModelConfig::capabilities`] or [`ModelConfig::prices`] replaces them whole. [`Merge`] lays one layer over another, and
//! [`Config::validate`] finds what no type can: names that lead nowhere, addresses that are none, limits that
//! contradict each other. Each problem names the path of the key at fault.
//!
//! ```
//! use tau_core::config::{ClientConfig, Merge};
//!
//! let mut base = ClientConfig::default();
//! base.max_retries = Some(5);
//! let mut over = ClientConfig::default();
//! over.connect_timeout = Some("1m30s".parse().unwrap());
//!
//! let merged = base.merge(over);
//! assert_eq!(merged.max_retries(), 5);
//! assert_eq!(merged.connect_timeout().as_secs(), 90);
//! ```

mod agent;
mod client;
mod error;
mod merge;
mod model;
mod provider;
mod quirks;
mod root;
mod sandbox;
mod serve;

pub use agent::{AgentConfig, Budget, PermissionConfig, PermissionMode};
pub use client::ClientConfig;
pub use error::{ConfigError, ConfigErrorKind, suggest};
pub use merge::Merge;
pub use model::{ModelConfig, ModelOptions, ReasoningEffort};
pub use provider::{ProviderConfig, TokenConfig};
pub use quirks::{MaxTokensField, Quirks, ReasoningReplay, SeedField, StructuredOutput};
pub use root::{Config, ResolvedModel};
pub use sandbox::{SandboxBackend, SandboxConfig, SandboxMode};
pub use serve::{ServeConfig, ServeConnections, ServeDeadlines, ServeLoad, ServeMessages};
