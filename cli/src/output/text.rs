//! For people: the answer on standard output, everything else on standard error.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tau_core::event::{EventBody, ToolOutcome};
use tau_core::{ToolCall, ToolResult};
use tau_runtime::{Delta, Update};

use super::stream_json::outcome_word;
use super::summary::Outcome;
use super::{Renderer, Started, Summary};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NAME: Style = AnsiColor::Cyan.on_default();

/// Characters of a call's arguments or of a line of its result that are shown.
const SHOWN: usize = 100;

/// Streams words to standard output, and a line for each call and result to standard error.
pub(super) struct Text {
    spinner: ProgressBar,
    /// Whether standard output is a terminal, where control characters would act.
    to_terminal: bool,
    /// Whether the words so far end in the middle of a line.
    mid_line: bool,
    /// The calls that are on.
    calls: BTreeMap<String, String>,
}

impl Text {
    pub(super) fn new() -> Self {
        let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {msg:.dim} {elapsed:.dim}") {
            spinner.set_style(style);
        }
        Self { spinner, to_terminal: io::stdout().is_terminal(), mid_line: false, calls: BTreeMap::new() }
    }

    /// Writes a line to standard error, below whatever words stand there.
    fn line(&mut self, line: &str) {
        self.end_words();
        self.spinner.suspend(|| anstream::eprintln!("{line}"));
    }

    /// Ends a line of words that is not ended, so that what follows begins a new one.
    fn end_words(&mut self) {
        if std::mem::take(&mut self.mid_line) {
            // If nobody reads the words, nobody misses the line end.
            let _ = writeln!(io::stdout());
        }
    }

    fn words(&mut self, text: &str) -> io::Result<()> {
        let text = if self.to_terminal { printable(text) } else { text.to_owned() };
        self.mid_line = !text.ends_with('\n');
        self.spinner.suspend(|| {
            let mut out = io::stdout().lock();
            out.write_all(text.as_bytes())?;
            out.flush()
        })
    }

    fn wait_for(&mut self, what: &str) {
        if !self.spinner.is_hidden() && !self.mid_line {
            self.spinner.set_message(what.to_owned());
            self.spinner.enable_steady_tick(Duration::from_millis(100));
        }
    }

    fn stop_waiting(&mut self) {
        self.spinner.disable_steady_tick();
        self.spinner.finish_and_clear();
        self.spinner.reset();
    }

    fn event(&mut self, event: &EventBody) {
        match event {
            EventBody::ModelRequested { .. } => self.wait_for("thinking"),
            EventBody::ModelReplied { .. } => {
                self.stop_waiting();
                self.end_words();
            }
            EventBody::ToolRequested { call, .. } => {
                self.stop_waiting();
                let shown = describe(call);
                self.calls.insert(call.id.to_string(), call.name.clone());
                self.line(&format!("{NAME}{}{NAME:#} {shown}", call.name));
                self.wait_for("running");
            }
            EventBody::ToolFinished { outcome, result, elapsed } => {
                self.stop_waiting();
                let name = self.calls.remove(result.call_id.as_str()).unwrap_or_default();
                let (style, mark) = if *outcome == ToolOutcome::Succeeded { (GOOD, "✓") } else { (BAD, "✗") };
                let word = match outcome {
                    ToolOutcome::Succeeded | ToolOutcome::Failed => String::new(),
                    other => format!(" {}", outcome_word(*other).replace('_', " ")),
                };
                let (took, gist) = (took(elapsed.get()), gist(&name, result));
                self.line(&format!("  {style}{mark}{style:#} {DIM}{name}{word}{took}{DIM:#} {DIM}{gist}{DIM:#}"));
                if !self.calls.is_empty() {
                    self.wait_for("running");
                }
            }
            _ => {}
        }
    }
}

impl Renderer for Text {
    fn start(&mut self, _: &Started) -> io::Result<()> {
        Ok(())
    }

    fn update(&mut self, update: &Update) -> io::Result<()> {
        match update {
            Update::Event(event) => self.event(&event.body),
            Update::Delta(Delta::Text(text)) => {
                self.stop_waiting();
                return self.words(text);
            }
            Update::Delta(Delta::Retrying { attempt, delay, reason }) => {
                let wait = took(*delay);
                self.line(&format!("{BAD}!{BAD:#} {}; try {attempt} in{wait}", printable(reason)));
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, text: &str) {
        self.line(&format!("{DIM}{}{DIM:#}", printable(text)));
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.stop_waiting();
        self.end_words();
        let outcome = match summary.outcome {
            Outcome::Completed if summary.denied.is_empty() => format!("{GOOD}done{GOOD:#}"),
            Outcome::Completed => {
                let tools = summary.denied.join(", ");
                format!("{BAD}done, but permission was needed for {tools}{BAD:#} (give it with --allow)")
            }
            Outcome::TurnLimit => format!("{BAD}stopped at the limit of turns{BAD:#} (raise it with --max-turns)"),
            Outcome::BudgetExceeded => {
                let why = summary.error.as_deref().unwrap_or("the budget is used up");
                format!("{BAD}stopped: {why}{BAD:#}")
            }
            Outcome::Cancelled => format!("{BAD}cancelled{BAD:#}"),
            Outcome::Failed => {
                let error = summary.error.as_deref().unwrap_or("for a reason nobody gave");
                format!("{BAD}failed:{BAD:#} {}\n{BOLD}stopped{BOLD:#}", printable(error))
            }
        };
        anstream::eprintln!("{outcome} {DIM}· {}{DIM:#}", counts(summary));
        Ok(())
    }
}

/// Turns, tokens, cost and time.
fn counts(summary: &Summary) -> String {
    let usage = &summary.usage;
    let cached = if usage.cached_input > 0 { format!(" ({} cached)", short(usage.cached_input)) } else { String::new() };
    let cost = summary.cost.as_ref().map(|cost| format!(" · ${cost}")).unwrap_or_default();
    format!(
        "{} · {} · {} tokens in{cached}, {} out{cost} ·{}",
        plural(summary.turns, "turn"),
        plural(summary.tool_calls, "tool call"),
        short(usage.input),
        short(usage.output),
        took(Duration::from_millis(summary.duration_ms)),
    )
}

fn plural(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A count with three digits or so: 950, 12.3k, 4.5M.
fn short(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = count as f64;
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{:.1}k", number / 1e3),
        _ => format!("{:.1}M", number / 1e6),
    }
}

/// A time after a blank; nothing for a time too short to say.
fn took(duration: Duration) -> String {
    match duration.as_millis() {
        0 => String::new(),
        ms @ 1..1_000 => format!(" {ms}ms"),
        1_000..60_000 => format!(" {:.1}s", duration.as_secs_f64()),
        _ => format!(" {}", tau_core::HumanDuration::from_secs(duration.as_secs())),
    }
}

/// What a call is about, in one line: its main argument, or all of them.
fn describe(call: &ToolCall) -> String {
    let main = call.arguments.value().ok().and_then(|arguments| {
        let main = ["command", "path", "pattern", "file_path", "url", "query"];
        main.iter().find_map(|key| arguments.get(key)?.as_str())
    });
    cut(main.unwrap_or_else(|| call.arguments.raw()))
}

/// What a result comes to, in one line: of a command the last thing it says, of an edit how many lines it changed,
/// else the first line.
fn gist(tool: &str, result: &ToolResult) -> String {
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
fn printable(text: &str) -> String {
    let acts = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if acts(c) { '\u{fffd}' } else { c }).collect()
}
