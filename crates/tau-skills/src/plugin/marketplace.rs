//! Lists of plugins, and where they come from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{PluginError, PluginErrorKind};
use super::manifest::{MANIFEST_BYTES, check_name, inside, read_json};

const FILES: [&str; 4] = [
    ".tau-plugin/marketplace.json",
    ".claude-plugin/marketplace.json",
    ".codex-plugin/marketplace.json",
    ".agents/plugins/marketplace.json",
];

/// A list of plugins.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Marketplace {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Its folder.
    pub root: PathBuf,
    /// Its plugins, in order.
    pub plugins: Vec<MarketplaceEntry>,
}

/// A plugin of a marketplace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MarketplaceEntry {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its version, as written.
    pub version: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

/// Where something comes from. Shown, also by `Debug`, it has no password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A repository of git.
    #[non_exhaustive]
    Git {
        /// Its address.
        url: String,
        /// A branch or tag.
        reference: Option<String>,
        /// A commit, which wins over the reference.
        commit: Option<String>,
        /// A folder in it.
        folder: Option<String>,
    },
    /// A kind that is not fetched here, such as `npm`.
    Other(String),
}

#[derive(Deserialize)]
struct File {
    name: String,
    description: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    plugins: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    description: Option<String>,
    plugin_root: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    description: Option<String>,
    version: Option<String>,
    source: WrittenSource,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenSource {
    Path(String),
    Object(SourceObject),
}

#[derive(Deserialize)]
struct SourceObject {
    source: String,
    repo: Option<String>,
    url: Option<String>,
    path: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    sha: Option<String>,
}

impl Marketplace {
    /// Reads the marketplace in a folder.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is wrong.
    pub fn read(root: &Path) -> Result<Self, PluginError> {
        let file = FILES.iter().map(|name| root.join(name)).find(|file| file.is_file());
        let file = file.ok_or_else(|| PluginError::new(root, PluginErrorKind::NoMarketplace))?;
        let written: File = read_json(&file, MANIFEST_BYTES)?;
        check_name(&file, &written.name)?;
        let folder = written.metadata.plugin_root.as_deref();
        let entry = |entry: Entry| {
            check_name(&file, &entry.name)?;
            let Entry { name, description, version, source: written } = entry;
            let source = source(root, folder, written)?;
            Ok(MarketplaceEntry { name, description, version, source })
        };
        Ok(Self {
            name: written.name,
            description: written.description.or(written.metadata.description),
            root: root.to_path_buf(),
            plugins: written.plugins.into_iter().map(entry).collect::<Result<_, PluginError>>()?,
        })
    }
}

/// Relative paths begin at the root of the marketplace, wherever its file stands.
fn source(root: &Path, folder: Option<&str>, written: WrittenSource) -> Result<Source, PluginError> {
    let object = match written {
        WrittenSource::Path(path) => {
            let is_bare = !path.starts_with("./");
            let root = match folder {
                Some(folder) if is_bare => inside(root, folder)?,
                _ => root.to_path_buf(),
            };
            return Ok(Source::Folder(inside(&root, &path)?));
        }
        WrittenSource::Object(object) => object,
    };
    let url = match (object.source.as_str(), object.repo, object.url) {
        ("github", Some(repo), _) => Some(format!("https://github.com/{repo}.git")),
        ("url" | "git" | "git-subdir", _, Some(url)) => Some(url),
        _ => None,
    };
    Ok(match url {
        Some(url) => {
            Source::Git { url, reference: object.reference, commit: object.sha, folder: object.path }
        }
        None => Source::Other(object.source),
    })
}

impl Source {
    /// What a person wrote: a folder that is there, `owner/repository` at GitHub, or an address for git, with `#reference`
    /// behind it.
    #[must_use]
    pub fn parse(written: &str, working_dir: &Path) -> Self {
        let folder = working_dir.join(written);
        if folder.is_dir() {
            return Self::Folder(folder);
        }
        let (address, reference) = match written.split_once('#') {
            Some((address, reference)) => (address, Some(reference.to_owned())),
            None => (written, None),
        };
        let is_repository = address.split('/').count() == 2 && !address.contains([':', '@']);
        let url =
            if is_repository { format!("https://github.com/{address}.git") } else { address.to_owned() };
        Self::Git { url, reference, commit: None, folder: None }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Source").field(&self.to_string()).finish()
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Git { url, reference, commit, folder } => {
                write!(f, "{}", without_password(url))?;
                let at = commit.as_ref().or(reference.as_ref());
                at.map_or(Ok(()), |at| write!(f, "#{at}"))?;
                folder.as_ref().map_or(Ok(()), |folder| write!(f, " ({folder})"))
            }
            Self::Other(kind) => write!(f, "a source of the kind `{kind}`"),
        }
    }
}

/// An address without the credentials it may have in it.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}
