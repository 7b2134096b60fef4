//! What a run shows while it is on, and what it came to.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};
use tau_orchestrate::checkpoint::{RunId, RunStatus, Standing};
use tau_orchestrate::graph::{OpenQuestion, Part, RunError, TaskId, TaskResult};

use super::ask;
use crate::args::OutputFormat;
use crate::exit::Exit;
use crate::output::{milliseconds, plural, printable, took};

/// Shows a run: lines for people on standard error, or lines of JSON on standard output.
pub(super) struct Progress {
    output: OutputFormat,
    run: RunId,
    begun: BTreeMap<TaskId, Instant>,
}

/// What a run came to, as `--output json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    run: &'a str,
    graph: &'a str,
    status: &'a str,
    steps: u64,
    state: Value,
    questions: Vec<Value>,
    next: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    exit_code: u8,
}

impl Progress {
    pub(super) fn new(output: OutputFormat, run: RunId, graph: &str) -> Self {
        let progress = Self { output, run, begun: BTreeMap::new() };
        progress.line(&json!({ "type": "started", "run": progress.run.as_str(), "graph": graph }));
        progress.say(&format!("run {}", progress.run));
        progress
    }

    /// Something for people to know.
    pub(super) fn note(&self, text: &str) {
        if self.output == OutputFormat::Text {
            self.say(text);
        } else {
            anstream::eprintln!("{}", printable(text));
        }
    }

    /// Shows what happened.
    pub(super) fn show(&mut self, part: &Part) {
        match part {
            Part::TaskStarted { node, task } => {
                self.begun.insert(*task, Instant::now());
                self.line(&json!({ "type": "node_started", "node": node, "task": task.to_string() }));
                self.say(&format!("▸ {node}"));
            }
            Part::TaskFinished { node, task, result } => self.finished(node, *task, result),
            Part::Message { node, task, message } => {
                let task = task.to_string();
                self.line(&json!({ "type": "message", "node": node, "task": task, "message": message }));
                self.told(node, message);
            }
            _ => {}
        }
    }

    fn finished(&mut self, node: &str, task: TaskId, result: &TaskResult) {
        let elapsed = self.begun.remove(&task).map(|begun| begun.elapsed()).unwrap_or_default();
        let (word, more) = match result {
            TaskResult::Done => ("done", json!({})),
            TaskResult::Asked(questions) => ("asked", json!({ "questions": questions })),
            TaskResult::Failed(error) => ("failed", json!({ "error": error })),
            _ => ("cancelled", json!({})),
        };
        let (duration, task) = (milliseconds(elapsed), task.to_string());
        let mut line = json!({ "type": "node_finished", "node": node, "task": task, "result": word, "duration_ms": duration });
        if let (Some(line), Value::Object(more)) = (line.as_object_mut(), more) {
            line.extend(more);
        }
        self.line(&line);
        let time = took(elapsed);
        match result {
            TaskResult::Done => self.say(&format!("  ✓ {node}{time}")),
            TaskResult::Asked(_) => self.say(&format!("  ? {node} waits for an answer")),
            TaskResult::Failed(error) => self.say(&format!("  ✗ {error}")),
            _ => self.say(&format!("  ✗ {node} was stopped")),
        }
    }

    /// What a session of a node does.
    fn told(&self, node: &str, message: &Value) {
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default();
        if message.get("failed").is_some() {
            self.say(&format!("    {node}: {} failed", text("tool")));
        } else if message.get("tool").is_some() {
            self.say(&format!("    {node}: {} {}", text("tool"), text("about")));
        } else if message.get("note").is_some() {
            self.say(&format!("    {node}: {}", text("note")));
        }
    }

    /// Shows what it came to.
    pub(super) fn end(&self, graph: &str, standing: &Standing, error: Option<&RunError>, exit: Exit) {
        let summary = Summary {
            run: self.run.as_str(),
            graph,
            status: standing.status.as_str(),
            steps: standing.steps,
            state: serde_json::to_value(&standing.state).unwrap_or_default(),
            questions: standing.questions.iter().map(question).collect(),
            next: standing.next.iter().map(|node| &**node).collect(),
            error: error.map(ToString::to_string),
            exit_code: exit as u8,
        };
        match self.output {
            OutputFormat::Text => self.tell(standing, &summary),
            OutputFormat::Json => {
                print(&format!("{}\n", serde_json::to_string_pretty(&summary).unwrap_or_default()))
            }
            OutputFormat::StreamJson => {
                let mut line = serde_json::to_value(&summary).unwrap_or_default();
                line["type"] = "finished".into();
                self.line(&line);
            }
        }
    }

    fn tell(&self, standing: &Standing, summary: &Summary<'_>) {
        print(&format!("{}\n", serde_json::to_string_pretty(&summary.state).unwrap_or_default()));
        let steps = plural(u32::try_from(standing.steps).unwrap_or(u32::MAX), "step");
        self.say(&format!("{} · {steps} · run {}", standing.status, self.run));
        for line in waits(&self.run, standing) {
            self.say(&line);
        }
    }

    fn say(&self, text: &str) {
        if self.output == OutputFormat::Text {
            anstream::eprintln!("{}", printable(text));
        }
    }

    fn line(&self, line: &Value) {
        if self.output == OutputFormat::StreamJson {
            print(&format!("{line}\n"));
        }
    }
}

/// What a run waits for, and how it goes on.
pub(super) fn waits(run: &RunId, standing: &Standing) -> Vec<String> {
    let next = || standing.next.iter().map(|node| &**node).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    match standing.status {
        RunStatus::Completed => return lines,
        RunStatus::Waiting => {}
        RunStatus::Paused => lines.push(format!("paused in front of {}", next())),
        _ => lines.push(format!("next: {}", next())),
    }
    for question in &standing.questions {
        lines.push(format!("{} asks: {} ({})", question.node, ask::text(&question.payload), question.id));
    }
    let answers: String =
        standing.questions.iter().map(|question| format!(" --answer {}=JSON", question.node)).collect();
    lines.push(format!("go on with: tau graph resume {run}{answers}"));
    lines
}

pub(super) fn question(question: &OpenQuestion) -> Value {
    json!({ "id": question.id, "node": question.node, "question": question.payload })
}

/// Prints data. Output that nobody reads is no error of ours.
pub(super) fn print(text: &str) {
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
