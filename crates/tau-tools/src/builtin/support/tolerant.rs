//! Whole lines found although their indentation, or blanks at their ends, differ from what was asked for.

use std::collections::BTreeMap;
use std::ops::Range;

/// The one place where lines stand that differ from `old` in nothing else, and `new` indented as they are; `None`
/// where there is no such place, there are several, or it is not clear how the new lines are to be indented.
pub(in crate::builtin) fn find_tolerant(
    content: &[u8],
    old: &str,
    new: &str,
) -> Option<(Range<usize>, String)> {
    let content = std::str::from_utf8(content).ok()?;
    let ends_line = old.ends_with('\n');
    let wanted: Vec<&str> = old.lines().collect();
    if wanted.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let lines: Vec<(usize, &str)> = starts(content);
    let mut places = lines
        .windows(wanted.len())
        .filter(|window| window.iter().zip(&wanted).all(|((_, line), wanted)| line.trim() == wanted.trim()));
    let place = places.next()?;
    if places.next().is_some() {
        return None;
    }
    let pairs = place.iter().zip(&wanted).map(|((_, line), wanted)| (indentation(wanted), indentation(line)));
    let spoken = wanted.iter().map(|line| !line.trim().is_empty());
    let indentations =
        indentations(pairs.zip(spoken).filter_map(|(pair, is_spoken)| is_spoken.then_some(pair)))?;
    let new = reindent(new, &indentations)?;
    let (first, (last, last_line)) = (place.first()?.0, place.last()?);
    let end = last + last_line.len();
    let line_end = if ends_line { content[end..].find('\n')? + 1 } else { 0 };
    Some((first..end + line_end, new))
}

/// Every line with the place where it starts, without its end.
fn starts(content: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let lines = content.split_inclusive('\n').map(|line| {
        let start = at;
        at += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        (start, line.strip_suffix('\r').unwrap_or(line))
    });
    lines.collect()
}

fn indentation(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// Which indentation stands for which; `None` where one would stand for two.
fn indentations<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<BTreeMap<&'a str, &'a str>> {
    let mut known = BTreeMap::new();
    for (asked, found) in pairs {
        if *known.entry(asked).or_insert(found) != found {
            return None;
        }
    }
    Some(known)
}

fn reindent(new: &str, known: &BTreeMap<&str, &str>) -> Option<String> {
    let mut text = String::with_capacity(new.len());
    for line in new.split_inclusive('\n') {
        if line.trim().is_empty() {
            text.push_str(line);
            continue;
        }
        let asked = indentation(line);
        // The deepest known indentation that this one begins with; what it has beyond stays as it is.
        let (from, to) =
            known.iter().filter(|(from, _)| asked.starts_with(**from)).max_by_key(|(from, _)| from.len())?;
        let beyond = &asked[from.len()..];
        let mixes =
            |text: &str, blank: char| text.contains(blank) && !beyond.is_empty() && !beyond.contains(blank);
        if mixes(to, '\t') || mixes(to, ' ') {
            return None;
        }
        text.push_str(to);
        text.push_str(beyond);
        text.push_str(&line[asked.len()..]);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(content: &str, old: &str, new: &str) -> Option<String> {
        let (span, new) = find_tolerant(content.as_bytes(), old, new)?;
        Some(format!("{}{new}{}", &content[..span.start], &content[span.end..]))
    }

    #[test]
    fn only_one_place_and_one_way_to_indent_it() {
        let rows = [
            // Blanks at line ends.
            ("a  \nb\n", "a\nb", "c\nb", Some("c\nb\n")),
            ("a\nb\n", "a \nb\n", "c\n", Some("c\n")),
            // Indentation, deeper and of another kind.
            (
                "{\n    if x {\n        y;\n    }\n}\n",
                "if x {\n    y;\n}",
                "if z {\n    y;\n    w;\n}",
                Some("{\n    if z {\n        y;\n        w;\n    }\n}\n"),
            ),
            ("\tf(\n\t\tx);\n", "  f(\n    x);", "  g(\n    x);", Some("\tg(\n\t\tx);\n")),
            // A deeper line of which nobody knows whether it takes tabs.
            ("\tf(x);\n", "  f(x);", "  f(\n    x);", None),
            // Two places, and two meanings of one indentation.
            (" a\nb\n  a\n", "\ta", "c", None),
            ("  a\n    b\n", "a\nb", "c", None),
            // Nothing but blanks, a part of a line, and blanks inside of it.
            ("\n\n", " ", "c", None),
            ("let a = 1;\n", "a  = 1;", "b", None),
            ("a  = 1\n", "a = 1", "b", None),
            // Line ends: one that is asked for must be there, and what follows stays.
            ("  a", "a\n", "c\n", None),
            ("  a\r\n\r\nb", "a\n", "c\n", Some("  c\n\r\nb")),
        ];
        for (content, old, new, expected) in rows {
            assert_eq!(found(content, old, new).as_deref(), expected, "{old:?} in {content:?}");
        }
    }
}
