//! Observers by name, and which of them a configuration wants.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{Event, Level};
use super::observer::{MultiObserver, NoOpObserver, Observer};

/// Which observers are wanted, and from which level on. What is left out is up to the layer below it, in the end the defaults:
/// no observer, and level `info`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ObserverConfig {
    /// Names of observers, told in this order.
    pub observers: Option<Vec<String>>,
    /// Less severe events are not told.
    pub level: Option<Level>,
}

impl ObserverConfig {
    /// What is left out here is taken from `below`.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self { observers: self.observers.or(below.observers), level: self.level.or(below.level) }
    }
}

/// Observers by name. It is a value like any other: there is no global one.
#[derive(Clone)]
pub struct Registry {
    observers: BTreeMap<String, Arc<dyn Observer>>,
}

impl Registry {
    /// A registry of the observers of this crate that need nothing: `none`, and with the feature `tracing` also `tracing`.
    #[must_use]
    pub fn new() -> Self {
        let registry = Self { observers: BTreeMap::new() }.with("none", NoOpObserver);
        #[cfg(feature = "tracing")]
        let registry = registry.with("tracing", super::TracingObserver);
        registry
    }

    /// Adds an observer, in place of the one of that name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, observer: impl Observer + 'static) -> Self {
        self.observers.insert(name.into(), Arc::new(observer));
        self
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.observers.keys().map(String::as_str)
    }

    /// One observer that tells all that are wanted what they want to be told.
    ///
    /// # Errors
    ///
    /// [`UnknownObserver`] for a name that is not here.
    pub fn observer(&self, config: &ObserverConfig) -> Result<Filtered, UnknownObserver> {
        let mut all = MultiObserver::new();
        for name in config.observers.iter().flatten() {
            let Some(observer) = self.observers.get(name) else {
                return Err(UnknownObserver {
                    name: name.clone(),
                    known: self.names().map(str::to_owned).collect(),
                });
            };
            all = all.with(Arc::clone(observer));
        }
        Ok(Filtered { observer: all, least: config.level.unwrap_or(Level::Info) })
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Several observers that are told nothing below a level. Made by [`Registry::observer`].
#[derive(Debug, Clone)]
pub struct Filtered {
    observer: MultiObserver,
    least: Level,
}

impl Observer for Filtered {
    fn observe(&self, event: &Event) {
        if event.level >= self.least {
            self.observer.observe(event);
        }
    }

    fn enabled(&self, level: Level) -> bool {
        level >= self.least && self.observer.enabled(level)
    }
}

/// A name that no observer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownObserver {
    name: String,
    known: Vec<String>,
}

impl UnknownObserver {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for UnknownObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no observer `{}`; known are: {}", self.name, self.known.join(", "))
    }
}

impl Error for UnknownObserver {}
