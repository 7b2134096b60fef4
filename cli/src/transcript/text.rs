//! A transcript for a terminal or a pager.

use std::fmt::Write as _;
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::item::{Call, Item, Part, What};
use super::words::{arguments_in_full, call_state, cut_word, main_argument, permission_line, remark};
use crate::output::{clock, plural, printable, took};

const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NAME: Style = AnsiColor::Cyan.on_default();
const YOU: Style = Style::new().bold();

/// Lines of a result that are shown, and characters of one.
const SHOWN: usize = 8;
const WIDTH: usize = 400;

/// Whether long results are shortened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortened {
    Yes,
    No,
}

/// The entries as text, each with the place of its event before it.
pub(crate) fn render(items: &[Item], shortened: Shortened) -> String {
    let mut page = String::new();
    for item in items {
        entry(&mut page, item, shortened);
    }
    page
}

fn entry(page: &mut String, item: &Item, shortened: Shortened) {
    let mut head = |text: &str| {
        let (seq, time) = (item.seq, item.time.as_deref().map(clock).unwrap_or_default());
        // Writing to a String does not fail.
        let _ = writeln!(page, "{DIM}{seq:>5} {time:8}{DIM:#}  {text}");
    };
    match &item.what {
        What::Prompt { content } => {
            head(&format!("{YOU}you{YOU:#}"));
            say(page, content);
        }
        What::Context { content } => {
            head(&format!("{YOU}context{YOU:#}"));
            say(page, content);
        }
        What::Reply { content, finish, .. } => {
            let cut = cut_word(finish).map(|cut| format!(" {BAD}{cut}{BAD:#}")).unwrap_or_default();
            if content.is_empty() && cut.is_empty() {
                return;
            }
            head(&format!("{NAME}model{NAME:#}{cut}"));
            say(page, content);
        }
        What::ToolCall(call) => {
            head(&call_head(call));
            call_body(page, call, shortened);
        }
        What::Question { text, choices, answer, .. } => {
            head(&format!("{NAME}the model asks{NAME:#}"));
            block(page, text);
            choices.iter().for_each(|choice| block(page, &format!("- {choice}")));
            block(page, &format!("answer: {}", answer.as_deref().unwrap_or("none yet")));
        }
        What::Plan { plan, answer, .. } => {
            head(&format!("{NAME}the model proposes a plan{NAME:#}"));
            block(page, plan);
            block(page, &format!("decision: {}", answer.as_deref().unwrap_or("none yet")));
        }
        What::Imported { messages } => {
            head(&format!("{DIM}a conversation that was held elsewhere{DIM:#}"));
            messages.iter().for_each(|message| block(page, message));
        }
        What::Compacted { through, strategy, replacement } => {
            head(&format!("{DIM}all up to {through} was shortened ({}){DIM:#}", printable(strategy)));
            if !replacement.is_empty() {
                block(page, replacement);
            }
        }
        What::Unreadable { kind, reason } => {
            let kind = if kind.is_empty() { "this event" } else { kind };
            head(&format!("{BAD}{} cannot be read: {}{BAD:#}", printable(kind), printable(reason)));
        }
        other => head(&format!("{DIM}{}{DIM:#}", printable(&remark(other)))),
    }
    page.push('\n');
}

fn call_head(call: &Call) -> String {
    let style = match call.outcome {
        Some("succeeded") => GOOD,
        _ => BAD,
    };
    let state = call_state(call).replace('_', " ");
    let time = took(Duration::from_millis(call.duration_ms));
    let name = printable(&call.name);
    format!("{NAME}{name}{NAME:#} {} {style}{state}{style:#}{DIM}{time}{DIM:#}", main_argument(call))
}

fn call_body(page: &mut String, call: &Call, shortened: Shortened) {
    let arguments = arguments_in_full(call);
    // One argument stands in the first line already.
    if arguments.contains('\n') || main_argument(call).ends_with('…') {
        shorten(page, &arguments, shortened, "    ");
    }
    if let Some(permission) = &call.permission {
        block(page, &format!("permission: {}", permission_line(permission)));
    }
    for part in &call.result {
        shorten(page, &part_text(part), shortened, "    | ");
    }
}

fn say(page: &mut String, content: &[Part]) {
    for part in content {
        block(page, &part_text(part));
    }
}

fn part_text(part: &Part) -> String {
    match part {
        Part::Text { text } => text.clone(),
        Part::Reasoning { text } => format!("(thinking)\n{text}\n(end of thinking)"),
        Part::Image { media_type, data } => {
            format!("[{media_type}, {} bytes in base64]", data.len())
        }
        Part::ImageUrl { url } => format!("[picture at {url}]"),
    }
}

fn block(page: &mut String, text: &str) {
    lines(page, printable(text.trim_end()).lines(), "    ");
}

/// The first lines of a text, and how many there are more.
fn shorten(page: &mut String, text: &str, shortened: Shortened, mark: &str) {
    let text = printable(text.trim_end());
    let count = text.lines().count();
    let shown = if shortened == Shortened::Yes && count > SHOWN + 2 { SHOWN } else { count };
    let width = if shortened == Shortened::Yes { WIDTH } else { usize::MAX };
    for line in text.lines().take(shown) {
        match line.char_indices().nth(width) {
            Some((end, _)) => lines(page, [&*format!("{}…", &line[..end])].into_iter(), mark),
            None => lines(page, [line].into_iter(), mark),
        }
    }
    if shown < count {
        let more = u32::try_from(count - shown).unwrap_or(u32::MAX);
        let _ = writeln!(page, "{DIM}{mark}… {} more (--full){DIM:#}", plural(more, "line"));
    }
}

fn lines<'a>(page: &mut String, lines: impl Iterator<Item = &'a str>, mark: &str) {
    for line in lines {
        let _ = writeln!(page, "{}", format!("{mark}{line}").trim_end());
    }
}
