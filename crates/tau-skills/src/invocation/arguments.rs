//! The words of an argument text.

/// Splits as a shell does: at blanks, but for those in quotes or behind a backslash. Nothing else is special. A quote that
/// is not closed is an ordinary character.
///
/// ```
/// use tau_skills::invocation::split;
///
/// assert_eq!(split(r#"one "two three" it\'s"#), ["one", "two three", "it's"]);
/// assert_eq!(split("don't"), ["don't"]);
/// ```
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\\' => {
                let next = rest.chars().next();
                rest = &rest[next.map_or(0, char::len_utf8)..];
                word.get_or_insert_default().push(next.unwrap_or('\\'));
            }
            '\'' | '"' => match quoted(rest, c) {
                Some((inside, after)) => {
                    word.get_or_insert_default().push_str(&inside);
                    rest = after;
                }
                None => word.get_or_insert_default().push(c),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What is in the quotes, and what follows them; `None` where they are not closed.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut inside = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            c if c == quote => return Some((inside, &text[at + c.len_utf8()..])),
            '\\' if quote == '"' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => inside.push(escaped),
                Some((_, other)) => inside.extend(['\\', other]),
                None => return None,
            },
            c => inside.push(c),
        }
    }
    None
}
