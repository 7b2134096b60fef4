//! Content blocks: the parts a message is made of.

use serde::{Deserialize, Serialize};

use crate::tool::{ToolCall, ToolResult};

/// One part of a message. Blocks keep the order in which they were said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ContentBlock {
    /// Words.
    Text {
        /// The words, UTF-8, as they were said.
        text: String,
    },
    /// A picture.
    Image(Image),
    /// What the model thought before it spoke.
    Reasoning(Reasoning),
    /// The model asks for a tool to be run.
    ToolCall(ToolCall),
    /// What a tool gave back.
    ToolResult(ToolResult),
}

impl ContentBlock {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The words of a text block; `None` for any other block.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            _ => None,
        }
    }

    /// Whether it is something that is said: text or a picture, and no call, result or reasoning.
    #[must_use]
    pub const fn is_speech(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Image(_))
    }

    /// Whether somebody could say this: [speech](Self::is_speech) alone, that is not all [blank](Self::is_blank).
    #[must_use]
    pub fn are_words(content: &[Self]) -> bool {
        content.iter().all(Self::is_speech) && !content.iter().all(Self::is_blank)
    }

    /// Whether it is text of nothing but blanks.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.as_text().is_some_and(|text| text.trim().is_empty())
    }
}

/// A picture, by where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Image {
    /// Where the picture is.
    pub source: ImageSource,
}

impl Image {
    /// A picture held in the message: `data` is standard base64, `media_type` such as `image/png`.
    pub fn base64(media_type: impl Into<String>, data: impl Into<String>) -> Self {
        Self { source: ImageSource::Base64 { media_type: media_type.into(), data: data.into() } }
    }

    /// A picture the provider fetches itself.
    pub fn url(url: impl Into<String>) -> Self {
        Self { source: ImageSource::Url { url: url.into() } }
    }
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImageSource {
    /// In the message itself.
    Base64 {
        /// Media type, such as `image/png`.
        media_type: String,
        /// The bytes in standard base64, padded.
        data: String,
    },
    /// At an address that the provider fetches.
    Url {
        /// The address.
        url: String,
    },
}

/// What a model thought: readable text, the provider's opaque data, or both.
///
/// Providers verify what they get back (signatures, encrypted reasoning), so [`Reasoning::data`] must be
/// echoed byte for byte to the provider it came from, and to no other. What else a provider wants back and no other
/// block can hold (citations, its own searches) is kept the same way, without text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reasoning {
    /// The readable part; empty when the provider shows none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What the provider wants back unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Opaque>,
}

impl Reasoning {
    /// Reasoning of readable text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), data: None }
    }

    /// Reasoning with the provider's opaque data.
    pub fn with_data(text: impl Into<String>, data: Opaque) -> Self {
        Self { text: text.into(), data: Some(data) }
    }
}

/// A provider's own JSON, kept as the exact text it came in.
///
/// It is held as text and not as a parsed value, because parsing and writing JSON again changes number
/// formats, escapes and key order, and with them the bytes a signature covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opaque {
    /// The wire format that wrote it and may read it, such as `openai-chat`.
    pub format: String,
    /// The JSON text, byte for byte.
    pub json: String,
}

impl Opaque {
    /// Opaque data of a wire format.
    pub fn new(format: impl Into<String>, json: impl Into<String>) -> Self {
        Self { format: format.into(), json: json.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::{ContentBlock, Image};
    use crate::{ToolArguments, ToolCall, ToolCallId};

    #[test]
    fn words_are_speech_that_is_not_all_blank() {
        let (said, blank) = (ContentBlock::text("a"), ContentBlock::text(" \n\t"));
        let picture = ContentBlock::Image(Image::url("https://example.com/a.png"));
        let call = ToolCall::new(ToolCallId::new("a"), "look", ToolArguments::parse("{}"));
        let call = ContentBlock::ToolCall(call);
        assert!(said.is_speech() && blank.is_speech() && picture.is_speech() && !call.is_speech());
        assert!(blank.is_blank() && !said.is_blank() && !picture.is_blank() && !call.is_blank());
        for (content, are_words) in [
            (&[said.clone()][..], true),
            (&[blank.clone(), picture.clone()], true),
            (&[picture], true),
            (&[], false),
            (&[blank], false),
            (&[said, call], false),
        ] {
            assert_eq!(ContentBlock::are_words(content), are_words, "{content:?}");
        }
    }
}
