//! Text in the encodings that files are in.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// Where a NUL byte makes a file binary, and what an encoding is guessed from.
const PREFIX: usize = 8 << 10;
const SAMPLE: usize = 1 << 20;

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::builtin) enum TextEncoding {
    /// UTF-8, also where some bytes are none.
    Utf8,
    /// Two bytes for a character.
    Utf16(ByteOrder),
    /// One of those that were before, by what it looks like.
    Legacy(&'static Encoding),
}

/// Which byte of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::builtin) enum ByteOrder {
    Little,
    Big,
}

/// A text and how it was written.
#[derive(Debug)]
pub(in crate::builtin) struct Decoded<'a> {
    /// Without its mark.
    pub(in crate::builtin) text: Cow<'a, str>,
    pub(in crate::builtin) encoding: TextEncoding,
    /// Whether a byte order mark stands before it.
    pub(in crate::builtin) has_mark: bool,
    /// Whether some of it could not be read and is shown as U+FFFD.
    pub(in crate::builtin) is_lossy: bool,
}

impl TextEncoding {
    /// What a model is told of it; nothing of what is usual.
    pub(in crate::builtin) fn name(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16(ByteOrder::Little) => Some("UTF-16LE"),
            Self::Utf16(ByteOrder::Big) => Some("UTF-16BE"),
            Self::Legacy(encoding) => Some(encoding.name()),
        }
    }

    /// The text in this encoding.
    ///
    /// # Errors
    /// A character that the encoding does not have.
    pub(in crate::builtin) fn encode(self, text: &str, has_mark: bool) -> Result<Vec<u8>, char> {
        match self {
            Self::Utf8 => {
                let mark: &[u8] = if has_mark { b"\xef\xbb\xbf" } else { b"" };
                Ok([mark, text.as_bytes()].concat())
            }
            Self::Utf16(order) => {
                let mark = has_mark.then_some(0xfeff_u16);
                let units = mark.into_iter().chain(text.encode_utf16());
                Ok(units
                    .flat_map(|unit| match order {
                        ByteOrder::Little => unit.to_le_bytes(),
                        ByteOrder::Big => unit.to_be_bytes(),
                    })
                    .collect())
            }
            Self::Legacy(encoding) => {
                let (bytes, _, has_unmappable) = encoding.encode(text);
                if !has_unmappable {
                    return Ok(bytes.into_owned());
                }
                let cannot = |character: &char| encoding.encode(character.encode_utf8(&mut [0; 4])).2;
                Err(text.chars().find(cannot).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
        }
    }
}

/// The text that a file holds; `None` for one that is binary.
pub(in crate::builtin) fn decode(content: &[u8]) -> Option<Decoded<'_>> {
    let (mark, encoding) = match content {
        [0xef, 0xbb, 0xbf, ..] => (3, TextEncoding::Utf8),
        // The mark of UTF-32.
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => (2, TextEncoding::Utf16(ByteOrder::Little)),
        [0xfe, 0xff, ..] => (2, TextEncoding::Utf16(ByteOrder::Big)),
        _ => (0, guess(content)?),
    };
    let bytes = &content[mark..];
    let (text, is_lossy) = match encoding {
        TextEncoding::Utf8 => {
            let text = String::from_utf8_lossy(bytes);
            let is_lossy = matches!(text, Cow::Owned(_));
            (text, is_lossy)
        }
        TextEncoding::Utf16(ByteOrder::Little) => UTF_16LE.decode_without_bom_handling(bytes),
        TextEncoding::Utf16(ByteOrder::Big) => UTF_16BE.decode_without_bom_handling(bytes),
        TextEncoding::Legacy(legacy) => legacy.decode_without_bom_handling(bytes),
    };
    Some(Decoded { text, encoding, has_mark: mark > 0, is_lossy })
}

/// The encoding of a text without a mark; `None` for what is none.
fn guess(content: &[u8]) -> Option<TextEncoding> {
    let prefix = &content[..content.len().min(PREFIX)];
    if prefix.contains(&0) {
        return guess_utf16(prefix).map(TextEncoding::Utf16);
    }
    let Some(first) = content.utf8_chunks().find(|chunk| !chunk.invalid().is_empty()) else {
        return Some(TextEncoding::Utf8);
    };
    // UTF-8 with a few broken bytes is not made better by taking all of it for something else.
    let is_broken_utf8 =
        !first.valid().is_ascii() || content.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if is_broken_utf8 {
        return Some(TextEncoding::Utf8);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&content[..content.len().min(SAMPLE)], content.len() <= SAMPLE);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    // What does not come back as it was cannot be edited, and is shown with its errors.
    let (_, has_errors) = guessed.decode_without_bom_handling(content);
    Some(if has_errors { TextEncoding::Utf8 } else { TextEncoding::Legacy(guessed) })
}

/// Text of Latin letters in UTF-16: every other byte is NUL.
fn guess_utf16(prefix: &[u8]) -> Option<ByteOrder> {
    let pairs = prefix.chunks_exact(2);
    let total = pairs.len();
    let (mut first, mut second) = (0, 0);
    for pair in pairs {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    if total < 4 || !prefix.len().is_multiple_of(2) {
        return None;
    }
    match (first, second) {
        (0, second) if second * 10 >= total * 9 => Some(ByteOrder::Little),
        (first, 0) if first * 10 >= total * 9 => Some(ByteOrder::Big),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn what_a_text_is_written_in() {
        let utf16 = |text: &str| TextEncoding::Utf16(ByteOrder::Little).encode(text, true).unwrap();
        /// Text, name of the encoding, whether something was lost.
        type Seen<'a> = (&'a str, Option<&'a str>, bool);
        let rows: [(&[u8], Option<Seen<'_>>); 9] = [
            (b"plain", Some(("plain", None, false))),
            ("caf\u{e9}".as_bytes(), Some(("caf\u{e9}", None, false))),
            (b"caf\xe9 au lait", Some(("caf\u{e9} au lait", Some("windows-1252"), false))),
            (b"caf\xc3\xa9 \xff", Some(("caf\u{e9} \u{fffd}", None, true))),
            (&utf16("h\u{e9}llo"), Some(("h\u{e9}llo", Some("UTF-16LE"), false))),
            (b"\xfe\xff\0h\0i", Some(("hi", Some("UTF-16BE"), false))),
            (b"h\0e\0l\0l\0o\0", Some(("hello", Some("UTF-16LE"), false))),
            (b"\xff\xfe\0\0h\0\0\0", None),
            (b"bin\0ary", None),
        ];
        for (content, expected) in rows {
            let decoded = decode(content);
            let found = decoded.as_ref().map(|found| (&*found.text, found.encoding.name(), found.is_lossy));
            assert_eq!(found, expected, "{content:?}");
        }
    }

    proptest! {
        /// What is read without loss is written as the bytes it was.
        #[test]
        fn text_comes_back(content in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            if let Some(decoded) = decode(&content).filter(|decoded| !decoded.is_lossy)
                && let Ok(encoded) = decoded.encoding.encode(&decoded.text, decoded.has_mark)
                && !matches!(decoded.encoding, TextEncoding::Legacy(_))
            {
                prop_assert_eq!(encoded, content);
            }
        }
    }
}
