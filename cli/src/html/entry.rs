//! One entry of the transcript.

use std::time::Duration;

use super::markup::Html;
use super::picture::picture;
use crate::output::took;
use crate::transcript::{
    Call, Item, Part, What, arguments_in_full, call_state, cut_word, main_argument, permission_line, remark,
};

pub(super) fn entry(page: Html, item: &Item) -> Html {
    match &item.what {
        What::Prompt { content } => close(said(open(page, item, "prompt", "You"), content)),
        What::Context { content } => close(said(open(page, item, "prompt", "Context"), content)),
        What::Reply { content, finish, .. } if content.is_empty() && cut_word(finish).is_none() => page,
        What::Reply { content, finish, .. } => {
            let page = said(open(page, item, "reply", "Model"), content);
            close(match cut_word(finish) {
                Some(cut) => page.markup("<p class=\"bad\">The reply is ").markup(cut).markup("</p>\n"),
                None => page,
            })
        }
        What::ToolCall(call) => close(tool(open(page, item, "call", "Tool"), call)),
        What::Question { text, choices, answer, .. } => {
            let page = words(open(page, item, "reply", "Question"), text);
            let page = page
                .each(choices, |page, choice| words(page.markup("<p class=\"note\">Choice:</p>"), choice));
            close(answered(page, answer.as_deref()))
        }
        What::Plan { plan, answer, .. } => {
            let page = words(open(page, item, "reply", "Plan"), plan);
            close(answered(page, answer.as_deref()))
        }
        What::Imported { messages } => {
            let page = open(page, item, "event", "Held elsewhere");
            close(page.each(messages, |page, message| words(page, message)))
        }
        What::Compacted { through, strategy, replacement } => {
            let page = open(page, item, "event", "Shortened")
                .markup("<details><summary>All up to ")
                .number(*through)
                .markup(" was replaced (")
                .text(strategy)
                .markup(")</summary>");
            close(words(page, replacement).markup("</details>\n"))
        }
        What::Unreadable { kind, reason } => {
            let page = open(page, item, "event", "Unreadable").markup("<p class=\"bad\">");
            close(page.text(kind).markup(" cannot be read: ").text(reason).markup("</p>\n"))
        }
        other => {
            let page = open(page, item, "event", "Event").markup("<p class=\"note\">");
            close(page.text(&remark(other)).markup("</p>\n"))
        }
    }
}

fn open(page: Html, item: &Item, class: &'static str, who: &'static str) -> Html {
    let page = page.markup("<article class=\"").markup(class);
    // A call that was never announced has the place of the reply, which has its name already.
    let page = match &item.what {
        What::ToolCall(call) if !call.announced => page,
        _ => page.markup("\" id=\"e").number(item.seq),
    };
    let page = page.markup("\"><header><b>").markup(who).markup("</b> · ").number(item.seq);
    let page = match &item.time {
        Some(time) => page.markup(" · <time>").text(time).markup("</time>"),
        None => page,
    };
    page.markup("</header>\n")
}

fn close(page: Html) -> Html {
    page.markup("</article>\n")
}

fn words(page: Html, text: &str) -> Html {
    page.markup("<div class=\"said\" dir=\"auto\">").text(text.trim_end()).markup("</div>\n")
}

fn said(page: Html, content: &[Part]) -> Html {
    page.each(content, |page, part| match part {
        Part::Text { text } => words(page, text),
        Part::Reasoning { text } => {
            words(page.markup("<details><summary>Thinking</summary>"), text).markup("</details>\n")
        }
        Part::Image { media_type, data } => picture(page, media_type, data),
        Part::ImageUrl { url } => elsewhere(page, url),
    })
}

/// A picture at an address is named and not loaded: reading a page must tell nobody.
fn elsewhere(page: Html, url: &str) -> Html {
    page.markup("<p class=\"note\">[picture at ").text(url).markup("]</p>\n")
}

fn answered(page: Html, answer: Option<&str>) -> Html {
    match answer {
        Some(answer) => words(page.markup("<p class=\"note\">Answer:</p>"), answer),
        None => page.markup("<p class=\"note\">No answer yet</p>\n"),
    }
}

fn tool(page: Html, call: &Call) -> Html {
    let class = if call.outcome == Some("succeeded") { "good" } else { "bad" };
    let state = call_state(call).replace('_', " ");
    let page = page
        .markup("<details><summary><b>")
        .text(&call.name)
        .markup("</b> <code><bdi>")
        .text(&main_argument(call))
        .markup("</bdi></code> <span class=\"")
        .markup(class)
        .markup("\">")
        .text(&state)
        .markup("</span>")
        .text(&took(Duration::from_millis(call.duration_ms)))
        .markup("</summary>\n<pre>")
        .text(&arguments_in_full(call))
        .markup("</pre>\n");
    let page = match &call.permission {
        Some(permission) => {
            page.markup("<p class=\"note\">Permission: ").text(&permission_line(permission)).markup("</p>\n")
        }
        None => page,
    };
    let page = page.each(&call.result, |page, part| match part {
        Part::Text { text } | Part::Reasoning { text } => {
            page.markup("<pre dir=\"auto\">").text(text.trim_end()).markup("</pre>\n")
        }
        Part::Image { media_type, data } => picture(page, media_type, data),
        Part::ImageUrl { url } => elsewhere(page, url),
    });
    page.markup("</details>\n")
}
