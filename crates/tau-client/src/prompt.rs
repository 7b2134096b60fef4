//! What a session is asked or told.

use tau_proto::runtime::v1::{ContextEntry, context_entry};

/// What a session is asked or told: words, or [entries](ContextEntry) of any kind.
#[derive(Debug, Clone, Default)]
pub struct Prompt(pub(crate) Vec<ContextEntry>);

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        ContextEntry { entry: Some(context_entry::Entry::Text(text)), ..Default::default() }.into()
    }
}

impl From<ContextEntry> for Prompt {
    fn from(entry: ContextEntry) -> Self {
        Self(vec![entry])
    }
}

impl From<Vec<ContextEntry>> for Prompt {
    fn from(entries: Vec<ContextEntry>) -> Self {
        Self(entries)
    }
}
