//! The kinds of conversation one can have with a model.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of exchange with a model. A model may speak several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Protocol {
    /// Messages in, a message out.
    Chat,
    /// Chat whose messages may hold images.
    Vision,
    /// Chat in which the model may call tools.
    Tools,
    /// Texts in, vectors out.
    Embeddings,
    /// Audio in, text out.
    Audio,
}

impl Protocol {
    /// Every protocol, in the order of their declaration.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Vision, Self::Tools, Self::Embeddings, Self::Audio];

    /// The name of the protocol, as configuration and the interface spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Vision => "vision",
            Self::Tools => "tools",
            Self::Embeddings => "embeddings",
            Self::Audio => "audio",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text names no protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a protocol; the protocols are chat, vision, tools, embeddings and audio")]
pub struct ParseProtocolError {
    text: String,
}

impl FromStr for Protocol {
    type Err = ParseProtocolError;

    /// Reads the name in any letter case, with blanks around it ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| ParseProtocolError { text: text.to_owned() })
    }
}
