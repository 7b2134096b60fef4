//! For people: the answer on standard output, everything else on standard error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tau_core::FinishReason;
use tau_core::event::{EventBody, ToolOutcome};
use tau_runtime::{Delta, Update};

use super::plain::{describe, gist, printable};
use super::stream_json::outcome_word;
use super::summary::Outcome;
use super::{Renderer, Started, Summary};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const NAME: Style = AnsiColor::Cyan.on_default();

/// Streams words to standard output, and a line for each call and result to standard error.
pub(super) struct Text {
    /// There only while something is waited for, so that it never stands among words or behind a question.
    spinner: Option<ProgressBar>,
    /// Whether standard output is a terminal, where control characters would act.
    to_terminal: bool,
    /// Whether the words so far end in the middle of a line.
    mid_line: bool,
    /// The calls that are on.
    calls: BTreeMap<String, String>,
    /// Calls that are asked about: the cursor waits for the answer.
    asked: BTreeSet<String>,
    /// Lines that wait until nothing is asked any more.
    held: Vec<String>,
    /// Why the answer broke off, until the model is asked again or the run is over.
    broken_off: Option<String>,
}

impl Text {
    pub(super) fn new() -> Self {
        Self {
            spinner: None,
            to_terminal: io::stdout().is_terminal(),
            mid_line: false,
            calls: BTreeMap::new(),
            asked: BTreeSet::new(),
            held: Vec::new(),
            broken_off: None,
        }
    }

    /// Writes a line to standard error, below whatever words stand there.
    fn line(&mut self, line: &str) {
        self.stop_waiting();
        self.end_words();
        anstream::eprintln!("{line}");
    }

    /// Writes a line that is not about a question: not while one stands.
    fn line_after_questions(&mut self, line: String) {
        self.held.push(line);
        self.show_held();
    }

    fn show_held(&mut self) {
        if self.asked.is_empty() {
            for line in std::mem::take(&mut self.held) {
                self.line(&line);
            }
        }
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
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Shows that something is waited for; nothing where standard error is no terminal.
    fn wait_for(&mut self, what: &'static str) {
        self.stop_waiting();
        if self.mid_line || !self.asked.is_empty() {
            return;
        }
        let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner:.dim} {msg:.dim} {elapsed:.dim}") {
            spinner.set_style(style);
        }
        spinner.set_message(what);
        spinner.enable_steady_tick(Duration::from_millis(100));
        self.spinner = Some(spinner);
    }

    fn stop_waiting(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }

    fn event(&mut self, event: &EventBody) {
        match event {
            EventBody::ModelRequested { .. } => {
                if let Some(why) = self.broken_off.take() {
                    self.line(&format!("{BAD}!{BAD:#} {}; asking again", printable(&why)));
                }
                self.wait_for("thinking");
            }
            EventBody::ModelFailed { failure, .. } => self.broken_off = Some(failure.message.clone()),
            EventBody::Compacted { .. } => {
                self.line(&format!(
                    "{DIM}the conversation fills the window; its older part was shortened{DIM:#}"
                ));
            }
            EventBody::ModelReplied { response, .. } => {
                self.stop_waiting();
                self.end_words();
                let cut = match response.finish {
                    FinishReason::Length => "the reply is cut: it met the limit of output tokens",
                    FinishReason::ContentFilter => "the reply is cut: the provider's filter stopped it",
                    _ => return,
                };
                self.line(&format!("{BAD}!{BAD:#} {cut}"));
            }
            EventBody::PermissionRequested { call_id, .. } => {
                self.stop_waiting();
                self.asked.insert(call_id.to_string());
            }
            EventBody::PermissionAnswered { call_id, .. } => {
                self.asked.remove(call_id.as_str());
                self.show_held();
                self.wait_for("running");
            }
            EventBody::ToolRequested { call, .. } => {
                let shown = describe(call);
                self.calls.insert(call.id.to_string(), call.name.clone());
                self.line(&format!("{NAME}{}{NAME:#} {shown}", call.name));
                self.wait_for("running");
            }
            EventBody::ToolFinished { outcome, result, elapsed } => {
                self.asked.remove(result.call_id.as_str());
                let name = self.calls.remove(result.call_id.as_str()).unwrap_or_default();
                let (style, mark) =
                    if *outcome == ToolOutcome::Succeeded { (GOOD, "✓") } else { (BAD, "✗") };
                let word = match outcome {
                    ToolOutcome::Succeeded | ToolOutcome::Failed => String::new(),
                    other => format!(" {}", outcome_word(*other).replace('_', " ")),
                };
                let (took, gist) = (took(elapsed.get()), gist(&name, result));
                self.line_after_questions(format!(
                    "  {style}{mark}{style:#} {DIM}{name}{word}{took}{DIM:#} {DIM}{gist}{DIM:#}"
                ));
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
            Update::Delta(Delta::Waiting { reason, wait }) => {
                let wait = wait.map(|wait| format!(",{}", took(wait))).unwrap_or_default();
                self.note(&format!("the request waits {reason}{wait}"));
            }
            Update::Delta(Delta::Retrying { attempt, delay, reason }) => {
                let wait = if delay.is_zero() { String::new() } else { format!(" in{}", took(*delay)) };
                self.line(&format!("{BAD}!{BAD:#} {}; try {attempt} follows{wait}", printable(reason)));
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
            Outcome::TurnLimit => {
                format!("{BAD}stopped at the limit of turns{BAD:#} (raise it with --max-turns)")
            }
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
    let cached = if usage.cached_input > 0 {
        format!(" ({} cached)", short(usage.cached_input))
    } else {
        String::new()
    };
    let cost = summary.cost.as_ref().map(|cost| format!(" · ${cost}")).unwrap_or_default();
    // Some servers count nothing, which is not the same as nothing.
    let tokens = if summary.turns > 0 && usage.input == 0 && usage.output == 0 {
        "tokens not counted".to_owned()
    } else {
        format!("{} tokens in{cached}, {} out", short(usage.input), short(usage.output))
    };
    let tree = summary.tree.as_ref().map_or_else(String::new, |tree| {
        let cost = tree.cost.as_ref().map(|cost| format!(", ${cost}")).unwrap_or_default();
        format!(" · with subagents {} in, {} out{cost}", short(tree.usage.input), short(tree.usage.output))
    });
    format!(
        "{} · {} · {tokens}{cost}{tree} ·{}",
        plural(summary.turns, "turn"),
        plural(summary.tool_calls, "tool call"),
        took(Duration::from_millis(summary.duration_ms)),
    )
}

pub(crate) fn plural(count: u32, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A count with three digits or so: 950, 12.3k, 4.5M.
pub(crate) fn short(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let number = count as f64;
    match count {
        0..1_000 => count.to_string(),
        1_000..1_000_000 => format!("{:.1}k", number / 1e3),
        _ => format!("{:.1}M", number / 1e6),
    }
}

/// A time after a blank; nothing for a time too short to say.
pub(crate) fn took(duration: Duration) -> String {
    match duration.as_millis() {
        0 => String::new(),
        ms @ 1..1_000 => format!(" {ms}ms"),
        1_000..60_000 => format!(" {:.1}s", duration.as_secs_f64()),
        _ => format!(" {}", tau_core::HumanDuration::from_secs(duration.as_secs())),
    }
}
