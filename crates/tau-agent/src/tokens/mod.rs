//! Counting tokens before a provider does.
//!
//! What a provider counted is always better, so a session uses that and an estimate for what came after. [`estimate`] costs
//! nothing. With the feature `tokens`, [`count`] is exact for the models of OpenAI whose encoding is public, and within
//! some percent for others; its tables take some megabytes, and are made when they are first used.

#[cfg(feature = "tokens")]
mod bpe;

#[cfg(feature = "tokens")]
pub use bpe::count;

/// An encoding of text into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Of the models of OpenAI since GPT-4o.
    O200k,
    /// Of GPT-4 and GPT-3.5.
    Cl100k,
}

/// How well an encoding fits a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fit {
    /// It is the model's own.
    Exact,
    /// The model's own is not public, or not here.
    Near,
}

/// The encoding of a model, by its name.
#[must_use]
pub fn encoding_of(model: &str) -> (Encoding, Fit) {
    // Gateways put the maker's name before.
    let name = model.rsplit_once('/').map_or(model, |(_, name)| name);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if begins(&["gpt-4o", "gpt-4.", "gpt-5", "chatgpt-4o", "o1", "o3", "o4", "gpt-oss"]) {
        (Encoding::O200k, Fit::Exact)
    } else if begins(&["gpt-4", "gpt-3.5"]) {
        (Encoding::Cl100k, Fit::Exact)
    } else {
        (Encoding::O200k, Fit::Near)
    }
}

/// About how many tokens a text is, at four bytes each: near for English and code, too few for other scripts by up to half.
#[must_use]
pub const fn estimate(text: &str) -> u64 {
    (text.len() as u64).div_ceil(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_of_models() {
        let cases = [
            ("gpt-4o-mini", (Encoding::O200k, Fit::Exact)),
            ("gpt-4.1", (Encoding::O200k, Fit::Exact)),
            ("openai/gpt-5-mini", (Encoding::O200k, Fit::Exact)),
            ("gpt-4-turbo", (Encoding::Cl100k, Fit::Exact)),
            ("qwen3:8b", (Encoding::O200k, Fit::Near)),
        ];
        for (model, expected) in cases {
            assert_eq!(encoding_of(model), expected, "{model}");
        }
        assert_eq!((estimate(""), estimate("abc"), estimate("abcde")), (0, 1, 2));
    }
}
