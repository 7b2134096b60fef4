//! Bounds on text that a server wrote and a model reads.

/// The text in at most so many bytes, cut at a character's border, and marked where it was cut.
pub(crate) fn truncate(text: &str, bytes: usize) -> String {
    const MARK: &str = "…";
    if text.len() <= bytes {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(MARK.len()));
    format!("{}{MARK}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::truncate;

    #[test]
    fn a_cut_is_marked_and_falls_between_characters() {
        assert_eq!(truncate("four", 4), "four");
        assert_eq!(truncate("fours", 4), "f…");
        assert_eq!(truncate("ääää", 6), "ä…");
    }
}
