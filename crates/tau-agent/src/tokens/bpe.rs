//! Byte-pair encodings of OpenAI.

use super::Encoding;

/// How many tokens a text is. The time is linear in its length, whatever it holds.
#[must_use]
pub fn count(text: &str, encoding: Encoding) -> u64 {
    let tokenizer = match encoding {
        Encoding::O200k => bpe_openai::o200k_base(),
        Encoding::Cl100k => bpe_openai::cl100k_base(),
    };
    tokenizer.count(text) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts of OpenAI's `tiktoken`, as its documentation and cookbook give them.
    #[test]
    fn known_counts() {
        let cases = [
            ("", 0, 0),
            ("tiktoken is great!", 6, 6),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 8, 9),
        ];
        for (text, o200k, cl100k) in cases {
            assert_eq!(count(text, Encoding::O200k), o200k, "{text}");
            assert_eq!(count(text, Encoding::Cl100k), cl100k, "{text}");
        }
    }

    /// What made other tokenizers panic or take minutes.
    #[test]
    fn much_of_anything_is_counted() {
        for piece in [" ", "a", "\n", "ab ", "😀", "9", "\u{0}", "-"] {
            let text = piece.repeat(100_000 / piece.len());
            let tokens = count(&text, Encoding::O200k);
            assert!(tokens > 0 && tokens <= text.len() as u64, "{piece:?}: {tokens}");
        }
    }
}
