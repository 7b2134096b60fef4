//! Quotes, escapes and names, as bash reads them.

use super::outline::Part;

/// The name at the start of a text; empty where there is none.
pub(crate) fn name(text: &str) -> &str {
    let is_start = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let end = text.find(|other: char| !other.is_ascii_alphanumeric() && other != '_').unwrap_or(text.len());
    if is_start { &text[..end] } else { "" }
}

/// The text of parts that are nothing but text; what is not is left out.
pub(crate) fn plain(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(piece) => text.push_str(piece),
            Part::Special(special) => text.push(*special),
            _ => {}
        }
    }
    text
}

/// Whether a word assigns a variable: `NAME=`, `NAME+=` or `NAME[...]=`.
pub(crate) fn is_assignment(parts: &[Part]) -> bool {
    let Some(Part::Text(first)) = parts.first() else { return false };
    let name = name(first);
    let rest = &first[name.len()..];
    !name.is_empty()
        && (rest.starts_with('=')
            || rest.starts_with("+=")
            || (rest.is_empty()
                && parts.get(1) == Some(&Part::Special('['))
                && plain(&parts[1..]).contains("]=")))
}

/// The name of the variable that a word assigns, and the parts of its value.
pub(crate) fn assignment(parts: &[Part]) -> Option<(&str, Vec<Part>)> {
    let Some(Part::Text(first)) = parts.first() else { return None };
    let name = name(first);
    let rest = &first[name.len()..];
    let value = rest.strip_prefix("+=").or_else(|| rest.strip_prefix('='))?;
    let mut rest = vec![Part::Text(value.to_owned())];
    rest.extend(parts[1..].iter().cloned());
    Some((name, rest))
}

/// Whether a word that assigns a variable appends to its value.
pub(crate) fn appends(parts: &[Part]) -> bool {
    matches!(parts.first(), Some(Part::Text(first)) if first[name(first).len()..].starts_with("+="))
}

/// The name of the list that a word assigns an element of.
pub(crate) fn element(parts: &[Part]) -> Option<&str> {
    let Some(Part::Text(first)) = parts.first() else { return None };
    (is_assignment(parts) && parts.get(1) == Some(&Part::Special('['))).then_some(first.as_str())
}

/// What `${...}` is, given what stands between the braces.
pub(crate) fn parameter(text: &str, quoted: bool) -> Part {
    let name = name(text);
    let rest = &text[name.len()..];
    let operand = ["-", ":-", "=", ":=", "+", ":+"].iter().rev().find_map(|with| rest.strip_prefix(with));
    let is_plain = |operand: &&str| {
        operand
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '-' | '.' | '/' | ' '))
    };
    match operand.filter(is_plain) {
        _ if name.is_empty() => Part::Unknown { quoted },
        _ if rest.is_empty() => Part::Variable { name: name.to_owned(), quoted },
        Some(operand) => Part::Fallback { name: name.to_owned(), text: operand.to_owned(), quoted },
        None => Part::Unknown { quoted },
    }
}

/// The script between backticks, from behind the first: itself, its length with the last one, whether there was one.
pub(crate) fn backticks(rest: &str, quoted: bool) -> (String, usize, bool) {
    let mut script = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, next)) = characters.next() {
        match next {
            '`' => return (script, at + 1, true),
            '\\' => match characters.next() {
                Some((_, escaped @ ('`' | '\\' | '$'))) => script.push(escaped),
                Some((_, '"')) if quoted => script.push('"'),
                Some((_, other)) => script.extend(['\\', other]),
                None => script.push('\\'),
            },
            other => script.push(other),
        }
    }
    (script, rest.len(), false)
}

/// The text of `$'...'`, from behind the first quote: itself, its length with the last one, whether there was one.
pub(crate) fn ansi_c(rest: &str) -> (String, usize, bool) {
    let mut text = Vec::new();
    let mut at = 0;
    while let Some(next) = rest[at..].chars().next() {
        at += next.len_utf8();
        match next {
            '\'' => return (String::from_utf8_lossy(&text).into_owned(), at, true),
            '\\' => at += escape(&rest[at..], &mut text),
            other => text.extend(other.to_string().as_bytes()),
        }
    }
    (String::from_utf8_lossy(&text).into_owned(), rest.len(), false)
}

/// Reads what follows a backslash in `$'...'`, and says how long it is.
fn escape(rest: &str, text: &mut Vec<u8>) -> usize {
    let Some(kind) = rest.chars().next() else { return 0 };
    let after = &rest[kind.len_utf8()..];
    let digits = |radix: u32, most: usize| {
        let length = after.chars().take(most).take_while(|digit| digit.is_digit(radix)).count();
        (u32::from_str_radix(&after[..length], radix).ok(), length)
    };
    let simple = match kind {
        'a' => 7,
        'b' => 8,
        'e' | 'E' => 27,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        '\\' | '\'' | '"' | '?' => kind as u8,
        'x' => {
            let (value, length) = digits(16, 2);
            text.extend(value.and_then(|value| u8::try_from(value).ok()));
            return 1 + length;
        }
        'u' | 'U' => {
            let (value, length) = digits(16, if kind == 'u' { 4 } else { 8 });
            let character = value.and_then(char::from_u32).map(String::from).unwrap_or_default();
            text.extend(character.as_bytes());
            return 1 + length;
        }
        '0'..='7' => {
            let length = rest.chars().take(3).take_while(|digit| digit.is_digit(8)).count();
            let value = u32::from_str_radix(&rest[..length], 8).unwrap_or_default();
            text.push((value & 0xff) as u8);
            return length;
        }
        'c' => {
            let next = after.bytes().next().unwrap_or_default();
            text.push(next & 0x1f);
            return 1 + after.chars().next().map_or(0, char::len_utf8);
        }
        other => {
            text.extend(['\\', other].iter().collect::<String>().as_bytes());
            return other.len_utf8();
        }
    };
    text.push(simple);
    kind.len_utf8()
}
