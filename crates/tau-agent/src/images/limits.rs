//! What providers take of pictures: data, with its date and its sources.

use std::sync::LazyLock;

use serde::Deserialize;

/// The table as it is written down.
const DATA: &str = include_str!("limits.json");

static TABLE: LazyLock<Table> = LazyLock::new(|| serde_json::from_str(DATA).unwrap_or_default());

/// Where nothing is known, everything goes as it is.
static ANY: ImageLimits = ImageLimits {
    longest_edge: None,
    most_pixels: None,
    most_base64: None,
    media_types: None,
    takes_addresses: true,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The day it was true.
    #[serde(rename = "date")]
    _date: String,
    limits: Vec<Listing>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listing {
    /// The kind of provider; any, when it is missing.
    kind: Option<String>,
    /// The wire format; any, when it is missing.
    format: Option<String>,
    longest_edge: Option<u32>,
    most_pixels: Option<u64>,
    most_base64: Option<usize>,
    media_types: Vec<String>,
    #[serde(default = "yes")]
    takes_addresses: bool,
    /// For people.
    #[serde(rename = "source")]
    _source: String,
}

const fn yes() -> bool {
    true
}

/// What a provider takes of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageLimits {
    /// In dots, either way.
    pub(super) longest_edge: Option<u32>,
    pub(super) most_pixels: Option<u64>,
    /// Bytes of the picture in base64, which is how it is sent.
    pub(super) most_base64: Option<usize>,
    /// The kinds of pictures, without `image/`; any, when it is not known.
    pub(super) media_types: Option<Vec<String>>,
    /// Whether it fetches a picture by its address.
    pub(super) takes_addresses: bool,
}

impl ImageLimits {
    /// Those of a kind of provider that is spoken to in a format: the first listing that fits counts.
    pub(crate) fn of(kind: &str, format: &str) -> Self {
        let is = |listed: &Option<String>, name: &str| listed.as_deref().is_none_or(|listed| listed == name);
        let listing =
            TABLE.limits.iter().find(|listing| is(&listing.kind, kind) && is(&listing.format, format));
        listing.map_or_else(|| ANY.clone(), Listing::limits)
    }

    /// Whether pictures of this media type are taken.
    #[cfg(any(feature = "images", test))]
    pub(super) fn takes(&self, media_type: &str) -> bool {
        let kind = media_type.strip_prefix("image/").unwrap_or(media_type);
        self.media_types.as_ref().is_none_or(|taken| taken.iter().any(|taken| taken == kind))
    }
}

impl Listing {
    fn limits(&self) -> ImageLimits {
        ImageLimits {
            longest_edge: self.longest_edge,
            most_pixels: self.most_pixels,
            most_base64: self.most_base64,
            media_types: Some(self.media_types.clone()),
            takes_addresses: self.takes_addresses,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{format, provider};

    #[test]
    fn the_table_is_of_what_there_is_and_says_where_it_comes_from() {
        let table: Table = serde_json::from_str(DATA).unwrap();
        for listing in &table.limits {
            assert!(
                listing.kind.as_deref().is_none_or(|kind| provider::by_name(kind).is_some()),
                "{listing:?}"
            );
            assert!(
                listing
                    .format
                    .as_deref()
                    .is_none_or(|name| format::by_name(name).is_ok() || name.starts_with("bedrock")),
                "{listing:?}"
            );
            assert!(listing.kind.is_some() || listing.format.is_some(), "{listing:?}");
            assert!(!listing._source.is_empty() && table._date.len() == 10);
            // What is too large is made one of these.
            assert!(["png", "jpeg"].iter().all(|kind| listing.limits().takes(kind)), "{listing:?}");
        }
    }

    #[test]
    fn the_first_that_fits_counts() {
        assert_eq!(ImageLimits::of("azure", "anthropic-messages").longest_edge, Some(2000));
        assert_eq!(ImageLimits::of("azure", "openai-responses").longest_edge, Some(2048));
        assert_eq!(ImageLimits::of("compatible", "anthropic-messages").most_base64, Some(5_242_880));
        assert!(!ImageLimits::of("ollama", "ollama-chat").takes_addresses);
        assert_eq!(ImageLimits::of("compatible", "openai-chat"), ANY);
    }
}
