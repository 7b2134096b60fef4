//! `tau graph`: work that people plan, as a graph of agents, tools, commands and questions.

mod ask;
mod call;
mod declaration;
mod delete;
mod draw;
mod error;
mod fork;
mod hands;
mod kinds;
mod list;
mod place;
mod progress;
mod record;
mod show;
mod template;
mod work;

use serde_json::Value;
use tau_orchestrate::state::Update;

use crate::args::{GraphArgs, GraphCommand, ServerArgs};
use crate::exit::{Exit, UsageError};
use crate::remote;

/// Carries out a command.
pub(crate) async fn run(args: GraphArgs, server: &ServerArgs) -> miette::Result<Exit> {
    remote::refuse(server, "graph")?;
    let store = args.store;
    match args.command {
        GraphCommand::Run(args) => work::run(*args, store).await,
        GraphCommand::Resume(args) => work::resume(*args, store).await,
        GraphCommand::Show(args) => show::show(&args, &store).await,
        GraphCommand::List(args) => list::list(&args, &store).await,
        GraphCommand::Fork(args) => fork::fork(&args, &store).await,
        GraphCommand::Draw(args) => draw::draw(&args),
        GraphCommand::Validate(args) => declaration::validate(&args),
        GraphCommand::Delete(args) => delete::delete(&args, &store).await,
    }
}

/// What `--set` and `--answer` say: a name and JSON.
fn assignment<'a>(text: &'a str, flag: &str) -> Result<(&'a str, Value), UsageError> {
    let help = format!("write {flag} NAME=JSON; a text needs its quotes: {flag} 'version=\"1.2\"'");
    let Some((name, json)) = text.split_once('=') else {
        return Err(UsageError::new(format!("{flag} {text:?} has no `=`"), help));
    };
    let value = serde_json::from_str(json)
        .map_err(|error| UsageError::new(format!("{flag} {name}: {json:?} is no JSON: {error}"), help))?;
    Ok((name, value))
}

/// All that `--set` says.
fn settings(texts: &[String]) -> Result<Update, UsageError> {
    texts.iter().try_fold(Update::new(), |update, text| {
        let (key, value) = assignment(text, "--set")?;
        Ok(update.and_json(key, value))
    })
}
