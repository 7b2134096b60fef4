//! What a server offers of its tools, and what is held back.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use rmcp::model::Tool;

use super::slot::Slot;
use crate::client::ConnectOptions;
use crate::error::{McpError, McpErrorKind};
use crate::pin::{PinStore, Pins, ToolHash, compare};
use crate::text::truncate;
use crate::tool::{McpTool, Source, assign_names};

/// What a person is shown of a changed description.
const DESCRIPTION_BYTES: usize = 4 << 10;

/// The tools of a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerTools {
    /// The server.
    pub server: String,
    /// Those that can be called, in the order the server listed them.
    pub tools: Vec<Arc<McpTool>>,
    /// Those that are new or say something else than what was agreed to. They are not offered before
    /// [`ServerPool::approve`](crate::ServerPool::approve) was called with them.
    pub changes: Vec<ToolChange>,
    /// What was wrong with the list; each completes the sentence "The server ...".
    pub warnings: Vec<String>,
    pub(super) all: Pins,
}

/// A tool that nobody has agreed to as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolChange {
    /// The server.
    pub server: String,
    /// The name the server gave the tool.
    pub tool: String,
    /// What it says of itself now; at most 4 KiB, written by the server.
    pub description: String,
    /// The hash of all it says now.
    pub hash: ToolHash,
}

impl ServerTools {
    /// What is offered of a list.
    pub(super) fn new(
        server: &str,
        slot: &Weak<Slot>,
        listed: Vec<Tool>,
        cut: Option<String>,
        options: &ConnectOptions,
        pins: &dyn PinStore,
    ) -> Result<Self, McpError> {
        let (named, mut warnings) = assign_names(server, listed);
        warnings.extend(cut);
        let all: Pins = named.iter().map(|(_, tool)| (tool.name.to_string(), ToolHash::of(tool))).collect();
        let changed = compare(pins, server, &all).map_err(|error| unreadable(server, error))?;
        let mut offer =
            Self { server: server.to_owned(), tools: Vec::new(), changes: Vec::new(), warnings, all };
        for (name, tool) in named {
            if changed.contains(&*tool.name) {
                offer.changes.push(ToolChange {
                    server: server.to_owned(),
                    tool: tool.name.to_string(),
                    description: truncate(tool.description.as_deref().unwrap_or_default(), DESCRIPTION_BYTES),
                    hash: ToolHash::of(&tool),
                });
            } else {
                let source = Source::Pool { server: server.into(), slot: slot.clone() };
                offer.tools.push(Arc::new(McpTool::new(name, tool, source, options)));
            }
        }
        Ok(offer)
    }

    /// Whether a tool may be called by somebody who was told of it when its hash was this.
    pub(super) fn check(&self, tool: &str, told: &ToolHash) -> Result<(), McpError> {
        let is_held_back = self.changes.iter().any(|change| change.tool == tool);
        match self.all.get(tool) {
            Some(now) if now == told && !is_held_back => Ok(()),
            Some(_) => {
                let problem = format!("says something else of `{tool}` now than when this was offered");
                Err(McpError::new(McpErrorKind::Changed, &self.server, problem)
                    .with_hint("nothing was sent; the user has to look at the change and agree to it"))
            }
            None => {
                let problem = format!("no longer has a tool `{tool}`; nothing was sent");
                Err(McpError::new(McpErrorKind::Changed, &self.server, problem))
            }
        }
    }
}

impl ToolChange {
    /// Keeps that somebody agreed to it.
    pub(super) fn pin(&self, pins: &dyn PinStore) -> Result<(), McpError> {
        let add = || {
            let mut pinned = pins.load(&self.server)?.unwrap_or_else(BTreeMap::new);
            pinned.insert(self.tool.clone(), self.hash.clone());
            pins.save(&self.server, &pinned)
        };
        add().map_err(|error| unreadable(&self.server, error))
    }
}

fn unreadable(server: &str, error: std::io::Error) -> McpError {
    let problem = "has tools, but which of them were agreed to cannot be read or written";
    McpError::new(McpErrorKind::Changed, server, problem).with_source(error)
}
