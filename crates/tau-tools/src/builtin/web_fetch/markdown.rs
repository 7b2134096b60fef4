//! HTML as Markdown.

use std::collections::BTreeMap;
use std::rc::Rc;

use htmd::{HtmlToMarkdown, Node};

use crate::builtin::support::failure;
use crate::environment::blocking;
use crate::executor::ToolOutput;

/// What holds nothing to read.
const SKIPPED: [&str; 9] =
    ["script", "style", "noscript", "template", "svg", "iframe", "nav", "footer", "form"];
/// Elements that end without being ended, or hold nothing.
const UNENDED: [&[u8]; 30] = [
    b"p",
    b"li",
    b"dt",
    b"dd",
    b"td",
    b"th",
    b"tr",
    b"tbody",
    b"thead",
    b"tfoot",
    b"option",
    b"optgroup",
    b"colgroup",
    b"html",
    b"head",
    b"body",
    b"area",
    b"base",
    b"br",
    b"col",
    b"embed",
    b"hr",
    b"img",
    b"input",
    b"link",
    b"meta",
    b"param",
    b"source",
    b"track",
    b"wbr",
];
/// How deep a page may be nested: the converter goes down by calling itself. Browsers stop at 512.
const DEPTH: usize = 512;
/// The same by the tags alone. To parse a page takes time by its length and by its depth, so this is looked at before.
const OPEN_TAGS: usize = 2 * DEPTH;
/// The most bytes of a page that are converted.
const HTML_BYTES: usize = 2 << 20;

/// The page as Markdown, without what only its look needs.
pub(super) async fn markdown(mut html: String) -> Result<String, ToolOutput> {
    html.truncate(html.floor_char_boundary(HTML_BYTES));
    let converted = blocking(move || {
        if open_tags(html.as_bytes()) > OPEN_TAGS {
            return None;
        }
        let converter = HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build();
        let tree = converter.html_to_tree(&html).ok()?;
        (depth(&tree) <= DEPTH).then(|| converter.tree_to_markdown(&tree))
    });
    let converted = converted.await.map_err(|error| failure(&error))?;
    converted.ok_or_else(|| ToolOutput::error("The page is nested too deeply to be read."))
}

/// The most tags that are open at once, roughly: an end counts for a start of the same name alone.
fn open_tags(html: &[u8]) -> usize {
    let mut open: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let (mut now, mut most) = (0, 0);
    for at in memchr::memchr_iter(b'<', html) {
        let tag = &html[at + 1..];
        let (ends, tag) = tag.strip_prefix(b"/").map_or((false, tag), |tag| (true, tag));
        let name = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = tag[..name].to_ascii_lowercase();
        if name.is_empty() || UNENDED.contains(&name.as_slice()) {
            continue;
        }
        let count = open.entry(name).or_default();
        if !ends {
            (*count, now) = (*count + 1, now + 1);
            most = most.max(now);
        } else if *count > 0 {
            (*count, now) = (*count - 1, now - 1);
        }
    }
    most
}

/// How deep a tree is, found without going down by calls.
fn depth(tree: &Rc<Node>) -> usize {
    let mut deepest = 0;
    let mut open = vec![(Rc::clone(tree), 1)];
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_counted_by_name() {
        let rows = [
            ("<p>a<p>b<br><li>c", 0),
            ("<div><div></div></div><div></div>", 2),
            ("<DIV class='x'><b></B></div>", 2),
            ("<div></x><div></x><div>", 3),
            ("a < b && c <", 0),
        ];
        for (html, expected) in rows {
            assert_eq!(open_tags(html.as_bytes()), expected, "{html}");
        }
    }
}
