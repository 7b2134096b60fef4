//! What models cost and how much they hold, for models whose providers publish it.
//!
//! The table is data, `models.json`, with its date and its source. Prices change: what configuration says of a model
//! always counts, and the table fills only what it leaves out. Windows are those of input alone, where a provider states
//! both, so that a conversation is shortened rather than refused. Prices that rise with the length of a request, and those
//! of batches, are not in it.

use std::sync::LazyLock;

use serde::Deserialize;
use tau_core::config::ResolvedModel;
use tau_core::{Money, Prices};
use url::Url;

use crate::target::Target;

/// The table as it is written down.
const DATA: &str = include_str!("models.json");

static TABLE: LazyLock<PriceTable> = LazyLock::new(|| serde_json::from_str(DATA).unwrap_or_default());

/// What is known of the prices and windows of models.
#[derive(Debug, Default, Deserialize)]
#[non_exhaustive]
pub struct PriceTable {
    /// The day it was true, as `YYYY-MM-DD`.
    pub date: String,
    /// Where it comes from.
    pub source: String,
    models: Vec<Listing>,
}

/// What is known of a model at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Listing {
    /// The provider's host.
    pub host: String,
    /// The name of the model.
    pub name: String,
    /// How many tokens of input it takes.
    pub context_window: u64,
    input: Money,
    cached_input: Option<Money>,
    cache_write: Option<Money>,
    output: Money,
}

impl Listing {
    /// What a million tokens cost.
    #[must_use]
    pub fn prices(&self) -> Prices {
        let mut prices = Prices::new(self.input, self.output);
        prices.cached_input = self.cached_input;
        prices.cache_write = self.cache_write;
        prices
    }
}

impl PriceTable {
    /// The table of this version.
    #[must_use]
    pub fn builtin() -> &'static Self {
        &TABLE
    }

    /// Every listing, by host and name.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        &self.models
    }

    /// What is known of a model of the provider at an address; a dated name is that of the model without its date.
    #[must_use]
    pub fn find(&self, base_url: &Url, model: &str) -> Option<&Listing> {
        let host = base_url.host_str()?;
        let named =
            |name: &str| self.models.iter().find(|listing| listing.host == host && listing.name == name);
        named(model).or_else(|| named(without_date(model)?))
    }

    /// Fills in what the configuration leaves out of a model and its fallbacks: its prices and its window.
    pub fn complete(&self, resolved: &mut ResolvedModel) {
        // That of its kind, where none is configured.
        let base_url = Target::base_url(resolved).ok();
        if let Some(listing) = base_url.and_then(|url| self.find(&url, &resolved.model.name)) {
            resolved.model.prices.get_or_insert_with(|| listing.prices());
            resolved.model.capabilities.context_window.get_or_insert(listing.context_window);
        }
        for fallback in &mut resolved.fallbacks {
            self.complete(fallback);
        }
    }
}

/// The name without its date: `-2025-04-14` or `-20250929`.
fn without_date(name: &str) -> Option<&str> {
    let is_date = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    ["-0000-00-00", "-00000000"].into_iter().find_map(|shape| {
        let at = name.len().checked_sub(shape.len())?;
        let (rest, date) = name.split_at_checked(at)?;
        is_date(date, shape).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tau_core::config::{Config, ModelConfig, ProviderConfig};

    #[test]
    fn the_table_reads_and_is_in_order() {
        let table: PriceTable = serde_json::from_str(DATA).unwrap();
        assert!(table.listings().len() > 40 && table.date.len() == 10 && !table.source.is_empty());
        let mut keys: Vec<_> = table.listings().iter().map(|held| (&held.host, &held.name)).collect();
        assert!(keys.is_sorted());
        keys.dedup();
        assert_eq!(keys.len(), table.listings().len(), "no model twice");
        for listing in table.listings() {
            assert!(listing.context_window >= 4_096, "{listing:?}");
            assert!(listing.input <= listing.output, "{listing:?}");
            assert!(listing.cached_input.is_none_or(|cached| cached <= listing.input), "{listing:?}");
        }
    }

    #[test]
    fn models_are_found_at_their_provider_and_by_dated_names() {
        let table = PriceTable::builtin();
        let at = |url: &str, model: &str| {
            table.find(&Url::parse(url).unwrap(), model).map(|listing| listing.name.as_str())
        };
        assert_eq!(at("https://api.openai.com/v1", "gpt-4.1-mini"), Some("gpt-4.1-mini"));
        assert_eq!(at("https://api.openai.com/v1", "gpt-4.1-mini-2025-04-14"), Some("gpt-4.1-mini"));
        assert_eq!(at("https://api.openai.com/v1", "gpt-4.1-mini-nightly"), None);
        assert_eq!(at("https://gateway.example/v1", "gpt-4.1-mini"), None);
        assert_eq!(without_date("é-20250929"), Some("é"));
        assert_eq!(without_date("-2025092"), None);
    }

    #[test]
    fn what_the_configuration_says_counts() {
        let mut config = Config::default();
        config.providers.insert("o".to_owned(), ProviderConfig::new("https://api.openai.com/v1"));
        let mut model = ModelConfig::default();
        model.provider = Some("o".to_owned());
        let own = Prices::new(Money::from_nanos(1), Money::from_nanos(2));
        model.prices = Some(own.clone());
        config.models.insert("gpt-4.1".to_owned(), model);
        let mut mine = config.resolve("gpt-4.1").unwrap();
        PriceTable::builtin().complete(&mut mine);
        assert_eq!(mine.model.prices, Some(own));
        assert!(mine.model.capabilities.context_window.is_some());
        let mut theirs = config.resolve("o/gpt-4.1").unwrap();
        PriceTable::builtin().complete(&mut theirs);
        assert_eq!(theirs.model.prices.unwrap().input, "2".parse().unwrap());
        let mut kind = ProviderConfig::default();
        kind.kind = Some("openai".to_owned());
        config.providers.insert("k".to_owned(), kind);
        let mut of_kind = config.resolve("k/gpt-4.1").unwrap();
        PriceTable::builtin().complete(&mut of_kind);
        assert_eq!(of_kind.model.prices.unwrap().input, "2".parse().unwrap());
        let mut unknown = config.resolve("o/nobody-knows-it").unwrap();
        PriceTable::builtin().complete(&mut unknown);
        assert_eq!((unknown.model.prices, unknown.model.capabilities.context_window), (None, None));
    }
}
