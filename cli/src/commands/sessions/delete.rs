//! `tau sessions delete`.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use tau_persist::{
    Holder, OpenSession, SessionId, SessionInfo, SqliteStore, Store as _, StoreError, StoreErrorKind,
    take_session,
};

use super::print;
use crate::args::DeleteArgs;
use crate::exit::{Exit, UsageError};
use crate::output::printable;
use crate::store::{Known, Place};

pub(super) async fn delete(place: &Place, args: &DeleteArgs) -> miette::Result<Exit> {
    let store = place.open_existing_to_write()?;
    let known = Known::all(&store).await.map_err(|error| place.failed(&error))?;
    let mut chosen: Vec<&SessionInfo> = Vec::new();
    for id in &args.ids {
        let info = known.find(id)?;
        if !chosen.iter().any(|chosen| chosen.session == info.session) {
            chosen.push(info);
        }
    }
    if !args.yes && !confirmed(&chosen)? {
        anstream::eprintln!("nothing was deleted");
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for info in chosen {
        let session = &info.session;
        match delete_one(&store, session).await {
            // Somebody else may have been faster, and it is gone all the same.
            Ok(()) => {
                place.forget(session.as_str());
                print(&format!("{session}\n"));
            }
            Err(error) if *error.kind() == StoreErrorKind::Deleted => print(&format!("{session}\n")),
            Err(error) => match error.kind() {
                StoreErrorKind::Leased { .. } | StoreErrorKind::Conflict { .. } => {
                    anstream::eprintln!("{}", printable(&format!("it was not deleted: {error}")));
                    exit = Exit::Failed;
                }
                _ => return Err(place.failed(&error)),
            },
        }
    }
    Ok(exit)
}

/// Deletes a session that nobody has open. What a process that is gone said it has, it has not.
async fn delete_one(store: &SqliteStore, session: &SessionId) -> Result<(), StoreError> {
    /// Long enough for what follows.
    const MOMENT: Duration = Duration::from_secs(10);
    match store.delete(session).await {
        Err(error) if matches!(error.kind(), StoreErrorKind::Leased { .. }) => {
            let holder = Holder::this_process("tau sessions delete");
            let lease = take_session(store, OpenSession::new(session.clone(), holder, MOMENT)).await?;
            store.release_lease(&lease).await?;
            store.delete(session).await
        }
        deleted => deleted,
    }
}

/// Asks at the terminal. Nobody there is an error: deleting is not undone.
fn confirmed(chosen: &[&SessionInfo]) -> Result<bool, UsageError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(UsageError::new("nobody is there to confirm it", "delete without asking with --yes"));
    }
    for info in chosen {
        anstream::eprintln!("{}, {} events", info.session, info.head.seq);
    }
    anstream::eprint!("Delete for good? [y]es, [n]o: ");
    let _ = io::stderr().flush();
    let mut line = String::new();
    // An end of input is no yes.
    let _ = io::stdin().read_line(&mut line);
    Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
