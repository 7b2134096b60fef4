//! Asking the person at the terminal, one thing at a time.

use std::collections::VecDeque;
use std::future::pending;
use std::io::{self, Write};

use tau_core::ToolCallId;
use tau_core::event::{PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_runtime::Handle;
use tokio::sync::oneshot;

use super::ask::{Answer, Asked, Request, give};
use crate::output::printable;

/// The person at the terminal, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Person {
    waiting: VecDeque<Request>,
    /// What stands on the screen, and where its answer comes.
    asking: Option<(Handle, ToolCallId, oneshot::Receiver<Answer>)>,
}

impl Person {
    /// Asks, once everything before has its answer. Gives what to show now.
    pub(super) fn ask(&mut self, request: Request) -> Option<String> {
        self.waiting.push_back(request);
        self.next()
    }

    /// Forgets what needs no answer any more, unless it stands on the screen.
    pub(super) fn forget(&mut self, call_id: &ToolCallId) {
        self.waiting.retain(|request| request.call_id != *call_id);
    }

    /// Waits for the answer to what stands on the screen, and passes it on; for ever when nothing does. Gives what to
    /// show next. Dropping it loses nothing.
    pub(super) async fn answered(&mut self) -> Option<String> {
        let Some((_, _, answer)) = &mut self.asking else { return pending().await };
        let answer = answer.await;
        if let (Some((handle, call_id, _)), Ok(answer)) = (self.asking.take(), answer) {
            give(&handle, call_id, answer).await;
        }
        self.next()
    }

    fn next(&mut self) -> Option<String> {
        if self.asking.is_some() {
            return None;
        }
        let Request { handle, call_id, tool, what } = self.waiting.pop_front()?;
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
        self.asking = Some((handle, call_id, read(tool, what)));
        Some(note)
    }
}

/// Reads the answer on a thread of its own: a read of standard input cannot be given up.
fn read(tool: String, what: Asked) -> oneshot::Receiver<Answer> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let answer = match &what {
            Asked::Permission { .. } => permission(&tool).map(Answer::Permission),
            Asked::Question { choices, .. } => question(choices).map(Answer::Question),
            Asked::Plan { .. } => plan().map(Answer::Plan),
        };
        // Whoever asked may have gone meanwhile.
        let _ = sender.send(answer.unwrap_or_else(|| what.nobody()));
    });
    receiver
}

fn permission(tool: &str) -> Option<PermissionAnswer> {
    loop {
        let line = line(&format!("Let `{tool}` run? [y]es, [a]lways in this session, [n]o: "))?;
        match line.to_ascii_lowercase().as_str() {
            "y" | "yes" => return Some(PermissionAnswer::Allow),
            "a" | "always" => return Some(PermissionAnswer::AllowAlways),
            "n" | "no" => return Some(PermissionAnswer::Deny { message: String::new() }),
            _ => {}
        }
    }
}

fn question(choices: &[String]) -> Option<QuestionAnswer> {
    loop {
        let line = line(if choices.is_empty() { "Answer: " } else { "Number, or an answer of your own: " })?;
        let chosen = line.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        let text = chosen.cloned().unwrap_or(line);
        if !text.is_empty() {
            return Some(QuestionAnswer::Answer { text });
        }
    }
}

fn plan() -> Option<PlanAnswer> {
    loop {
        let said = line("Carry it out? [y]es, [n]o, or say what to change: ")?;
        match said.to_ascii_lowercase().as_str() {
            "" => {}
            "y" | "yes" => return Some(PlanAnswer::Approve),
            "n" | "no" => return Some(PlanAnswer::Reject { message: String::new() }),
            _ => return Some(PlanAnswer::Reject { message: said }),
        }
    }
}

/// A line from the terminal; `None` when there are no more.
fn line(prompt: &str) -> Option<String> {
    anstream::eprint!("{prompt}");
    let _ = io::stderr().flush();
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(1..) => Some(line.trim().to_owned()),
        _ => None,
    }
}
