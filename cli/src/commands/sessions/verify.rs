//! `tau sessions verify`.

use tau_persist::{SessionId, SqliteStore, Store as _, StoreError, StoreErrorKind, verify_session};

use super::print;
use crate::args::VerifyArgs;
use crate::exit::Exit;
use crate::output::plural;
use crate::store::{Known, Place};

pub(super) async fn verify(place: &Place, args: &VerifyArgs) -> miette::Result<Exit> {
    let Some(store) = place.open()? else {
        if args.id.is_some() {
            drop(place.open_existing()?);
        }
        anstream::eprintln!("there is no session yet");
        return Ok(Exit::Done);
    };
    let mut damage = Vec::new();
    if args.id.is_none() {
        let found = store.check().await.map_err(|error| place.failed(&error))?;
        damage.extend(found.iter().map(said));
    }
    let known = Known::all(&store).await;
    let sessions: Vec<SessionId> = match (&known, &args.id) {
        (Ok(known), Some(id)) => vec![known.find(id)?.session.clone()],
        (Ok(known), None) => known.sessions().iter().map(|info| info.session.clone()).collect(),
        // The list is damaged itself.
        (Err(error), _) if matches!(error.kind(), StoreErrorKind::Corrupt(_)) => {
            damage.push(said(error));
            Vec::new()
        }
        (Err(error), _) => return Err(place.failed(error)),
    };
    let mut events = 0;
    for session in &sessions {
        match check(&store, session).await {
            Ok(Checked { intact, damage: None }) => events += intact,
            Ok(Checked { intact, damage: Some(found) }) => {
                events += intact;
                damage.push(format!("{}; whole up to event {intact}", said(&found)));
            }
            Err(error) => return Err(place.failed(&error)),
        }
    }
    damage.iter().for_each(|damage| print(&format!("{damage}\n")));
    let count = u32::try_from(sessions.len()).unwrap_or(u32::MAX);
    let checked = format!("{}, {events} whole events", plural(count, "session"));
    if damage.is_empty() {
        anstream::eprintln!("no damage: {checked}");
        return Ok(Exit::Done);
    }
    anstream::eprintln!("damaged: {checked}; what is whole can be read with `tau sessions show`");
    Ok(Exit::Failed)
}

/// How far a session is whole.
struct Checked {
    intact: u64,
    damage: Option<StoreError>,
}

async fn check(store: &SqliteStore, session: &SessionId) -> Result<Checked, StoreError> {
    match verify_session(store, session).await {
        Ok(found) => Ok(Checked { intact: found.intact.seq, damage: found.damage }),
        // It was deleted since it was listed.
        Err(error) if matches!(error.kind(), StoreErrorKind::Deleted | StoreErrorKind::NotFound) => {
            Ok(Checked { intact: 0, damage: None })
        }
        Err(error) if matches!(error.kind(), StoreErrorKind::Corrupt(_)) => {
            Ok(Checked { intact: 0, damage: Some(error) })
        }
        Err(error) => Err(error),
    }
}

fn said(error: &StoreError) -> String {
    let cause = std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{error}{cause}")
}
