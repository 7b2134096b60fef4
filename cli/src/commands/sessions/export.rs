//! `tau sessions export`.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use tau_client::Client;
use tau_persist::{SessionId, SessionInfo, SqliteStore, TransferError, export_events, export_session};

use crate::args::{ExportArgs, ExportFormat};
use crate::exit::{Exit, UsageError};
use crate::html;
use crate::remote;
use crate::store::{Known, Place, Reader, overview_all};
use crate::transcript::{About, fold};

pub(super) async fn export(place: &Place, args: &ExportArgs) -> miette::Result<Exit> {
    let store = place.open_existing()?;
    let known = Known::all(&store).await.map_err(|error| place.failed(&error))?;
    let info = known.find(&args.id)?;
    write_to(&args.output, async |output| write(place, &store, info, args.format, output).await).await
}

/// Exports a session of a server.
pub(super) async fn export_at(client: &Client, args: &ExportArgs) -> miette::Result<Exit> {
    let session = remote::choose(client, Some(&args.id), None).await?;
    let entries = remote::entries(client, &session.session_id).await?;
    write_to(&args.output, async |output| {
        if args.format == ExportFormat::Html {
            let page = html::page(&remote::about(&session), &fold(&entries));
            return Ok(output.write_all(page.as_bytes()));
        }
        let id = SessionId::new(session.session_id.as_str())
            .map_err(|error| miette::miette!("the server names a session in a way of its own: {error}"))?;
        let events = entries.iter().filter_map(|entry| entry.stored.as_ref());
        match export_events(&id, events, output) {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.store_error() {
                Some(error) => Err(miette::miette!("the server's events do not fit together: {error}")),
                None => Ok(Err(io_error(error))),
            },
        }
    })
    .await
}

/// Writes into a new file, whole or not at all, or to standard output. Of `write` the outer error is about reading the
/// session, the inner about writing.
async fn write_to(
    path: &Path,
    write: impl AsyncFnOnce(&mut (dyn Write + Send)) -> miette::Result<io::Result<()>>,
) -> miette::Result<Exit> {
    if path == Path::new("-") {
        let mut output = BufWriter::new(io::stdout());
        let written = write(&mut output).await?;
        return match written.and_then(|()| output.flush()) {
            // Output that nobody reads any more is no error of ours.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(cannot_write("standard output", &error))
            }
            _ => Ok(Exit::Done),
        };
    }
    let name = path.display().to_string();
    let file = File::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            UsageError::new(format!("{name} exists already"), "name a file that does not, or delete it")
                .into()
        }
        _ => cannot_write(&name, &error),
    })?;
    let mut output = BufWriter::new(file);
    let written = write(&mut output).await;
    let whole = written.and_then(|written| {
        let flushed = written.and_then(|()| output.flush()).and_then(|()| output.get_ref().sync_all());
        flushed.map_err(|error| cannot_write(&name, &error))
    });
    if whole.is_err() {
        // Half a session is worse than none. That it cannot be removed is not what went wrong.
        let _ = std::fs::remove_file(path);
    }
    whole?;
    anstream::eprintln!("wrote {name}");
    Ok(Exit::Done)
}

/// Writes the session. The outer error is about reading it, the inner about writing.
async fn write(
    place: &Place,
    store: &SqliteStore,
    info: &SessionInfo,
    format: ExportFormat,
    output: &mut (dyn Write + Send),
) -> miette::Result<io::Result<()>> {
    match format {
        ExportFormat::Jsonl => match export_session(store, &info.session, output).await {
            Ok(_) => Ok(Ok(())),
            Err(error) => match error.store_error() {
                Some(error) => Err(place.failed(error)),
                None => Ok(Err(io_error(error))),
            },
        },
        ExportFormat::Html => {
            let reader = Reader::after(store, &info.session, 0, info.head);
            let entries = reader.rest().await.map_err(|error| place.failed(&error))?;
            let (overview, unreadable) = overview_all(&entries);
            if let Some((seq, why)) = unreadable {
                anstream::eprintln!("event {seq} cannot be read: {why}; the page says so where it stands");
            }
            let page = html::page(&About::new(info, &overview), &fold(&entries));
            Ok(output.write_all(page.as_bytes()))
        }
    }
}

/// What kept the session from being written. The transfer says only that something did.
fn io_error(error: TransferError) -> io::Error {
    let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
    match cause {
        Some(cause) => io::Error::new(cause.kind(), cause.to_string()),
        None => io::Error::other(error),
    }
}

fn cannot_write(name: &str, error: &io::Error) -> miette::Report {
    miette::miette!("{name} cannot be written: {error}")
}
