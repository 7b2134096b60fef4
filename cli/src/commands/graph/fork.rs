//! `tau graph fork`.

use std::sync::Arc;

use tau_orchestrate::checkpoint::Next;

use super::error::report;
use super::place::{Declaration, Runs};
use super::settings;
use crate::args::{ForkGraphArgs, StoreArgs};
use crate::exit::Exit;

/// Copies a run as it was after a superstep, and prints the name of the copy. The run itself is not touched.
pub(super) async fn fork(args: &ForkGraphArgs, store: &StoreArgs) -> miette::Result<Exit> {
    let update = settings(&args.set)?;
    let runs = Runs::open(store)?;
    let from = runs.find(Some(&args.run)).await?.run;
    let declaration = runs.declaration(&from)?;
    let graph = declaration.build()?;
    // What does not fit is said before there is a copy.
    graph
        .schema()
        .state()
        .apply(update.clone())
        .map_err(|error| crate::exit::UsageError::new(error.to_string(), "see the `keys` of the graph"))?;
    let copy = Runs::name(args.name.as_deref(), graph.name())?;
    let of_graph = graph.runs(Arc::clone(&runs.store) as _);
    let copied = Declaration::new(declaration.file, declaration.working_dir, declaration.graph);
    runs.keep(&copy, copied).await?;
    let forked = match of_graph.fork(&from, args.at, &copy).await {
        Ok(()) if !update.is_empty() => of_graph.edit(&copy, update, Next::Unchanged).await,
        forked => forked,
    };
    runs.forget_unbegun(&copy).await;
    forked.map_err(report)?;
    anstream::println!("{copy}");
    anstream::eprintln!("a copy of {from} after step {}; go on with: tau graph resume {copy}", args.at);
    Ok(Exit::Done)
}
