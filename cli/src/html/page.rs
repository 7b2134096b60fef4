//! The page as a whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tau_persist::Sha256Hash;

use super::entry::entry;
use super::markup::Html;
use crate::transcript::{About, Item, Part, What};

const STYLE: &str = include_str!("style.css");

/// Characters of a prompt in the table of contents.
const HEADING: usize = 100;

/// A session as a page.
pub(crate) fn page(about: &About, items: &[Item]) -> String {
    let title = if about.prompt.is_empty() { "A session without a prompt" } else { &about.prompt };
    let page = Html::default()
        .markup("<!doctype html>\n<html lang=\"und\">\n<head>\n<meta charset=\"utf-8\">\n")
        .markup("<meta http-equiv=\"Content-Security-Policy\" content=\"")
        .text(&policy())
        .markup("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        .markup("<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
        .text(&heading(title))
        .markup("</title>\n<style>")
        .markup(STYLE)
        .markup("</style>\n</head>\n<body>\n<header>\n<h1>")
        .text(title)
        .markup("</h1>\n");
    let page = contents(facts(page, about).markup("</header>\n"), items);
    page.markup("<main>\n").each(items, entry).markup("</main>\n</body>\n</html>\n").finish()
}

/// Nothing is loaded, run or sent. The style is the one of this program, told by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256Hash::of(STYLE.as_bytes()).0);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

fn facts(page: Html, about: &About) -> Html {
    let facts = [
        ("Model", Some(about.model.clone())),
        ("Folder", about.working_dir.clone()),
        ("Begun", Some(about.created.clone())),
        ("Last written", Some(about.updated.clone())),
        ("Work", Some(about.counts())),
        ("State", Some(about.state_words())),
        ("Session", Some(about.id.clone())),
    ];
    let known = facts.into_iter().filter_map(|(name, value)| Some((name, value?)));
    page.markup("<dl>\n")
        .each(known, |page, (name, value)| {
            page.markup("<dt>").markup(name).markup("</dt><dd>").text(&value).markup("</dd>\n")
        })
        .markup("</dl>\n")
}

/// Links to the prompts, where there are several.
fn contents(page: Html, items: &[Item]) -> Html {
    let prompts: Vec<(u64, String)> = items
        .iter()
        .filter_map(|item| match &item.what {
            What::Prompt { content } => Some((item.seq, words(content))),
            _ => None,
        })
        .collect();
    if prompts.len() < 2 {
        return page;
    }
    page.markup("<nav aria-label=\"Prompts\">\n<ol>\n")
        .each(prompts, |page, (seq, words)| {
            let page = page.markup("<li><a href=\"#e").number(seq).markup("\"><bdi>");
            page.text(&heading(&words)).markup("</bdi></a></li>\n")
        })
        .markup("</ol>\n</nav>\n")
}

fn words(content: &[Part]) -> String {
    let texts = content.iter().filter_map(|part| match part {
        Part::Text { text } => Some(text.as_str()),
        _ => None,
    });
    texts.flat_map(str::split_whitespace).take(HEADING).collect::<Vec<_>>().join(" ")
}

fn heading(text: &str) -> String {
    match text.char_indices().nth(HEADING) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
