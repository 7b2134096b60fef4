//! Calls, results and texts as a terminal may show them.

use tau_core::{ToolCall, ToolResult};

/// Characters of a call's arguments or of a line of its result that are shown.
const SHOWN: usize = 100;

/// What a call is about, in one line: its main argument, or all of them.
pub(crate) fn describe(call: &ToolCall) -> String {
    let arguments = call.arguments.value().unwrap_or_default();
    let main = ["command", "path", "pattern", "file_path", "url", "query"];
    let main = main.iter().find_map(|key| arguments.get(key)?.as_str());
    cut(main.unwrap_or_else(|| call.arguments.raw()))
}

/// What a call would do, whole: whoever is asked to allow it must see all of it.
pub(crate) fn in_full(call: &ToolCall) -> String {
    let Ok(arguments) = call.arguments.value() else { return printable(call.arguments.raw()) };
    let Some(fields) = arguments.as_object() else { return printable(call.arguments.raw()) };
    let lines = fields.iter().map(|(key, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let text = printable(&text);
        if text.contains('\n') { format!("{key}:\n{text}") } else { format!("{key}: {text}") }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a result comes to, in one line: of a command the last thing it says, of an edit how many lines it changed,
/// else the first line.
pub(crate) fn gist(tool: &str, result: &ToolResult) -> String {
    let text = result.text();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = if tool == "bash" { lines.next_back() } else { lines.next() }.unwrap_or_default();
    let changed = if tool == "edit" && !result.is_error { changed_lines(&text) } else { String::new() };
    format!("{}{changed}", cut(line))
}

/// How many lines a unified diff adds and takes away.
fn changed_lines(diff: &str) -> String {
    let count = |mark| diff.lines().skip(1).filter(|line| line.starts_with(mark)).count();
    format!(" +{} -{}", count('+'), count('-'))
}

fn cut(text: &str) -> String {
    let flat = printable(text).replace('\n', " ⏎ ").replace('\t', " ");
    match flat.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &flat[..at]),
        None => flat,
    }
}

/// The text without characters that would act on a terminal: a model or a file must not move the cursor,
/// change the title or hide what it says.
pub(crate) fn printable(text: &str) -> String {
    let acts = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if acts(c) { '\u{fffd}' } else { c }).collect()
}
