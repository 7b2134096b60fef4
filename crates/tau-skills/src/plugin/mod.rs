//! Plugins: folders that bring skills, commands and more, and marketplaces that list them.
//!
//! A [`Plugin`] is read where it lies. A [`Marketplace`] says where plugins come from; fetching from there is the caller's.
//! A [`PluginLibrary`] is the folder of what a user has installed, with what is enabled. Skills of a plugin have its name
//! before theirs (`plugin:skill`).
//!
//! The formats are those of Claude Code, and of Codex and goose where these have their own.

mod copy;
mod error;
mod library;
mod manifest;
mod marketplace;

pub use error::{PluginError, PluginErrorKind};
pub use library::{Installed, KnownMarketplace, Origin, PluginLibrary};
pub use manifest::{Plugin, PluginPart};
pub use marketplace::{Marketplace, MarketplaceEntry, Source};

use crate::discovery::Discovery;
use crate::skill::Kind;

impl Discovery {
    /// Adds the skills and commands of plugins.
    #[must_use]
    pub fn plugins<'a>(self, plugins: impl IntoIterator<Item = &'a Plugin>) -> Self {
        plugins.into_iter().fold(self, |search, plugin| {
            let name = plugin.name.as_str();
            let search =
                plugin.skills.iter().fold(search, |search, path| search.plugin(name, path, Kind::Skill));
            plugin.commands.iter().fold(search, |search, path| search.plugin(name, path, Kind::Command))
        })
    }
}
