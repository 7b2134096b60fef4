//! `tau resume`: a session that was kept goes on.

use std::path::PathBuf;
use std::sync::Arc;

use tau_client::Client;
use tau_core::SessionId;
use tau_proto::runtime::v1 as pb;
use tau_runtime::kernel::State;
use tau_runtime::{OpenedSession, Session};

use super::work::{Work, announce, prompt};
use crate::args::{ResumeArgs, ServerArgs};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::output::{Started, renderer};
use crate::remote::{self, Begun};
use crate::session;
use crate::store::{Keeper, Place, choose};

/// Goes on with a session: with what was left undone, and with a prompt if there is one.
pub(crate) async fn resume(mut args: ResumeArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let (name, said) = match (args.id.take(), args.prompt.take()) {
        (Some(text), None) if !is_id(&text) => (None, Some(text)),
        given => given,
    };
    let prompt = said.as_deref().map(|text| prompt(Some(text))).transpose()?;
    if let Some(client) = remote::connect(server).await? {
        return resume_at(&client, &args, name.as_deref(), prompt).await;
    }
    let place = Place::new(&args.store)?;
    let store = Arc::new(place.open_existing_to_write()?);
    let id = choose(&place, &*store, name.as_deref(), args.common.cwd.as_deref()).await?;
    let (keeper, opened) = Keeper::take(store, id).await.map_err(|error| place.failed_to_take(&error))?;
    match prepare(args, prompt, &place, id, &keeper, opened).await {
        Ok((work, started)) => Work { keeper: Some(keeper), ..work }.run(started).await,
        Err(error) => {
            keeper.finish().await;
            Err(error)
        }
    }
}

/// The work that a session goes on with, and what is said of it. Who keeps the session is not in it yet.
async fn prepare(
    args: ResumeArgs,
    prompt: Option<String>,
    place: &Place,
    id: SessionId,
    keeper: &Keeper,
    opened: OpenedSession,
) -> miette::Result<(Work, Started)> {
    let state = opened.past.state();
    let Some(config) = state.config() else {
        return Err(UsageError::new("the session was never begun", "begin one with `tau run`").into());
    };
    check(state, prompt.is_some(), &id.to_string())?;
    let mut common = args.common;
    common.model.get_or_insert_with(|| config.model.clone());
    if common.cwd.is_none() {
        common.cwd = config.metadata.get("working_dir").map(PathBuf::from);
    }
    let loaded = config::load(&common, None)?;
    let (mut options, chosen) = session::options(&loaded, Some((place, id))).await?;
    options.durability = keeper.durability(id, &opened);
    let mut renderer = renderer(args.output);
    announce(&mut *renderer, &loaded, &chosen);
    let started = Started {
        session_id: id.to_string(),
        model: config.model.clone(),
        working_dir: loaded.working_dir.display().to_string(),
        tools: config.tools.iter().map(|tool| tool.definition.name.clone()).collect(),
    };
    let past = opened.past.events().to_vec();
    let (session, handle) = Session::resume(options, opened.past)
        .map_err(|error| miette::miette!("session {id} cannot be resumed: {error}"))?;
    let work = Work { renderer, output: args.output, chosen, session, handle, keeper: None, prompt, past };
    Ok((work, started))
}

/// Goes on with a session of a server. One that works there already is followed.
async fn resume_at(
    client: &Client,
    args: &ResumeArgs,
    name: Option<&str>,
    prompt: Option<String>,
) -> miette::Result<Exit> {
    remote::refuse_flags([(args.common.trust_project, "--trust-project")])?;
    remote::refuse_place(&args.store)?;
    let environment = args.common.cwd.as_deref().map(remote::environment).transpose()?;
    let folder = args.common.cwd.as_deref().filter(|_| name.is_none());
    let known = remote::choose(client, name, folder).await?;
    match known.state.as_known() {
        Some(pb::SessionState::Closed) => return Err(closed(&known.session_id).into()),
        Some(pb::SessionState::Idle) if prompt.is_none() => return Err(idle(&known.session_id).into()),
        _ => {}
    }
    if known.is_live && (args.common.model.is_some() || (environment.is_some() && folder.is_none())) {
        return Err(at_work(&known.session_id).into());
    }
    let session = client.session(known.session_id);
    let request = pb::ResumeRequest {
        model: args.common.model.clone(),
        environment: environment.into(),
        ..Default::default()
    };
    session.resume_with(request).await.map_err(remote::failed)?;
    let begun = Begun::follow(&session, known.head.seq).await?;
    remote::work(session, begun, prompt, args.output).await
}

/// Whether a text can be the beginning of an id: a single argument that cannot is a prompt.
fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && text != "-"
}

fn check(state: &State, has_prompt: bool, id: &str) -> Result<(), UsageError> {
    if state.is_closed() {
        return Err(closed(id));
    }
    let is_idle = state.active_run().is_none() && state.queued_runs().next().is_none();
    if is_idle && !has_prompt { Err(idle(id)) } else { Ok(()) }
}

fn closed(id: &str) -> UsageError {
    UsageError::new("the session is closed", format!("`tau fork {id}` makes a copy that can go on"))
}

fn at_work(id: &str) -> UsageError {
    let message = "the session is live at the server, and keeps its model and folder";
    let id = format!("{{\"sessionId\": \"{id}\", \"mode\": \"CLOSE_MODE_RELEASE\"}}");
    UsageError::new(
        message,
        format!("leave out --model and --cwd, or let it go first: tau rpc call Close '{id}'"),
    )
}

fn idle(id: &str) -> UsageError {
    let help = format!("say what to do next: tau resume {id} \"...\"");
    UsageError::new("the session has nothing left to do", help)
}
