//! `tau sessions show`.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tau_client::Client;
use tau_core::ToolDefinition;
use tau_core::event::{EventBody, SessionConfig};
use tau_session::{ContextReport, History};

use super::{print, print_json};
use crate::args::{Form, ShowSessionArgs};
use crate::exit::Exit;
use crate::output::{printable, rfc3339};
use crate::remote;
use crate::store::{Entry, Known, Place, Reader, overview_all};
use crate::transcript::{About, Item, Shortened, fold, live, render};

/// What `tau sessions show --output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Shown {
    /// The session as a whole.
    session: About,
    /// What happened, in order.
    entries: Vec<Item>,
}

pub(super) async fn show(place: &Place, args: &ShowSessionArgs) -> miette::Result<Exit> {
    let store = place.open_existing()?;
    let known = Known::all(&store).await.map_err(|error| place.failed(&error))?;
    let info = match &args.id {
        Some(id) => known.find(id)?,
        None => known.newest()?,
    };
    let reader = Reader::after(&store, &info.session, 0, info.head);
    let entries = reader.rest().await.map_err(|error| place.failed(&error))?;
    let (overview, unreadable) = overview_all(&entries);
    if let Some((seq, why)) = unreadable {
        anstream::eprintln!("event {seq} cannot be read: {why}; what is shown may not be all");
    }
    present(args, About::new(info, &overview), &entries)
}

/// Shows a session of a server.
pub(super) async fn show_at(client: &Client, args: &ShowSessionArgs) -> miette::Result<Exit> {
    let session = remote::choose(client, args.id.as_deref(), None).await?;
    let entries = remote::entries(client, &session.session_id).await?;
    present(args, remote::about(&session), &entries)
}

fn present(args: &ShowSessionArgs, session: About, entries: &[Entry]) -> miette::Result<Exit> {
    if args.context {
        return context(entries, args.output);
    }
    if args.events {
        entries.iter().for_each(|entry| print(&event_line(entry, args.output)));
        return Ok(Exit::Done);
    }
    let entries = fold(entries);
    match args.output {
        Form::Json => print_json(&Shown { session, entries }),
        Form::Text => {
            let shortened = if args.full { Shortened::No } else { Shortened::Yes };
            print(&format!("{}\n{}", head(&session), render(&entries, shortened)));
        }
    }
    Ok(Exit::Done)
}

fn head(about: &About) -> String {
    let folder = about.working_dir.as_ref().map(|folder| format!("folder   {folder}\n")).unwrap_or_default();
    let text = format!(
        "session  {}\nmodel    {}\n{folder}begun    {}\nwritten  {}\nstate    {}\nwork     {}\n",
        about.id,
        about.model,
        about.created,
        about.updated,
        about.state_words(),
        about.counts(),
    );
    printable(&text)
}

/// An event as it is stored, on one line.
fn event_line(entry: &Entry, form: Form) -> String {
    let Some(stored) = &entry.stored else {
        let why = entry.event.as_ref().err().map(ToString::to_string).unwrap_or_default();
        return match form {
            Form::Json => format!("{}\n", json!({ "seq": entry.seq, "damage": why })),
            Form::Text => format!("{:>5}  {why}\n", entry.seq),
        };
    };
    let text = String::from_utf8_lossy(&stored.body);
    match form {
        Form::Json => {
            let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(&*text));
            let line = json!({
                "seq": stored.seq,
                "time": rfc3339(entry.time()),
                "epoch": stored.epoch,
                "id": stored.event_id,
                "cause": stored.cause_event_id,
                "kind": stored.kind,
                "schema_version": stored.schema_version,
                "body": body,
            });
            format!("{line}\n")
        }
        Form::Text => {
            let (time, kind) = (rfc3339(entry.time()), printable(&stored.kind));
            let body = printable(&text).replace(['\n', '\t'], " ");
            format!("{:>5}  {time}  {kind:20}  {body}\n", entry.seq)
        }
    }
}

/// What fills the model's window.
fn context(entries: &[Entry], form: Form) -> miette::Result<Exit> {
    let events = live(entries);
    let mut history = History::default();
    let mut config: Option<&SessionConfig> = None;
    for event in events {
        if let EventBody::SessionCreated(created) = &event.body {
            config = Some(created);
        }
        history.apply(event.header.seq, &event.body);
    }
    let config = config.ok_or_else(|| miette::miette!("the event that began the session cannot be read"))?;
    let tools: Vec<ToolDefinition> = config.tools.iter().map(|tool| tool.definition.clone()).collect();
    let report = ContextReport::new(&config.system, &tools, &history);
    let compaction = config.compaction.as_ref().map(|policy| policy.at_tokens);
    match form {
        Form::Json => print_json(&json!({
            "estimated": report,
            "next_request": history.context_tokens(),
            "compacted_at": compaction,
        })),
        Form::Text => print(&context_table(&report, history.context_tokens(), compaction)),
    }
    Ok(Exit::Done)
}

fn context_table(report: &ContextReport, next_request: u64, compaction: Option<u64>) -> String {
    let total = report.total().max(1);
    let categories = [
        ("instructions", report.instructions),
        ("tools", report.tools),
        ("user", report.user),
        ("assistant", report.assistant),
        ("reasoning", report.reasoning),
        ("tool calls", report.tool_calls),
        ("tool results", report.tool_results),
        ("images", report.images),
    ];
    let mut table = String::from("estimated tokens by category\n");
    for (name, tokens) in categories {
        table.push_str(&format!("{name:14}{tokens:>10}{:>5} %\n", tokens * 100 / total));
    }
    table.push_str(&format!("{:14}{:>10}\n", "together", report.total()));
    table.push_str(&format!(
        "{:14}{next_request:>10}  as the provider counted, and an estimate for what is new\n",
        "next request"
    ));
    if let Some(at) = compaction {
        table.push_str(&format!("{:14}{at:>10}  from here on it is shortened\n", "limit"));
    }
    table
}
