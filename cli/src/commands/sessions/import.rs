//! `tau sessions import`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use tau_persist::{
    StoreError, StoreErrorKind, TransferError, TransferErrorKind, import_session, salvage_session,
};

use super::print;
use crate::args::ImportArgs;
use crate::exit::Exit;
use crate::store::Place;

pub(super) async fn import(place: &Place, args: &ImportArgs) -> miette::Result<Exit> {
    let files = args.files.iter().map(|path| {
        let file = File::open(path);
        file.map(|file| (path, file))
            .map_err(|error| miette::miette!("{} cannot be read: {error}", path.display()))
    });
    // All of them or none: a name that is wrong is better known before anything is stored.
    let files = files.collect::<miette::Result<Vec<_>>>()?;
    let store = place.open_to_write()?;
    for (path, file) in files {
        let imported = if args.salvage {
            salvage_session(&store, BufReader::new(file))
                .await
                .map(|found| (found.session, found.end, found.fault))
        } else {
            import_session(&store, BufReader::new(file)).await.map(|(session, end)| (session, end, None))
        };
        let (session, end, fault) = imported.map_err(|error| failed(place, path, &error))?;
        print(&format!("{session}\n"));
        let lost = fault.map(|fault| format!("; the rest is lost: {fault}")).unwrap_or_default();
        anstream::eprintln!("{}: {} events{lost}", path.display(), end.seq);
    }
    Ok(Exit::Done)
}

fn failed(place: &Place, path: &Path, error: &TransferError) -> miette::Report {
    if let Some(refusal) = error.store_error().filter(|_| error.kind() == TransferErrorKind::Store) {
        return refused(path, refusal).unwrap_or_else(|| place.failed(refusal));
    }
    let cause = match error.kind() {
        TransferErrorKind::NewerFormat => String::new(),
        _ => std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default(),
    };
    miette::miette!("{}: {error}{cause}; nothing of it was stored", path.display())
}

/// What is said of a file that is right and of a session that cannot be had.
fn refused(path: &Path, error: &StoreError) -> Option<miette::Report> {
    let session = error.session()?;
    let (what, help) = match error.kind() {
        StoreErrorKind::Conflict { .. } => (
            format!(
                "is here already, with other events than the file up to event {}",
                error.seq().unwrap_or_default()
            ),
            "the session here was continued since the file was written, or the other way round; keep both by importing \
             into another folder (--state-dir)",
        ),
        StoreErrorKind::Fenced { .. } | StoreErrorKind::Leased { .. } => {
            ("is here already and was taken up again".to_owned(), "it has gone on since the file was written")
        }
        StoreErrorKind::Deleted => (
            "was deleted here, and an id is not used again".to_owned(),
            "import it into another folder (--state-dir)",
        ),
        _ => return None,
    };
    Some(miette::miette!(help = help, "{}: session {session} {what}; nothing was changed", path.display()))
}
