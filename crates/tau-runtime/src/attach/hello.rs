//! The first message of either side.

use std::collections::BTreeSet;

use tau_proto::buffa::{EnumValue, Enumeration};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    ExtensionRole, Hello, JournalRole, SessionPosition, Welcome, extension_role::Role,
};

use super::calls::{Entered, PROGRESS_WINDOW};
use super::error::{AttachError, AttachErrorKind, Violation};
use super::role::{EnvironmentProvider, JournalProvider, Responder, RoleKind, Roles, ToolsProvider};
use super::selector::Selector;
use super::{AttachmentsOptions, Caller, token};
use super::{hooks, offer};

/// The version of the interface that is spoken here.
const PROTOCOL_VERSION: u32 = 1;
/// The longest id and name of a client, in bytes.
const MAX_NAME: usize = 128;
/// The highest priority; the lowest is its negative.
const MAX_PRIORITY: i32 = 1_000;
/// The window of input where an extension names none, in bytes.
const INPUT_WINDOW: usize = 1 << 20;

/// An extension as it says of itself, checked.
#[derive(Debug)]
pub(super) struct Introduction {
    pub(super) hello: Hello,
    pub(super) roles: Roles,
    /// What it follows, if it is a journal.
    pub(super) follows: Option<Follows>,
}

/// The sessions that a journal is for, and what it continues from.
#[derive(Debug)]
pub(super) struct Follows {
    pub(super) selector: Selector,
    pub(super) positions: Vec<SessionPosition>,
}

/// Checks what an extension says of itself.
pub(super) fn read(mut hello: Hello, caller: &Caller) -> Result<Introduction, AttachError> {
    if hello.protocol_version == 0 {
        return Err(Violation::Version.into());
    }
    let is_named = |name: &str| (1..=MAX_NAME).contains(&name.len());
    if !is_named(&hello.client_id) || !is_named(&hello.client_name) || hello.client_version.len() > MAX_NAME {
        return Err(Violation::Client.into());
    }
    let said = std::mem::take(&mut hello.roles);
    let mut kinds = BTreeSet::new();
    let (mut roles, mut follows) = (Roles::default(), None);
    for ExtensionRole { role, selector, priority, .. } in said {
        let role = role.ok_or(Violation::Roles)?;
        let kind = kind(&role);
        if !kinds.insert(kind) {
            return Err(Violation::Roles.into());
        }
        if !(-MAX_PRIORITY..=MAX_PRIORITY).contains(&priority) {
            return Err(Violation::Selector.into());
        }
        let not_allowed = || AttachError::new(AttachErrorKind::RoleNotAllowed(kind));
        if !caller.roles.contains(&kind) {
            return Err(not_allowed());
        }
        let chosen = || selector.as_option().map(Selector::read).transpose().map(Option::unwrap_or_default);
        match role {
            Role::Journal(role) => {
                follows = Some(journal(&mut roles, priority, role, chosen()?)?);
            }
            Role::Tools(role) => {
                let offers = offer::read(&role.tools)?;
                roles.tools = Some(ToolsProvider { priority, selector: chosen()?, offers });
            }
            Role::Environment(role) => {
                let capabilities = known(&role.capabilities)?;
                roles.environment = Some(EnvironmentProvider { priority, selector: chosen()?, capabilities });
            }
            // What people are asked is put into words by the interface.
            Role::Responder(_) if !cfg!(feature = "server") => return Err(not_allowed()),
            Role::Responder(role) => {
                roles.responder = Some(Responder { selector: chosen()?, kinds: known(&role.kinds)? });
            }
            Role::Hooks(role) => {
                roles.hooks = Some(hooks::read(&hello.client_id, &role, priority, chosen()?)?);
            }
        }
    }
    if kinds.is_empty() {
        return Err(Violation::Roles.into());
    }
    Ok(Introduction { hello, roles, follows })
}

/// The values of a list, each of which this version must know.
fn known<E: Enumeration>(values: &[EnumValue<E>]) -> Result<Vec<E>, Violation> {
    values
        .iter()
        .map(|value| value.as_known().filter(|known| known.to_i32() != 0).ok_or(Violation::Roles))
        .collect()
}

const fn kind(role: &Role) -> RoleKind {
    match role {
        Role::Journal(_) => RoleKind::Journal,
        Role::Tools(_) => RoleKind::Tools,
        Role::Environment(_) => RoleKind::Environment,
        Role::Hooks(_) => RoleKind::Hooks,
        Role::Responder(_) => RoleKind::Responder,
    }
}

fn journal(
    roles: &mut Roles,
    priority: i32,
    role: JournalRole,
    selector: Selector,
) -> Result<Follows, Violation> {
    // Which sessions there are is asked before anything is known of them.
    if !role.capabilities.is_empty() && !selector.is_everything() {
        return Err(Violation::SelectiveOperations);
    }
    let sessions: BTreeSet<&str> = role.positions.iter().map(|at| at.session_id.as_str()).collect();
    if sessions.len() < role.positions.len() {
        return Err(Violation::RepeatedPosition);
    }
    let capabilities = role.capabilities.iter().map(|capability| capability.to_i32()).collect();
    roles.journal = Some(JournalProvider { priority, capabilities });
    Ok(Follows { selector, positions: role.positions })
}

/// Bytes of input of one call that may be under way to an extension.
pub(super) fn input_window(hello: &Hello) -> usize {
    usize::try_from(hello.input_window).ok().filter(|window| *window > 0).unwrap_or(INPUT_WINDOW)
}

/// The answer to an extension that is accepted.
pub(super) fn welcome(options: &AttachmentsOptions, hello: &Hello, entered: Entered) -> Welcome {
    let Entered { token, is_resumed, open_call_ids, .. } = entered;
    Welcome {
        protocol_version: hello.protocol_version.min(PROTOCOL_VERSION),
        server_name: options.server_name.clone(),
        server_version: options.server_version.clone(),
        attachment_id: token::generate(),
        heartbeat_interval: WireDuration::from(options.heartbeat_interval).into(),
        resume_token: token,
        is_resumed,
        open_call_ids,
        result_retention: WireDuration::from(options.result_retention).into(),
        progress_window: u32::try_from(PROGRESS_WINDOW).unwrap_or(u32::MAX),
        ..Default::default()
    }
}
