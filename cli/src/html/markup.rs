//! Markup that only grows by what is safe in it.

use crate::output::printable;

/// A piece of a page. Markup gets in only as it is written in this program; every other text is escaped on its way in.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Markup of ours.
    pub(super) fn markup(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Any text, where text may stand: between tags, or between the quotes of an attribute.
    ///
    /// Characters that would act on the reader's screen are shown as such, as at the terminal.
    pub(super) fn text(mut self, text: &str) -> Self {
        for c in printable(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// A number.
    pub(super) fn number(self, number: u64) -> Self {
        self.text(&number.to_string())
    }

    /// Something for each item.
    pub(super) fn each<T>(
        self,
        items: impl IntoIterator<Item = T>,
        add: impl FnMut(Self, T) -> Self,
    ) -> Self {
        items.into_iter().fold(self, add)
    }

    /// The whole, for the file.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    fn check(text: &str, expected: &str) {
        assert_eq!(Html::default().text(text).finish(), expected);
    }

    #[test]
    fn no_text_leaves_its_place() {
        check("</script><b>&amp;", "&lt;/script&gt;&lt;b&gt;&amp;amp;");
        check("\" onerror='x'", "&quot; onerror=&#39;x&#39;");
        check("a\u{202e}b\u{2066}c\u{0}d\u{1b}[2Je\nf\tg", "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}[2Je\nf\tg");
        check("سلام ✓ 😀", "سلام ✓ 😀");
    }
}
