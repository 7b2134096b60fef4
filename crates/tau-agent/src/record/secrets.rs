//! Credentials in texts: those that are known, and those that look like one.

use std::ops::Range;

use tau_core::Secret;

use crate::secrets::SHORTEST;

/// How credentials of well-known services begin, and how long they are at least. Source: the services' own documentation
/// and the public list of GitHub's secret scanning.
const PREFIXES: [(&str, usize); 20] = [
    ("sk-", 20),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("gsk_", 20),
    ("xai-", 20),
    ("hf_", 20),
    ("r8_", 20),
    ("AIza", 35),
    ("AKIA", 20),
    ("ASIA", 20),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("ghu_", 30),
    ("ghr_", 30),
    ("github_pat_", 30),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("npm_", 30),
];

/// Finds credentials in texts.
#[derive(Debug, Default)]
pub(super) struct SecretFinder {
    /// The longest first, so that one that holds another goes whole.
    known: Vec<Secret>,
}

impl SecretFinder {
    pub(super) fn add(&mut self, secrets: impl IntoIterator<Item = Secret>) {
        for secret in secrets {
            if secret.expose().len() >= SHORTEST && !self.known.contains(&secret) {
                self.known.push(secret);
            }
        }
        self.known.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// Where credentials stand, in order and apart from each other.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let known = self.known.iter().flat_map(|secret| {
            let secret = secret.expose();
            text.match_indices(secret).map(move |(at, _)| at..at + secret.len())
        });
        let mut found: Vec<Range<usize>> = known.chain(credentials(text)).chain(private_keys(text)).collect();
        found.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::new();
        for range in found {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => apart.push(range),
            }
        }
        apart
    }

    /// The text with something else in the place of credentials; `None` when there is none.
    pub(super) fn replace(&self, text: &str, with: &str) -> Option<String> {
        let found = self.find(text);
        if found.is_empty() {
            return None;
        }
        let mut clean = String::with_capacity(text.len());
        let mut end = 0;
        for range in found {
            clean.push_str(&text[end..range.start]);
            clean.push_str(with);
            end = range.end;
        }
        clean.push_str(&text[end..]);
        Some(clean)
    }
}

/// Words that look like a credential: a well-known beginning, or a JSON Web Token.
fn credentials(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let start = text.as_ptr() as usize;
    text.split(move |c: char| !is_part(c)).filter_map(move |word| {
        let at = word.as_ptr() as usize - start;
        let word = word.trim_end_matches('.');
        let is_known =
            PREFIXES.iter().any(|(prefix, least)| word.len() >= *least && word.starts_with(prefix));
        let is_token = word.starts_with("eyJ") && word.len() >= 40 && word.matches('.').count() == 2;
        // A file called sk-learn-… is no key; every key has a digit.
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        ((is_known && has_digit) || is_token).then(|| at..at + word.len())
    })
}

/// Private keys in PEM, up to their end or that of the text.
fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("-----BEGIN ").filter_map(|(at, _)| {
        let rest = &text[at..];
        let head = &rest[..rest.find('\n').unwrap_or(rest.len()).min(rest.floor_char_boundary(80))];
        if !head.contains("PRIVATE KEY") {
            return None;
        }
        const END: &str = "PRIVATE KEY-----";
        let behind_head = rest.find(END).map_or(0, |found| found + END.len());
        let end = rest[behind_head..].find(END).map_or(rest.len(), |found| behind_head + found + END.len());
        Some(at..at + end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str) -> String {
        let mut finder = SecretFinder::default();
        finder.add(["s3cret-value", "s3cret-value-longer", "short"].map(Secret::new));
        finder.replace(text, "***").unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn known_ones_and_those_that_look_like_one() {
        let cases = [
            ("a s3cret-value here", "a *** here"),
            ("s3cret-value-longer!", "***!"),
            ("too short to be one", "too short to be one"),
            ("key=sk-proj-abcdefghij1234567890, ok", "key=***, ok"),
            ("sk-learn-is-a-fine-library-for-you", "sk-learn-is-a-fine-library-for-you"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk.", "Bearer ***."),
            ("AKIAIOSFODNN7EXAMPLE", "***"),
            ("ghu_abcdefghijklmnopqrstuvwxyz0123456789", "***"),
            ("ghr_abcdefghijklmnopqrstuvwxyz0123456789", "***"),
            ("-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
            ("-----BEGIN PRIVATE KEY-----\nMII cut", "***"),
            ("-----BEGIN CERTIFICATE-----\nMII", "-----BEGIN CERTIFICATE-----\nMII"),
            ("naïve Grüße ghp_abcdefghijklmnopqrstuvwxyz0123456789 😀", "naïve Grüße *** 😀"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
    }
}
