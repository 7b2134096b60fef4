//! Which session of a server somebody means, and what there is to say of it.

use std::path::Path;

use tau_client::{Client, SessionList};
use tau_proto::buffa_types::google::protobuf::Timestamp as WireTime;
use tau_proto::runtime::v1 as pb;

use super::failed;
use crate::exit::UsageError;
use crate::output::{Usage, dollars, rfc3339};
use crate::store::State;
use crate::transcript::{About, Open};

/// The session that somebody means: by its id or the beginning of it, else the one written last, in a folder if one is
/// given.
pub(crate) async fn choose(
    client: &Client,
    id: Option<&str>,
    folder: Option<&Path>,
) -> miette::Result<pb::Session> {
    let help = "`tau sessions list --all` shows the sessions there are";
    let mut filter = pb::SessionFilter::default();
    match (id, folder) {
        (Some(""), _) => return Err(UsageError::new("the id of a session is empty", help).into()),
        (Some(id), _) => {
            let id = id.to_ascii_lowercase();
            if !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
                return Err(
                    UsageError::new(format!("no session has an id that begins with {id:?}"), help).into()
                );
            }
            filter.id_prefix = id;
            filter.selector = including_subagents().into();
        }
        (None, Some(folder)) => {
            let folder = folder.display().to_string();
            let metadata = [("working_dir".to_owned(), folder)].into_iter().collect();
            filter.selector = pb::SessionSelector { metadata, ..Default::default() }.into();
        }
        (None, None) => {}
    }
    let mut sessions = client.list(SessionList::of(filter));
    let mut found = Vec::new();
    while found.len() < 6 {
        let Some(session) = sessions.next().await else { break };
        found.push(session.map_err(failed)?);
        if id.is_none() {
            break;
        }
    }
    match (&mut found[..], id) {
        ([], Some(id)) => {
            Err(UsageError::new(format!("no session has an id that begins with {id:?}"), help).into())
        }
        ([], None) => {
            Err(UsageError::new("the server has no such session yet", "`tau run` begins one").into())
        }
        ([only], _) => Ok(std::mem::take(only)),
        ([..], id) => {
            let ids: Vec<&str> = found.iter().take(5).map(|session| session.session_id.as_str()).collect();
            let more = if found.len() > 5 { "\nand others" } else { "" };
            let message =
                format!("several sessions have an id that begins with {:?}", id.unwrap_or_default());
            Err(UsageError::new(message, format!("give more of it:\n{}{more}", ids.join("\n"))).into())
        }
    }
}

/// Every session that the caller may see.
pub(crate) fn including_subagents() -> pb::SessionSelector {
    pb::SessionSelector { subagents: pb::SubagentScope::Included.into(), ..Default::default() }
}

/// What there is to say of a session as a whole.
pub(crate) fn about(session: &pb::Session) -> About {
    let spent = &session.spent;
    let usage = &spent.usage;
    let state = match session.state.as_known() {
        Some(pb::SessionState::Closed) => State::Closed,
        Some(pb::SessionState::Interrupted) => State::Interrupted,
        Some(pb::SessionState::Running | pb::SessionState::Waiting | pb::SessionState::Paused) => {
            State::InUse
        }
        _ if session.holder.is_set() => State::InUse,
        _ => State::Idle,
    };
    let holder = match session.holder.as_option() {
        Some(holder) => Some(Open::by(&holder.name)),
        None if state == State::InUse => Some(Open::by("the server")),
        None => None,
    };
    About {
        id: session.session_id.clone(),
        state,
        holder,
        model: session.model.clone(),
        working_dir: session.metadata.get("working_dir").cloned(),
        created: rfc3339(time(&session.created)),
        updated: rfc3339(time(&session.updated)),
        prompt: session.prompt.clone(),
        events: session.head.seq,
        turns: spent.turns,
        tool_calls: spent.tool_calls,
        usage: Usage {
            input: usage.input,
            cached_input: usage.cached_input,
            cache_write: usage.cache_write,
            output: usage.output,
            reasoning: usage.reasoning,
        },
        // Without prices nothing is spent.
        cost: (spent.cost.nanos > 0).then(|| dollars(tau_core::Money::from_nanos(spent.cost.nanos))),
    }
}

/// A moment as events have it.
pub(crate) fn time(time: &WireTime) -> tau_core::event::Timestamp {
    let seconds = u64::try_from(time.seconds).unwrap_or_default();
    let millis = u64::try_from(time.nanos).unwrap_or_default() / 1_000_000;
    tau_core::event::Timestamp(seconds.saturating_mul(1_000).saturating_add(millis))
}
