//! `tau graph list`.

use serde_json::json;

use super::place::Runs;
use super::progress::print;
use super::show::timestamp;
use crate::args::{Form, ListGraphsArgs, StoreArgs};
use crate::exit::Exit;
use crate::output::{day_and_minute, plural, printable, rfc3339};

/// Lists runs, the last changed first.
pub(super) async fn list(args: &ListGraphsArgs, store: &StoreArgs) -> miette::Result<Exit> {
    let runs = Runs::open(store)?.list().await?;
    let (total, shown) = (runs.len(), &runs[..runs.len().min(args.limit.get())]);
    if args.output == Form::Json {
        let entry = |info: &tau_orchestrate::checkpoint::RunInfo| {
            json!({
                "run": info.run.as_str(), "graph": &*info.graph, "status": info.status.as_str(), "steps": info.step,
                "bytes": info.bytes, "began": rfc3339(timestamp(info.began)), "changed": rfc3339(timestamp(info.changed)),
            })
        };
        let shown: Vec<_> = shown.iter().map(entry).collect();
        let table = json!({ "runs": shown, "total": total });
        print(&format!("{}\n", serde_json::to_string_pretty(&table).unwrap_or_default()));
        return Ok(Exit::Done);
    }
    if total == 0 {
        anstream::eprintln!("no graph was run yet");
        return Ok(Exit::Done);
    }
    let width = |text: &dyn Fn(usize) -> usize| (0..shown.len()).map(text).max().unwrap_or(0);
    let name = width(&|at| shown[at].run.as_str().chars().count());
    let graph = width(&|at| shown[at].graph.chars().count());
    let mut text = String::new();
    for info in shown {
        let steps = plural(u32::try_from(info.step).unwrap_or(u32::MAX), "step");
        let changed = day_and_minute(timestamp(info.changed));
        let line = format!(
            "{changed}  {:name$}  {:graph$}  {:9}  {steps}",
            info.run.as_str(),
            &*info.graph,
            info.status.as_str()
        );
        text.push_str(&printable(&line));
        text.push('\n');
    }
    print(&text);
    if shown.len() < total {
        anstream::eprintln!("{} of {total}; -n {total} shows all", shown.len());
    }
    Ok(Exit::Done)
}
