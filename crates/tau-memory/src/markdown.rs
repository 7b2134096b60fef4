//! The parts of Markdown that matter to instruction files: what is code, what names a file, and block comments.

/// A line that opens a block of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fence<'a> {
    /// What stands behind its marks, such as a language, without blanks around it.
    pub info: &'a str,
    /// Its character.
    pub mark: char,
    length: usize,
}

impl<'a> Fence<'a> {
    /// The fence that a line is, if it is one: at least three backticks or tildes.
    ///
    /// ```
    /// use tau_memory::markdown::Fence;
    ///
    /// let fence = Fence::opening("````rust\n").unwrap();
    /// assert_eq!((fence.mark, fence.info), ('`', "rust"));
    /// assert!(!fence.closes("```\n") && fence.closes("````\n"));
    /// ```
    #[must_use]
    pub fn opening(line: &'a str) -> Option<Self> {
        let line = line.trim();
        let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
        let info = line.trim_start_matches(mark);
        let length = line.len() - info.len();
        let is_fence = length >= 3 && !(mark == '`' && info.contains('`'));
        is_fence.then(|| Self { info: info.trim(), mark, length })
    }

    /// Whether a line ends the block: the same character at least as often, and nothing else.
    #[must_use]
    pub fn closes(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.length && line.chars().all(|c| c == self.mark)
    }
}

/// The length in bytes of the code span that a text begins with, or of its marks where nothing closes it.
#[must_use]
pub fn code_span(text: &str) -> usize {
    let marks = text.len() - text.trim_start_matches('`').len();
    let mark = &text[..marks];
    text[marks..].find(mark).map_or(marks, |inside| inside + 2 * marks)
}

/// The path of an `@path` that a text begins with, without the punctuation of the sentence it stands in. May be empty.
#[must_use]
pub fn mention(text: &str) -> Option<&str> {
    let path = text.strip_prefix('@')?;
    let path = &path[..path.find(|c: char| c.is_whitespace() || c == '`').unwrap_or(path.len())];
    Some(path.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'']))
}

/// The lines of a text, each with whether it belongs to a fenced block of code.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut open: Option<Fence<'_>> = None;
    text.split_inclusive('\n').map(move |line| match open {
        Some(fence) => {
            open = Some(fence).filter(|fence| !fence.closes(line));
            (line, true)
        }
        None => {
            open = Fence::opening(line);
            (line, open.is_some())
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
                rest = &rest[code_span(rest)..];
                is_after_blank = false;
                continue;
            }
            found.extend(mention(rest).filter(|path| is_after_blank && !path.is_empty()));
            is_after_blank = c.is_whitespace();
            rest = &rest[c.len_utf8()..];
        }
    }
    found
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
