//! What was checked, as a table.

use std::fmt;

/// What became of a check.
#[derive(Debug)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

#[derive(Debug)]
struct Row {
    client: String,
    check: String,
    outcome: Outcome,
}

/// All that was checked.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// A check and how it ended.
    pub(super) fn add(&mut self, client: &str, check: &str, outcome: anyhow::Result<()>) {
        let outcome = match outcome {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        };
        self.push(client, check, outcome);
    }

    /// A client that could not be tried, and why.
    pub(super) fn skip(&mut self, client: &str, why: &str) {
        self.push(client, "all", Outcome::Skipped(why.to_owned()));
    }

    /// The lines of a client that prints `TRANSPORT: CHECK: ok`, or what went wrong instead of `ok`.
    pub(super) fn lines(&mut self, client: &str, output: &str) -> usize {
        let mut count = 0;
        for line in output.lines() {
            let mut parts = line.splitn(3, ": ");
            let (Some(transport), Some(check), Some(told)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let outcome = if told == "ok" { Outcome::Passed } else { Outcome::Failed(told.to_owned()) };
            self.push(&format!("{client}, {transport}"), check, outcome);
            count += 1;
        }
        count
    }

    pub(super) fn has_failed(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.outcome, Outcome::Failed(_)))
    }

    fn push(&mut self, client: &str, check: &str, outcome: Outcome) {
        self.rows.push(Row { client: client.to_owned(), check: check.to_owned(), outcome });
    }
}

/// One line for each client and outcome: what passed together, what did not by itself.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.client.len()).max().unwrap_or_default();
        let mut clients: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !clients.contains(&row.client.as_str()) {
                clients.push(&row.client);
            }
        }
        for client in clients {
            let rows = || self.rows.iter().filter(|row| row.client == client);
            let passed: Vec<&str> = rows()
                .filter(|row| matches!(row.outcome, Outcome::Passed))
                .map(|row| row.check.as_str())
                .collect();
            if !passed.is_empty() {
                writeln!(f, "  {client:width$}  ok       {}", passed.join(", "))?;
            }
            for row in rows() {
                match &row.outcome {
                    Outcome::Passed => {}
                    Outcome::Failed(why) => writeln!(f, "  {client:width$}  FAILED   {}: {why}", row.check)?,
                    Outcome::Skipped(why) => writeln!(f, "  {client:width$}  skipped  {}: {why}", row.check)?,
                }
            }
        }
        let count = |is: fn(&Outcome) -> bool| self.rows.iter().filter(|row| is(&row.outcome)).count();
        write!(
            f,
            "{} checks passed, {} failed, {} skipped",
            count(|outcome| matches!(outcome, Outcome::Passed)),
            count(|outcome| matches!(outcome, Outcome::Failed(_))),
            count(|outcome| matches!(outcome, Outcome::Skipped(_)))
        )
    }
}
