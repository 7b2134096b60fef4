//! `tau sessions search`.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;
use tau_persist::{Search, SearchHit, Store as _};

use super::{print, print_json};
use crate::args::{Form, SearchArgs};
use crate::exit::{Exit, UsageError};
use crate::output::printable;
use crate::store::{Known, Place, short};

const DIM: Style = Style::new().dimmed();

/// What `tau sessions search --output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    /// The places, best first.
    hits: Vec<Hit>,
}

/// An event that holds the words.
#[derive(Debug, Serialize, JsonSchema)]
struct Hit {
    /// Its session.
    session: String,
    /// Its place there.
    seq: u64,
    /// The text around the words.
    snippet: String,
}

pub(super) async fn search(place: &Place, args: &SearchArgs) -> miette::Result<Exit> {
    let query = args.words.join(" ");
    if !query.contains(char::is_alphanumeric) {
        return Err(UsageError::new("there is no word to search for", "words are letters and digits").into());
    }
    let (mut hits, mut length) = (Vec::new(), 0);
    match (place.open()?, &args.session) {
        (None, None) => {}
        // No store, and so no such session.
        (None, Some(_)) => drop(place.open_existing()?),
        (Some(store), session) => {
            let known = Known::all(&store).await.map_err(|error| place.failed(&error))?;
            length = known.telling_length();
            let mut search = Search::new(query).with_limit(args.limit.get());
            if let Some(id) = session {
                search = search.in_session(known.find(id)?.session.clone());
            }
            hits = store.search(search).await.map_err(|error| place.failed(&error))?;
        }
    }
    if hits.is_empty() {
        anstream::eprintln!("nothing was found");
    }
    match args.output {
        Form::Json => print_json(&Found { hits: hits.into_iter().map(hit).collect() }),
        Form::Text => hits.iter().for_each(|hit| print(&line(hit, length))),
    }
    Ok(Exit::Done)
}

fn hit(hit: SearchHit) -> Hit {
    Hit { session: hit.session.to_string(), seq: hit.seq, snippet: hit.excerpt }
}

fn line(hit: &SearchHit, length: usize) -> String {
    let snippet: Vec<&str> = hit.excerpt.split_whitespace().collect();
    let id = short(hit.session.as_str(), length);
    format!("{id}  {DIM}{:>5}{DIM:#}  {}\n", hit.seq, printable(&snippet.join(" ")))
}
