//! `tau graph show`.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};
use tau_core::event::Timestamp;
use tau_orchestrate::checkpoint::Checkpoint;

use super::error::report;
use super::place::Runs;
use super::progress::{print, question, waits};
use crate::args::{Form, ShowGraphArgs, StoreArgs};
use crate::exit::Exit;
use crate::output::{milliseconds, plural, printable, rfc3339};

/// Shows how a run stands, what it waits for, and its history.
pub(super) async fn show(args: &ShowGraphArgs, store: &StoreArgs) -> miette::Result<Exit> {
    let runs = Runs::open(store)?;
    let run = runs.find(args.run.as_deref()).await?.run;
    let declaration = runs.declaration(&run)?;
    let graph = declaration.build()?;
    let of_graph = graph.runs(Arc::clone(&runs.store) as _);
    let standing = of_graph.standing(&run).await.map_err(report)?;
    let history = of_graph.history(&run).await.map_err(report)?;
    let origin = of_graph.origin(&run).await.map_err(report)?;
    if args.output == Form::Json {
        let shown = json!({
            "run": run.as_str(),
            "graph": graph.name(),
            "file": declaration.file,
            "working_dir": declaration.working_dir,
            "status": standing.status.as_str(),
            "steps": standing.steps,
            "state": standing.state,
            "next": standing.next,
            "questions": standing.questions.iter().map(question).collect::<Vec<_>>(),
            "stopped": standing.stopped,
            "forked_from": origin.map(|(run, step)| json!({ "run": run.as_str(), "step": step })),
            "history": entries(&history)?,
        });
        print(&format!("{}\n", serde_json::to_string_pretty(&shown).unwrap_or_default()));
        return Ok(Exit::Done);
    }
    let steps = plural(u32::try_from(standing.steps).unwrap_or(u32::MAX), "step");
    let mut text = format!("{run} · {} · {} · {steps}\n", graph.name(), standing.status);
    text.push_str(&format!("{}, in {}\n", declaration.file.display(), declaration.working_dir.display()));
    if let Some((from, step)) = origin {
        text.push_str(&format!("a copy of {from} after step {step}\n"));
    }
    for (at, entry) in history.iter().zip(entries(&history)?) {
        let written: Vec<&str> =
            entry["wrote"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let next = at.next.iter().map(|node| &**node).collect::<Vec<_>>().join(", ");
        let next = if next.is_empty() { "end".to_owned() } else { next };
        let wrote =
            if written.is_empty() { String::new() } else { format!("  wrote {}", written.join(", ")) };
        text.push_str(&format!("  {:>3}  {}{wrote}  then {next}\n", at.step, rfc3339(timestamp(at.at))));
    }
    if let Some(stopped) = &standing.stopped {
        text.push_str(&format!("{stopped}\n"));
    }
    for line in waits(&run, &standing) {
        text.push_str(&line);
        text.push('\n');
    }
    print(&printable(&text));
    Ok(Exit::Done)
}

/// Each superstep with what it wrote.
fn entries(history: &[Checkpoint]) -> miette::Result<Vec<Value>> {
    let mut entries = Vec::new();
    for (place, at) in history.iter().enumerate() {
        let changes = match place.checked_sub(1).and_then(|before| history.get(before)) {
            Some(before) => before.state.diff(&at.state).map_err(|error| miette::miette!("{error}"))?,
            None => Vec::new(),
        };
        let wrote: Vec<String> = changes.into_iter().map(|change| change.key).collect();
        entries.push(json!({
            "step": at.step, "at": rfc3339(timestamp(at.at)), "wrote": wrote, "next": at.next, "state": at.state,
        }));
    }
    Ok(entries)
}

pub(super) fn timestamp(at: SystemTime) -> Timestamp {
    Timestamp(milliseconds(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()))
}
