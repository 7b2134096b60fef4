//! `tau sessions list`.

use std::path::Path;

use anstyle::{AnsiColor, Style};
use futures::TryStreamExt;
use schemars::JsonSchema;
use serde::Serialize;
use tau_client::{Client, SessionList};
use tau_core::event::Timestamp;
use tau_persist::{Snapshot, SqliteStore, Store as _};
use tau_proto::runtime::v1 as pb;

use super::{print, print_json};
use crate::args::{Form, ListArgs};
use crate::environment;
use crate::exit::Exit;
use crate::output::{day_and_minute, printable};
use crate::remote;
use crate::store::{Known, Place, State, Surveyed, overview_of, short, telling_length};
use crate::transcript::About;

const DIM: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default();

/// Characters of a prompt and of a model that are shown.
const PROMPT: usize = 60;
const MODEL: usize = 28;

/// Events that a list may read before what they came to is worth keeping.
const WORTH_KEEPING: usize = 200;

/// What `tau sessions list --output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Table {
    /// Sessions in the store, those that are not shown too.
    total: usize,
    /// Those that are shown, the last written first.
    sessions: Vec<About>,
}

/// A session that is shown, and how its id is told from others.
struct Row {
    about: About,
    updated: Timestamp,
}

pub(super) async fn list(place: &Place, args: &ListArgs) -> miette::Result<Exit> {
    let Some(store) = place.open()? else {
        if args.output == Form::Json {
            print_json(&Table { total: 0, sessions: Vec::new() });
        }
        anstream::eprintln!("there is no session yet");
        return Ok(Exit::Done);
    };
    let folder = if args.all { None } else { Some(environment::working_dir(args.cwd.as_deref())?) };
    let known = Known::all(&store).await.map_err(|error| place.failed(&error))?;
    let (rows, hidden) = rows(place, &store, &known, folder.as_deref(), args.limit.get()).await?;
    let ids = known.sessions().iter().map(|info| info.session.as_str());
    show(args.output, rows, ids.collect(), folder.is_none());
    match (hidden, &folder) {
        (Hidden::Nothing, _) => {}
        (Hidden::Older, _) => anstream::eprintln!("there are more; show them with --limit"),
        (Hidden::Elsewhere(count), Some(folder)) => {
            let (noun, verb) = if count == 1 { ("session", "is") } else { ("sessions", "are") };
            anstream::eprintln!(
                "{count} {noun} {verb} of other folders than {}; show all with --all",
                folder.display()
            );
        }
        (Hidden::Elsewhere(_), None) => {}
    }
    Ok(Exit::Done)
}

/// Lists the sessions of a server. A folder here says nothing of the folders there, so one is only looked at if named.
pub(super) async fn list_at(client: &Client, args: &ListArgs) -> miette::Result<Exit> {
    let all: Vec<pb::Session> =
        client.list(SessionList::default()).try_collect().await.map_err(remote::failed)?;
    let folder = args.cwd.as_deref().map(|folder| folder.display().to_string());
    let is_meant = |session: &&pb::Session| match (&folder, session.metadata.get("working_dir")) {
        (Some(folder), Some(working_dir)) => folder == working_dir,
        _ => true,
    };
    let row = |session| Row { about: remote::about(session), updated: remote::time(&session.updated) };
    let rows: Vec<Row> = all.iter().filter(is_meant).take(args.limit.get()).map(row).collect();
    let is_cut = all.iter().filter(is_meant).count() > rows.len();
    let ids = all.iter().map(|session| session.session_id.as_str());
    show(args.output, rows, ids.collect(), folder.is_none());
    if is_cut {
        anstream::eprintln!("there are more; show them with --limit");
    } else if all.is_empty() {
        anstream::eprintln!("there is no session yet");
    }
    Ok(Exit::Done)
}

/// Shows rows out of all sessions.
fn show(form: Form, rows: Vec<Row>, ids: Vec<&str>, with_folders: bool) {
    match form {
        Form::Json => {
            let sessions = rows.into_iter().map(|row| row.about).collect();
            print_json(&Table { total: ids.len(), sessions });
        }
        Form::Text => print(&table(&rows, telling_length(ids), with_folders)),
    }
}

/// What is not shown.
enum Hidden {
    Nothing,
    /// At least one that would be, but for the limit.
    Older,
    /// So many of other folders.
    Elsewhere(usize),
}

async fn rows(
    place: &Place,
    store: &SqliteStore,
    known: &Known,
    folder: Option<&Path>,
    limit: usize,
) -> miette::Result<(Vec<Row>, Hidden)> {
    let mut rows = Vec::new();
    let mut caches: Vec<Snapshot> = Vec::new();
    let mut hidden = Hidden::Nothing;
    let mut read = 0;
    for info in known.sessions() {
        if rows.len() == limit {
            hidden = Hidden::Older;
            break;
        }
        let surveyed = overview_of(store, info).await.map_err(|error| place.failed(&error))?;
        let Surveyed { overview, unreadable, cache, events } = surveyed;
        read += events;
        caches.extend(cache);
        // A session that does not say where it was belongs everywhere.
        let is_elsewhere = match (folder, overview.metadata.get("working_dir")) {
            (Some(folder), Some(working_dir)) => Path::new(working_dir) != folder,
            _ => false,
        };
        if is_elsewhere {
            let count = if let Hidden::Elsewhere(count) = hidden { count } else { 0 };
            hidden = Hidden::Elsewhere(count + 1);
            continue;
        }
        if let Some((seq, why)) = unreadable {
            anstream::eprintln!("session {}, event {seq}: {why}", info.session);
        }
        rows.push(Row { about: About::new(info, &overview), updated: Timestamp::from(info.updated) });
    }
    if read > WORTH_KEEPING {
        keep(place, caches).await;
    }
    Ok((rows, hidden))
}

/// Keeps what was found out for the next list. A store that cannot be written now keeps nothing, and loses nothing.
async fn keep(place: &Place, caches: Vec<Snapshot>) {
    if caches.is_empty() {
        return;
    }
    let Ok(store) = place.open_existing_to_write() else { return };
    let pending: Vec<_> = caches.into_iter().map(|cache| store.put_snapshot(cache)).collect();
    for answer in pending {
        // The session may have been deleted meanwhile.
        let _ = answer.await;
    }
}

fn table(rows: &[Row], id_length: usize, with_folders: bool) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut lines =
        vec![["SESSION", "WRITTEN (UTC)", "STATE", "TURNS", "COST", "MODEL", "PROMPT"].map(str::to_owned)];
    lines.extend(rows.iter().map(|row| cells(row, id_length)));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut table = String::new();
    for (index, line) in lines.iter().enumerate() {
        let is_unfinished = index > 0 && rows[index - 1].about.state == State::Interrupted;
        let style = if index == 0 {
            DIM
        } else if is_unfinished {
            BAD
        } else {
            Style::new()
        };
        let [id, written, state, turns, cost, model, prompt] = line;
        let text = format!(
            "{id:i$}  {written:w$}  {style}{state:s$}{style:#}  {turns:>t$}  {cost:>c$}  {model:m$}  {prompt}",
            i = widths[0],
            w = widths[1],
            s = widths[2],
            t = widths[3],
            c = widths[4],
            m = widths[5],
        );
        table.push_str(text.trim_end());
        table.push('\n');
        let folder = index.checked_sub(1).and_then(|index| rows[index].about.working_dir.as_deref());
        if let Some(folder) = folder.filter(|_| with_folders) {
            table.push_str(&format!("{:i$}  {DIM}in {}{DIM:#}\n", "", printable(folder), i = widths[0]));
        }
    }
    table
}

fn cells(row: &Row, id_length: usize) -> [String; 7] {
    let Row { about, updated } = row;
    [
        short(&about.id, id_length).to_owned(),
        day_and_minute(*updated),
        printable(&about.state_words()),
        about.turns.to_string(),
        about.cost.as_ref().map_or_else(|| "-".to_owned(), |cost| format!("${cost}")),
        cut(&about.model, MODEL),
        cut(&about.prompt, PROMPT),
    ]
}

fn cut(text: &str, length: usize) -> String {
    let text = if text.is_empty() { "-".to_owned() } else { printable(text).replace('\n', " ") };
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
