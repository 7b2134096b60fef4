//! The parts of Markdown that matter to instruction files: what is code, and block comments.

/// The lines of a text, each with whether it belongs to a fenced block of code.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut fence: Option<&str> = None;
    text.split_inclusive('\n').map(move |line| {
        let mark = fence_mark(line);
        match (fence, mark) {
            (None, Some(mark)) => {
                fence = Some(mark);
                (line, true)
            }
            (Some(open), Some(mark)) if mark.starts_with(open) && line.trim() == mark => {
                fence = None;
                (line, true)
            }
            (open, _) => (line, open.is_some()),
        }
    })
}

/// The text without comments that begin a line: they are for people.
///
/// Comments in blocks of code, and ones that never end, stay.
pub(crate) fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end_of_comment = 0;
    let mut at = 0;
    for (line, is_code) in lines(text) {
        let start = at;
        at += line.len();
        let from = end_of_comment.max(start);
        if from >= at {
            continue;
        }
        let rest = &text[from..];
        let is_comment = !is_code && from == start && line.trim_start().starts_with("<!--");
        match rest.find("-->").filter(|_| is_comment) {
            Some(end) => {
                end_of_comment = from + end + "-->".len();
                // What is left of the line that a comment ends on, unless that is only its end.
                let tail = &text[end_of_comment..];
                let tail = &tail[..tail.find('\n').map_or(tail.len(), |end| end + 1)];
                if !tail.trim().is_empty() {
                    out.push_str(tail);
                }
                end_of_comment += tail.len();
            }
            None => out.push_str(&text[from..at]),
        }
    }
    out
}

/// The paths that a text imports: `@path` at the start of a line or behind a blank, outside of code.
pub(crate) fn imports(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (line, _) in lines(text).filter(|(_, is_code)| !is_code) {
        let mut rest = line;
        let mut is_after_blank = true;
        while let Some(c) = rest.chars().next() {
            if c == '`' {
                let marks = rest.len() - rest.trim_start_matches('`').len();
                let (mark, inside) = rest.split_at(marks);
                rest = inside.find(mark).map_or(inside, |end| &inside[end + marks..]);
                is_after_blank = false;
                continue;
            }
            if let Some(path) = rest.strip_prefix('@').filter(|_| is_after_blank) {
                let path = &path[..path.find(|c: char| c.is_whitespace() || c == '`').unwrap_or(path.len())];
                let path = path.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'']);
                if !path.is_empty() {
                    found.push(path);
                }
            }
            is_after_blank = c.is_whitespace();
            rest = &rest[c.len_utf8()..];
        }
    }
    found
}

fn fence_mark(line: &str) -> Option<&str> {
    let line = line.trim();
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(mark).len();
    let is_fence = length >= 3 && !(mark == '`' && line[length..].contains('`'));
    is_fence.then(|| &line[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_at_the_start_of_a_line_go() {
        for (text, expected) in [
            ("a\n<!-- one -->\nb\n", "a\nb\n"),
            ("<!-- one\ntwo\n-->\nb", "b"),
            ("  <!-- x --> rest\nb\n", " rest\nb\n"),
            ("a <!-- inline -->\n", "a <!-- inline -->\n"),
            ("```\n<!-- code -->\n```\n", "```\n<!-- code -->\n```\n"),
            ("<!-- never ends\nb\n", "<!-- never ends\nb\n"),
            ("<!-- a --><!-- b -->\nc", "<!-- b -->\nc"),
            ("", ""),
        ] {
            assert_eq!(without_comments(text), expected, "{text:?}");
        }
    }

    #[test]
    fn imports_are_outside_of_code() {
        let text = "See @docs/a.md, and @./b.md. Not `@c.md`, me@host or ``@d ` .md``.\n\
                    ~~~~\n@e.md\n~~~\n@f.md\n~~~~\n@~/g.md\n```sh\n@h.md\n";
        assert_eq!(imports(text), ["docs/a.md", "./b.md", "~/g.md"]);
    }
}
