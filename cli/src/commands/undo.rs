//! `tau undo`: the files that a run changed are put back.

use std::sync::Arc;

use tau_tools::environment::{Environment, LocalEnvironment};
use tau_tools::undo::{self, Change, ChangeKind, Conflict, ConflictReason, Gap, UndoErrorKind};

use crate::args::{ServerArgs, UndoArgs};
use crate::exit::{Exit, UsageError};
use crate::output::printable;
use crate::remote;
use crate::store::{self, Keeper, Place, choose};

/// Puts back the files of the newest run that changed any and was not undone: all of them, or none.
pub(crate) async fn undo(args: UndoArgs, server: &ServerArgs) -> miette::Result<Exit> {
    remote::refuse(server, "undo")?;
    let place = Place::new(&args.store)?;
    let store = Arc::new(place.open_existing_to_write()?);
    let id = choose(&place, &*store, args.id.as_deref(), None).await?;
    let past = store::past(&*store, id).await.map_err(|error| place.failed_to_take(&error))?;
    let folder = past.state().config().and_then(|config| config.metadata.get("working_dir").cloned());
    let folder = folder.ok_or_else(|| {
        UsageError::new(
            format!("session {id} does not say where it worked"),
            "only tau sessions of a folder can be undone",
        )
    })?;
    let log = place.undo_log();
    let runs = undo::runs(&log, id).map_err(|error| miette::miette!("{error}"))?;
    let Some(newest) = runs.iter().rev().find(|run| !run.undone) else {
        anstream::eprintln!("session {id} changed no files that could be put back");
        return Ok(Exit::Done);
    };
    let run = newest.run;
    let environment = LocalEnvironment::new(&folder)
        .map_err(|error| miette::miette!("the session's folder {folder} cannot be used: {error}"))?;
    // Nobody may change the files meanwhile who works on the session.
    let (keeper, _) = Keeper::take(store, id).await.map_err(|error| place.failed_to_take(&error))?;
    let is_dry = args.dry_run;
    let work = tokio::task::spawn_blocking(move || {
        let environment: &dyn Environment = &environment;
        if is_dry {
            undo::plan(&log, id, run, environment)
                .map(|plan| (plan.restores, plan.left, plan.gaps, plan.conflicts))
        } else {
            undo::restore(&log, id, run, environment)
                .map(|done| (done.restored, done.left, done.gaps, Vec::new()))
        }
    });
    let done = work.await;
    keeper.finish().await;
    match done.map_err(|error| miette::miette!("{error}"))? {
        Ok((restored, left, gaps, conflicts)) => {
            restored.iter().for_each(|change| {
                anstream::println!("{}{}", if is_dry { "would be " } else { "" }, line(change))
            });
            left.iter().for_each(|change| {
                anstream::eprintln!(
                    "left as it is, for it was not kept: {}",
                    printable(&change.path.to_string())
                );
            });
            for gap in gaps {
                anstream::eprintln!("some of what commands changed is as they left it: {}", why(gap));
            }
            report(&conflicts);
            Ok(if conflicts.is_empty() { Exit::Done } else { Exit::Failed })
        }
        Err(error) if error.kind() == UndoErrorKind::Conflict => {
            anstream::eprintln!("nothing was put back, because these files are not as the run left them:");
            report(error.conflicts());
            Ok(Exit::Failed)
        }
        Err(error) => Err(miette::miette!("{error}")),
    }
}

const fn why(gap: Gap) -> &'static str {
    match gap {
        Gap::TreeTooLarge => "the folder holds more than is kept",
        _ => "it could not be looked at",
    }
}

fn line(change: &Change) -> String {
    let what = match change.kind {
        ChangeKind::Created => "removed",
        ChangeKind::Changed => "restored",
        _ => "brought back",
    };
    format!("{what} {}", printable(&change.path.to_string()))
}

fn report(conflicts: &[Conflict]) {
    for conflict in conflicts {
        let why = match conflict.reason {
            ConflictReason::ChangedSince => "changed since",
            ConflictReason::ChangedBetween => "changed by somebody else during the run",
            _ => "a command was cut off, and nobody knows what changed it",
        };
        anstream::eprintln!("  {}: {why}", printable(&conflict.path.to_string()));
    }
}
