//! What a user has installed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::copy::copy;
use super::error::{PluginError, PluginErrorKind};
use super::manifest::{Plugin, read_json};
use super::marketplace::{Marketplace, MarketplaceEntry, Source};

/// The marketplace of plugins that were installed from none.
const LOCAL: &str = "local";

/// How long `plugins.json` may be: it grows with what is installed, which no limit holds down.
const STATE_BYTES: usize = 64 * 1024 * 1024;

/// How a plugin was found.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Origin<'a> {
    /// By its folder or address.
    Direct,
    /// In this list.
    Marketplace(&'a Marketplace),
}

/// A folder with installed plugins and known marketplaces.
///
/// Plugins are copied to `plugins/<marketplace>/<plugin>`, marketplaces that came over git to `marketplaces/<name>`;
/// `plugins.json` says what is installed and enabled. A change is written whole or not at all.
#[derive(Debug, Clone)]
pub struct PluginLibrary {
    root: PathBuf,
}

/// An installed plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Installed {
    /// Whether it is in use.
    pub enabled: bool,
    /// Its version, as written.
    pub version: Option<String>,
    /// Where it came from.
    pub source: Source,
    /// Its folder, relative to the library.
    folder: PathBuf,
    /// Files that were left out, because they lie elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<PathBuf>,
}

/// A marketplace that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KnownMarketplace {
    /// Where it came from.
    pub source: Source,
    /// Its folder: where it lies, or relative to the library.
    folder: PathBuf,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct State {
    /// By `plugin@marketplace`.
    plugins: BTreeMap<String, Installed>,
    marketplaces: BTreeMap<String, KnownMarketplace>,
}

impl PluginLibrary {
    /// The library in a folder, which is made with the first plugin.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// What is installed, by `plugin@marketplace`.
    ///
    /// # Errors
    ///
    /// Where `plugins.json` cannot be read.
    pub fn installed(&self) -> Result<BTreeMap<String, Installed>, PluginError> {
        Ok(self.state()?.plugins)
    }

    /// The known marketplaces, by name.
    ///
    /// # Errors
    ///
    /// Where `plugins.json` cannot be read.
    pub fn marketplaces(&self) -> Result<BTreeMap<String, KnownMarketplace>, PluginError> {
        Ok(self.state()?.marketplaces)
    }

    /// A known marketplace.
    ///
    /// # Errors
    ///
    /// Where it is not known, or cannot be read.
    pub fn marketplace(&self, name: &str) -> Result<Marketplace, PluginError> {
        let known = self.state()?.marketplaces.remove(name).ok_or_else(|| self.unknown(name))?;
        Marketplace::read(&self.root.join(known.folder))
    }

    /// The plugins in use, and those that cannot be read.
    ///
    /// # Errors
    ///
    /// Where `plugins.json` cannot be read.
    pub fn enabled(&self) -> Result<(Vec<Plugin>, Vec<PluginError>), PluginError> {
        self.enabled_but(&BTreeSet::new())
    }

    /// The same without some, by the names that they are installed by.
    ///
    /// # Errors
    ///
    /// Where `plugins.json` cannot be read.
    pub fn enabled_but(
        &self,
        disabled: &BTreeSet<String>,
    ) -> Result<(Vec<Plugin>, Vec<PluginError>), PluginError> {
        let (mut plugins, mut problems) = (Vec::new(), Vec::new());
        let known = self.state()?.plugins;
        for (_, installed) in known.iter().filter(|(name, it)| it.enabled && !disabled.contains(*name)) {
            match Plugin::read(&self.root.join(&installed.folder)) {
                Ok(plugin) => plugins.push(plugin),
                Err(problem) => problems.push(problem),
            }
        }
        Ok((plugins, problems))
    }

    /// Makes a marketplace known that lies in a folder. One that was fetched from elsewhere is copied.
    ///
    /// # Errors
    ///
    /// Where there is none, or it cannot be copied.
    pub fn add_marketplace(&self, folder: &Path, source: Source) -> Result<Marketplace, PluginError> {
        let marketplace = Marketplace::read(folder)?;
        let kept = match &source {
            Source::Folder(folder) => folder.clone(),
            _ => {
                let kept = Path::new("marketplaces").join(&marketplace.name);
                self.replace(folder, &kept, folder)?;
                kept
            }
        };
        let mut state = self.state()?;
        state.marketplaces.insert(marketplace.name.clone(), KnownMarketplace { source, folder: kept });
        self.save(&state)?;
        Ok(marketplace)
    }

    /// The plugin that `plugin` or `plugin@marketplace` means in the known marketplaces, and the marketplace.
    ///
    /// # Errors
    ///
    /// Where there is none, or there are several.
    pub fn find(&self, name: &str) -> Result<(MarketplaceEntry, Marketplace), PluginError> {
        let (plugin, wanted) = name.split_once('@').map_or((name, None), |(plugin, of)| (plugin, Some(of)));
        let mut found = Vec::new();
        for (marketplace, known) in self.state()?.marketplaces {
            if wanted.is_none_or(|wanted| wanted == marketplace) {
                let marketplace = Marketplace::read(&self.root.join(known.folder))?;
                let entry = marketplace.plugins.iter().find(|entry| entry.name == plugin).cloned();
                found.extend(entry.map(|entry| (entry, marketplace)));
            }
        }
        match (found.len(), found.pop()) {
            (1, Some(found)) => Ok(found),
            (0, _) => Err(self.unknown(name)),
            _ => Err(PluginError::new(&self.root, PluginErrorKind::Ambiguous { name: name.to_owned() })),
        }
    }

    /// Installs the plugin in a folder and enables it; one of the same name and marketplace is replaced. Answers with the
    /// name it is installed by. Links are followed inside of the marketplace's folder, or of the plugin's where it is in none.
    ///
    /// # Errors
    ///
    /// Where it is no plugin, or cannot be copied.
    pub fn install(
        &self,
        folder: &Path,
        source: Source,
        origin: Origin<'_>,
    ) -> Result<(String, Plugin), PluginError> {
        let marketplace = match origin {
            Origin::Direct => None,
            Origin::Marketplace(marketplace) => Some(marketplace),
        };
        let plugin = Plugin::read(folder)?;
        let of = marketplace.map_or(LOCAL, |marketplace| marketplace.name.as_str());
        let kept = Path::new("plugins").join(of).join(&plugin.name);
        // What a plugin links to beside it in its marketplace comes along.
        let boundary = marketplace.map(|it| it.root.as_path()).filter(|root| folder.starts_with(root));
        let left_out = self.replace(folder, &kept, boundary.unwrap_or(folder))?;
        let name = format!("{}@{of}", plugin.name);
        let installed = Plugin::read(&self.root.join(&kept))?;
        let version = installed.version.clone();
        let mut state = self.state()?;
        state
            .plugins
            .insert(name.clone(), Installed { enabled: true, version, source, folder: kept, left_out });
        self.save(&state)?;
        Ok((name, installed))
    }

    /// Puts a plugin in use, or out of use. Answers with the name it is installed by.
    ///
    /// # Errors
    ///
    /// Where it is not installed.
    pub fn enable(&self, name: &str) -> Result<String, PluginError> {
        self.change(name, |plugins, key| plugins.get_mut(key).map(|plugin| plugin.enabled = true))
    }

    /// Puts a plugin out of use and keeps it. Answers with the name it is installed by.
    ///
    /// # Errors
    ///
    /// Where it is not installed.
    pub fn disable(&self, name: &str) -> Result<String, PluginError> {
        self.change(name, |plugins, key| plugins.get_mut(key).map(|plugin| plugin.enabled = false))
    }

    /// Removes a plugin and its files. Answers with the name it was installed by.
    ///
    /// # Errors
    ///
    /// Where it is not installed, or its files cannot be removed.
    pub fn remove(&self, name: &str) -> Result<String, PluginError> {
        let mut folder = None;
        let key = self.change(name, |plugins, key| {
            folder = plugins.remove(key).map(|plugin| plugin.folder);
            Some(())
        })?;
        if let Some(folder) = folder.map(|folder| self.root.join(folder)).filter(|folder| folder.exists()) {
            std::fs::remove_dir_all(&folder).map_err(|error| PluginError::io(&folder, error))?;
        }
        Ok(key)
    }

    fn change(
        &self,
        name: &str,
        change: impl FnOnce(&mut BTreeMap<String, Installed>, &str) -> Option<()>,
    ) -> Result<String, PluginError> {
        let mut state = self.state()?;
        let is_meant =
            |key: &&String| *key == name || key.split_once('@').is_some_and(|(plugin, _)| plugin == name);
        let mut meant = state.plugins.keys().filter(is_meant).cloned();
        let key = meant.next().ok_or_else(|| self.unknown(name))?;
        if meant.next().is_some() {
            return Err(PluginError::new(&self.root, PluginErrorKind::Ambiguous { name: name.to_owned() }));
        }
        drop(meant);
        change(&mut state.plugins, &key).ok_or_else(|| self.unknown(name))?;
        self.save(&state)?;
        Ok(key)
    }

    fn unknown(&self, name: &str) -> PluginError {
        PluginError::new(&self.root, PluginErrorKind::Unknown { name: name.to_owned() })
    }

    /// Copies a folder into the library, and only then puts it in the place of what was there.
    fn replace(&self, from: &Path, to: &Path, boundary: &Path) -> Result<Vec<PathBuf>, PluginError> {
        let to = self.root.join(to);
        let io = |error| PluginError::io(&to, error);
        std::fs::create_dir_all(to.parent().unwrap_or(&to)).map_err(io)?;
        let new = tempfile::TempDir::new_in(&self.root).map_err(io)?;
        let left_out = copy(from, &new.path().join("new"), boundary)?;
        if to.exists() {
            std::fs::rename(&to, new.path().join("old")).map_err(io)?;
        }
        if let Err(error) = std::fs::rename(new.path().join("new"), &to) {
            // What was there goes back; that there was nothing is no second failure.
            let _ = std::fs::rename(new.path().join("old"), &to);
            return Err(io(error));
        }
        Ok(left_out)
    }

    fn state(&self) -> Result<State, PluginError> {
        let file = self.root.join("plugins.json");
        if file.exists() { read_json(&file, STATE_BYTES) } else { Ok(State::default()) }
    }

    fn save(&self, state: &State) -> Result<(), PluginError> {
        let file = self.root.join("plugins.json");
        let io = |error| PluginError::io(&file, error);
        std::fs::create_dir_all(&self.root).map_err(io)?;
        let text = serde_json::to_string_pretty(state).map_err(|error| PluginError::json(&file, error))?;
        let mut new = tempfile::NamedTempFile::new_in(&self.root).map_err(io)?;
        new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(io)?;
        new.persist(&file).map_err(|error| io(error.error))?;
        Ok(())
    }
}
