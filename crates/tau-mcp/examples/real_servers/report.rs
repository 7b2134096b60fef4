//! The table.

use crate::{Failure, Seen};

/// What was seen of each server.
#[derive(Default)]
pub(crate) struct Report(Vec<(String, Result<Seen, String>)>);

impl Report {
    pub(crate) fn add(&mut self, name: &str, outcome: Result<Seen, Failure>) {
        self.0.push((name.to_owned(), outcome.map_err(|error| error.to_string())));
    }

    pub(crate) fn is_good(&self) -> bool {
        self.0.iter().all(|(_, outcome)| outcome.is_ok())
    }

    pub(crate) fn print(&self) {
        say("\nserver               protocol    tools prompts resources calls  killed in a call");
        for (name, outcome) in &self.0 {
            match outcome {
                Ok(seen) => say(&format!(
                    "{name:<20} {:<11} {:>5} {:>7} {:>9} {:>5}  {}",
                    seen.protocol,
                    seen.tools,
                    seen.prompts,
                    seen.resources,
                    seen.calls,
                    seen.killed.lines().next().unwrap_or_default()
                )),
                Err(error) => say(&format!("{name:<20} FAILED: {error}")),
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "what this program is for")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
