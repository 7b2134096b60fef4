//! Documents with front matter.

/// A text split into its front matter and its body.
///
/// Front matter stands between a first line `---` and the next line `---`. Unlike a search for the first two `---`
/// anywhere, this lets a value hold dashes (`description: a --- b`). A byte order mark before the first line and
/// `\r\n` line ends are accepted; blanks may follow the dashes.
///
/// ```
/// use tau_memory::Document;
///
/// let document = Document::parse("---\nname: review\n---\n# Steps\n");
/// assert_eq!(document.front_matter, Some("name: review\n"));
/// assert_eq!(document.body, "# Steps\n");
///
/// assert_eq!(Document::parse("# Steps\n").front_matter, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Document<'a> {
    /// The lines between the two fences, with their line ends; `None` when there is no complete front matter.
    pub front_matter: Option<&'a str>,
    /// What follows the front matter, or the whole text without its byte order mark.
    pub body: &'a str,
}

impl<'a> Document<'a> {
    /// Splits a text. Every text is a document: without two fences, all of it is body.
    #[must_use]
    pub fn parse(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.split_inclusive('\n');
        let Some(opening) = lines.next().filter(|line| is_fence(line)) else {
            return Self { front_matter: None, body: text };
        };
        let mut end = opening.len();
        for line in lines {
            if is_fence(line) {
                return Self {
                    front_matter: Some(&text[opening.len()..end]),
                    body: &text[end + line.len()..],
                };
            }
            end += line.len();
        }
        Self { front_matter: None, body: text }
    }

    /// Whether the text opens a front matter that never ends.
    #[must_use]
    pub fn is_unterminated(&self) -> bool {
        self.front_matter.is_none() && self.body.split('\n').next().is_some_and(is_fence)
    }
}

fn is_fence(line: &str) -> bool {
    line.trim_end() == "---"
}
