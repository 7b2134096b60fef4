//! What is asked of a server for a new session: the flags of `tau run`. All else is the server's configuration.

use std::path::Path;

use tau_proto::runtime::v1 as pb;

use super::{refuse_flags, refuse_place};
use crate::args::{BudgetArgs, RunArgs};
use crate::exit::UsageError;

/// A new session as the flags say.
pub(crate) fn request(args: &RunArgs) -> Result<pb::CreateSessionRequest, UsageError> {
    refuse_flags([
        (args.record.is_some(), "--record"),
        (args.sandbox.is_some(), "--sandbox"),
        (args.ephemeral, "--ephemeral"),
        (args.common.trust_project, "--trust-project"),
    ])?;
    refuse_place(&args.store)?;
    let mode = if args.allow_all { pb::PermissionMode::Bypass } else { pb::PermissionMode::Unspecified };
    let permissions = pb::PermissionConfig {
        mode: mode.into(),
        allow: args.allow.clone(),
        deny: args.deny.clone(),
        ..Default::default()
    };
    let config = pb::SessionConfig {
        model: args.common.model.clone(),
        budget: budget(&args.budget).into(),
        permissions: permissions.into(),
        environment: args.common.cwd.as_deref().map(environment).transpose()?.into(),
        ..Default::default()
    };
    Ok(pb::CreateSessionRequest { config: config.into(), ..Default::default() })
}

/// A folder at the server. It need not exist here.
pub(crate) fn environment(folder: &Path) -> Result<pb::EnvironmentConfig, UsageError> {
    let Some(text) = folder.to_str().filter(|_| folder.is_absolute()) else {
        let message = format!("{} is not the whole path of a folder", folder.display());
        return Err(UsageError::new(
            message,
            "a folder at a server is named from its root: --cwd /srv/project",
        ));
    };
    let folder = pb::environment_config::Environment::WorkingDir(text.to_owned());
    Ok(pb::EnvironmentConfig { environment: Some(folder), ..Default::default() })
}

fn budget(args: &BudgetArgs) -> pb::Budget {
    pb::Budget {
        max_turns: args.max_turns,
        max_tokens: args.max_tokens,
        max_cost: args.max_cost.map(|cost| pb::Money { nanos: cost.as_nanos(), ..Default::default() }).into(),
        max_tool_calls: args.max_tool_calls,
        max_time: args.max_time.map(|time| time.get().into()).into(),
        ..Default::default()
    }
}
