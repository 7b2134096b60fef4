//! Which servers there are: the user's, and over them the project's, if it is trusted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tau_mcp::config::{McpConfig, ServerConfig};
use tau_project::trust::Trust;

use super::file::ServerFile;
use crate::args::ScopeArg;
use crate::config::Loaded;
use crate::environment;

/// Servers by name, and the file each stands in.
pub(super) type Servers = BTreeMap<String, (ServerConfig, PathBuf)>;

/// The servers that are configured.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    /// Those that can be used.
    pub(crate) servers: Servers,
    /// What is wrong or left out, in words for people.
    pub(crate) notes: Vec<String>,
    /// Names in the project's file, which is not trusted.
    pub(crate) distrusted: Vec<String>,
}

/// Reads the files. What is wrong in one costs no other.
pub(crate) fn configured(loaded: &Loaded) -> Configured {
    let mut configured = Configured::default();
    if let Some(file) = ServerFile::of(ScopeArg::User, loaded) {
        let text = file.text().map_err(|error| error.message);
        configured.read(&file, text, true);
    }
    let file = ServerFile::of_project(&loaded.project_root);
    configured.read(&file, loaded.project.servers.clone(), loaded.project.trust == Trust::Trusted);
    configured.leave_out(&loaded.project.effective.disabled_servers);
    if !configured.distrusted.is_empty() {
        configured.notes.push(format!(
            "MCP servers of the project are left out, because the project is not trusted: {} (`tau trust` shows them)",
            configured.distrusted.join(", ")
        ));
    }
    configured
}

impl Configured {
    /// Takes out the servers that settings switch off.
    fn leave_out(&mut self, disabled: &[String]) {
        for name in disabled {
            if self.servers.remove(name).is_some() {
                self.notes.push(format!("the MCP server `{name}` is left out: settings disable it"));
            }
        }
    }

    fn read(&mut self, file: &ServerFile, text: Result<Option<String>, String>, is_trusted: bool) {
        let text = match text {
            Ok(Some(text)) => text,
            Ok(None) => return,
            Err(problem) => return self.notes.push(problem),
        };
        // A file that is not trusted is told no variable.
        let lookup = |name: &str| if is_trusted { environment::variable(name) } else { None };
        let config = match McpConfig::parse(&text, lookup) {
            Ok(config) => config,
            Err(error) => return self.notes.push(format!("{}: {error}", file.path.display())),
        };
        if !is_trusted {
            self.distrusted.extend(config.servers.into_keys());
            return;
        }
        let path = file.path.display();
        self.notes.extend(config.errors.iter().map(|error| format!("{path}: {error}")));
        self.notes.extend(config.warnings.iter().map(|warning| format!("{path}: {warning}")));
        for (name, server) in config.servers {
            self.servers.insert(name, (server, file.path.clone()));
        }
    }
}
