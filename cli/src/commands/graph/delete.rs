//! `tau graph delete`.

use tau_orchestrate::checkpoint::RunId;

use super::place::Runs;
use crate::args::{DeleteGraphsArgs, StoreArgs};
use crate::exit::{Exit, UsageError};

/// Deletes runs, all of which there have to be.
pub(super) async fn delete(args: &DeleteGraphsArgs, store: &StoreArgs) -> miette::Result<Exit> {
    let runs = Runs::open(store)?;
    let find = |name: &String| -> Result<RunId, UsageError> {
        let known = RunId::new(name).ok().filter(|run| runs.is_known(run));
        known.ok_or_else(|| {
            UsageError::new(format!("there is no run `{name}`"), "`tau graph list` shows the runs there are")
        })
    };
    let chosen = args.runs.iter().map(find).collect::<Result<Vec<RunId>, _>>()?;
    for run in chosen {
        runs.delete(&run).await?;
        anstream::println!("{run}");
    }
    Ok(Exit::Done)
}
