//! Asking the person at the terminal, one thing at a time.

use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use tau_core::ToolCallId;
use tau_core::event::{PermissionAnswer, PlanAnswer, QuestionAnswer};
use tokio::sync::oneshot;

use super::ask::{Answer, Asked, Request};
use super::peer::Peer;
use crate::output::printable;

/// The person at the terminal, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Person {
    waiting: VecDeque<Request>,
    /// What stands on the screen, and where its answer comes.
    asking: Option<(Peer, ToolCallId, oneshot::Receiver<Answer>)>,
    lines: Lines,
}

/// Where the lines come from that a person types.
#[derive(Debug, Clone, Default)]
pub(crate) enum Lines {
    /// Standard input, which nobody else reads.
    #[default]
    Terminal,
    /// Whoever reads standard input, also for something else.
    Passed(Arc<Mutex<Receiver<String>>>),
    /// Standard input, which several sessions ask by turns: what one asks stands above its answer and nobody else's.
    Shared {
        turn: Arc<Mutex<()>>,
        /// Whose question it is.
        who: Arc<str>,
    },
}

/// What a person said, and to whom.
#[derive(Debug)]
pub(crate) struct Said {
    pub(super) peer: Peer,
    pub(super) call_id: ToolCallId,
    pub(super) answer: Answer,
}

impl Person {
    pub(super) fn of(lines: Lines) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Whether a question stands on the screen.
    pub(super) const fn is_asked(&self) -> bool {
        self.asking.is_some()
    }

    /// Asks, once everything before has its answer. Gives what to show now.
    pub(super) fn ask(&mut self, request: Request) -> Option<String> {
        self.waiting.push_back(request);
        self.next()
    }

    /// Forgets what a session needs no answer to any more, unless it stands on the screen.
    pub(super) fn forget(&mut self, session: &str, call_id: &ToolCallId) {
        // Models of several sessions may give their calls the same ids.
        self.waiting.retain(|request| request.call_id != *call_id || request.peer.session_id() != session);
    }

    /// Waits for the answer to what stands on the screen; for ever when nothing does. Dropping it loses nothing.
    pub(super) async fn answered(&mut self) -> Option<Said> {
        let Some((_, _, answer)) = &mut self.asking else { return pending().await };
        let answer = answer.await;
        let (peer, call_id, _) = self.asking.take()?;
        Some(Said { peer, call_id, answer: answer.ok()? })
    }

    /// Asks what waits, if nothing stands on the screen. Gives what to show.
    pub(super) fn next(&mut self) -> Option<String> {
        if self.asking.is_some() {
            return None;
        }
        let Request { peer, call_id, tool, what } = self.waiting.pop_front()?;
        let note = match &what {
            Asked::Permission { reason, shown } => format!("{reason}:\n{shown}"),
            Asked::Question { text, choices } => {
                let choices = choices.iter().enumerate();
                let choices: String =
                    choices.map(|(at, choice)| format!("\n  {}. {}", at + 1, printable(choice))).collect();
                format!("{}{choices}", printable(text))
            }
            Asked::Plan { plan } => format!("a plan is proposed:\n{}", printable(plan)),
        };
        let (shown, note) = match &self.lines {
            // Others may stand on the screen until it is this one's turn.
            Lines::Shared { who, .. } => (Some(format!("{}: {note}", printable(who))), None),
            Lines::Terminal | Lines::Passed(_) => (None, Some(note)),
        };
        self.asking = Some((peer, call_id, read(tool, what, shown, self.lines.clone())));
        note
    }
}

/// Reads the answer on a thread of its own: a read of standard input cannot be given up. Shows first what is to be shown.
fn read(tool: String, what: Asked, shown: Option<String>, lines: Lines) -> oneshot::Receiver<Answer> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let turn = match &lines {
            Lines::Shared { turn, .. } => Some(turn.lock().unwrap_or_else(PoisonError::into_inner)),
            Lines::Terminal | Lines::Passed(_) => None,
        };
        if let Some(shown) = shown {
            anstream::eprintln!("{shown}");
        }
        let answer = match &what {
            Asked::Permission { .. } => permission(&lines, &tool).map(Answer::Permission),
            Asked::Question { choices, .. } => question(&lines, choices).map(Answer::Question),
            Asked::Plan { .. } => plan(&lines).map(Answer::Plan),
        };
        // Whoever asked may have gone meanwhile.
        let _ = sender.send(answer.unwrap_or_else(|| what.nobody()));
        drop(turn);
    });
    receiver
}

fn permission(lines: &Lines, tool: &str) -> Option<PermissionAnswer> {
    loop {
        let line = lines.ask(&format!("Let `{tool}` run? [y]es, [a]lways in this session, [n]o: "))?;
        match line.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Some(PermissionAnswer::Allow),
            "a" | "always" => return Some(PermissionAnswer::AllowAlways),
            "n" | "no" => return Some(PermissionAnswer::Deny { message: String::new() }),
            _ => {}
        }
    }
}

fn question(lines: &Lines, choices: &[String]) -> Option<QuestionAnswer> {
    loop {
        let line =
            lines.ask(if choices.is_empty() { "Answer: " } else { "Number, or an answer of your own: " })?;
        let chosen = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        let text = chosen.cloned().unwrap_or(line);
        if !text.is_empty() {
            return Some(QuestionAnswer::Answer { text });
        }
    }
}

fn plan(lines: &Lines) -> Option<PlanAnswer> {
    loop {
        let said = lines.ask("Carry it out? [y]es, [n]o, or say what to change: ")?;
        match said.to_ascii_lowercase().as_str() {
            "" => {}
            "y" | "yes" => return Some(PlanAnswer::Approve),
            "n" | "no" => return Some(PlanAnswer::Reject { message: String::new() }),
            _ => return Some(PlanAnswer::Reject { message: said }),
        }
    }
}

impl Lines {
    /// A line that answers; `None` when there are no more.
    fn ask(&self, prompt: &str) -> Option<String> {
        anstream::eprint!("{prompt}");
        let _ = io::stderr().flush();
        match self {
            Self::Passed(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).recv().ok(),
            Self::Terminal | Self::Shared { .. } => {
                let mut line = String::new();
                match io::stdin().read_line(&mut line) {
                    Ok(1..) => Some(line.trim().to_owned()),
                    _ => None,
                }
            }
        }
    }
}
