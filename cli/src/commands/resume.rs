//! `tau resume`: a session that was kept goes on.

use std::path::PathBuf;
use std::sync::Arc;

use tau_client::Client;
use tau_persist::{SessionInfo, SqliteStore, Store as _};
use tau_proto::runtime::v1 as pb;
use tau_session::SessionOverview;

use super::work::{Begin, Work, again_at, prompt};
use crate::args::{ResumeArgs, ServerArgs};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::follow::Updates;
use crate::host::{Keep, Local};
use crate::output::renderer;
use crate::remote;
use crate::session;
use crate::store::{Place, choose_known, overview_of};

/// What was found out of a session is kept for the next who asks, where so many events had to be read for it.
const WORTH_KEEPING: usize = 200;

/// Goes on with a session: with what was left undone, and with a prompt if there is one.
pub(crate) async fn resume(mut args: ResumeArgs, server: &ServerArgs) -> miette::Result<Exit> {
    let (name, said) = match (args.id.take(), args.prompt.take()) {
        (Some(text), None) if !is_id(&text) => (None, Some(text)),
        given => given,
    };
    let prompt = said.as_deref().map(|text| prompt(Some(text))).transpose()?;
    match remote::connect(server).await? {
        Some(client) => resume_at(&client, &args, name.as_deref(), prompt).await,
        None => resume_here(args, name.as_deref(), prompt).await,
    }
}

/// Goes on in this process with a session that was kept.
async fn resume_here(args: ResumeArgs, name: Option<&str>, prompt: Option<String>) -> miette::Result<Exit> {
    let place = Place::new(&args.store)?;
    let store = Arc::new(place.open_existing_to_write()?);
    let mut common = args.common;
    let (id, known) = choose_known(&place, &*store, name, common.cwd.as_deref()).await?;
    let overview = overview(&place, &store, &known).await?;
    check(&overview, prompt.is_some(), &id.to_string())?;
    common.model.get_or_insert(overview.model);
    if common.cwd.is_none() {
        common.cwd = overview.metadata.get("working_dir").map(PathBuf::from);
    }
    let loaded = config::load(&common, None)?;
    let (options, chosen) = session::options(&loaded, Some((&place, id))).await?;
    let mut renderer = renderer(args.output);
    Local::announce(&mut *renderer, &loaded, &chosen);
    let local = Local::start(Keep::Here(store), id, options).await?;
    let session = local.client().session(id.to_string());
    let worked = match Updates::when_live(&session).await {
        Ok(updates) => {
            let begin = Begin::Resume(Box::default());
            Work { session, begin, updates, prompt, renderer, output: args.output }.run().await
        }
        Err(error) => Err(remote::failed(error)),
    };
    local.end().await;
    // Those of the model that was asked now.
    let prices = chosen.agent.model().prices.as_ref();
    Ok(worked?.conclude(Some(id.to_string()), prices))
}

/// What is known of a session, and kept for whoever asks next.
async fn overview(
    place: &Place,
    store: &SqliteStore,
    known: &SessionInfo,
) -> miette::Result<SessionOverview> {
    let surveyed = overview_of(store, known).await.map_err(|error| place.failed(&error))?;
    if let Some(cache) = surveyed.cache.filter(|_| surveyed.events >= WORTH_KEEPING) {
        // It saves time, and nothing else.
        let _ = store.put_snapshot(cache).await;
    }
    Ok(surveyed.overview)
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
    let updates = if known.is_live {
        // Those of its subagents that are at work are told of where it says that they began.
        let mut updates = Updates::from_first(&session).await.map_err(remote::failed)?;
        let _ = updates.past().await;
        updates
    } else {
        Updates::when_live(&session).await.map_err(remote::failed)?
    };
    let request = pb::ResumeRequest {
        model: args.common.model.clone(),
        environment: environment.into(),
        ..Default::default()
    };
    let (begin, again) = (Begin::Resume(Box::new(request)), again_at(&session));
    let work = Work { session, begin, updates, prompt, renderer: renderer(args.output), output: args.output };
    Ok(work.run().await?.conclude(Some(again), None))
}

/// Whether a text can be the beginning of an id: a single argument that cannot is a prompt.
fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && text != "-"
}

fn check(overview: &SessionOverview, has_prompt: bool, id: &str) -> Result<(), UsageError> {
    if overview.model.is_empty() {
        return Err(UsageError::new("the session was never begun", "begin one with `tau run`"));
    }
    if overview.is_closed {
        return Err(closed(id));
    }
    if overview.has_work() || has_prompt { Ok(()) } else { Err(idle(id)) }
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
