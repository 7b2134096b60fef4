//! Feature lists: what has to work, and what does.

use serde::{Deserialize, Serialize};

use super::error::{MemoryError, MemoryErrorKind};
use super::path::NotePath;
use super::store::WorkingMemory;
use super::version::Version;

const FILE: &str = "features.json";

/// What has to work. It is JSON and not Markdown, because agents are slower to rewrite what looks like data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Features {
    /// The features, in order.
    pub features: Vec<Feature>,
}

/// One thing that has to work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Feature {
    /// Its name, different from that of any other.
    pub id: String,
    /// What works when it works.
    pub description: String,
    /// How to see that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// Whether it was seen.
    #[serde(default)]
    pub status: FeatureStatus,
}

/// Whether a feature works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeatureStatus {
    /// It was not seen to work, or was seen not to.
    #[default]
    Fails,
    /// It was seen to work.
    Passes,
}

impl Feature {
    /// One that does not work yet.
    #[must_use]
    pub fn new(id: impl Into<String>, description: impl Into<String>, steps: Vec<String>) -> Self {
        Self { id: id.into(), description: description.into(), steps, status: FeatureStatus::Fails }
    }
}

impl Features {
    /// How many pass, of how many.
    #[must_use]
    pub fn score(&self) -> (usize, usize) {
        let passing = self.features.iter().filter(|feature| feature.status == FeatureStatus::Passes);
        (passing.count(), self.features.len())
    }
}

impl WorkingMemory {
    /// The feature list; empty where there is none.
    ///
    /// # Errors
    ///
    /// Where the file is not one.
    pub fn features(&self) -> Result<Features, MemoryError> {
        self.find(&NotePath::new(FILE)?)?.map_or_else(|| Ok(Features::default()), |note| parse(&note.text))
    }

    /// Adds features. Ones whose name is taken are an error, so that none is replaced by an easier one.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::Features`]; then nothing was added.
    pub fn add_features(&self, new: Vec<Feature>) -> Result<Version, MemoryError> {
        self.change_features(|list| {
            for feature in new {
                if feature.id.trim().is_empty() || list.features.iter().any(|known| known.id == feature.id) {
                    return Err("a feature needs a name that no other has");
                }
                list.features.push(feature);
            }
            Ok(())
        })
    }

    /// Says of a feature whether it works. Nothing else about it can be changed here.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::Features`] where there is no such feature.
    pub fn set_feature(&self, id: &str, status: FeatureStatus) -> Result<Version, MemoryError> {
        self.change_features(|list| {
            let feature = list.features.iter_mut().find(|feature| feature.id == id);
            feature.ok_or("there is no feature of this name")?.status = status;
            Ok(())
        })
    }

    fn change_features(
        &self,
        change: impl FnOnce(&mut Features) -> Result<(), &'static str>,
    ) -> Result<Version, MemoryError> {
        self.update(&NotePath::new(FILE)?, |text| {
            let mut list = text.map_or_else(|| Ok(Features::default()), parse)?;
            change(&mut list).map_err(wrong)?;
            let text = serde_json::to_string_pretty(&list);
            Ok(text.map_err(|_| wrong("the list cannot be written"))? + "\n")
        })
    }
}

fn parse(text: &str) -> Result<Features, MemoryError> {
    serde_json::from_str(text).map_err(|_| wrong("not a feature list; restore an earlier version"))
}

fn wrong(what: &'static str) -> MemoryError {
    MemoryError::new(FILE, MemoryErrorKind::Features(what))
}
