//! How a new session shall work, as its caller asks for it.

use std::collections::BTreeMap;

use tau_proto::runtime::v1 as pb;

use super::config::{
    read_budget, read_compaction_policy, read_durability, read_environment, read_model_options,
    read_permission_config,
};
use super::error::{WireError, Within};
use super::well_known::read_duration;
use crate::runtime::{DurabilityChoice, EnvironmentChoice, SessionOverrides};
use crate::server::reason::Reason;

/// What the keys of metadata begin with that are the runtime's.
pub(crate) const RESERVED: &str = "tau.";

/// How a new session shall work.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// The agent; the default one unless set.
    pub(crate) agent: Option<String>,
    /// How it differs from the agent.
    pub(crate) overrides: SessionOverrides,
    /// What its tools act through.
    pub(crate) environment: EnvironmentChoice,
    /// What waits for journals.
    pub(crate) durability: DurabilityChoice,
}

/// How a new session shall work. Names that lead nowhere and what the policy forbids are seen later.
pub(crate) fn read_session_config(wire: pb::SessionConfig) -> Result<Asked, WireError> {
    let options = wire.options.into_option().map(read_model_options).transpose().within("options")?;
    let budget = wire.budget.as_option().map(read_budget).transpose().within("budget")?;
    let permissions = wire.permissions.into_option().map(read_permission_config).transpose();
    let timeout = wire.tool_timeout.as_option().map(|timeout| read_duration("tool_timeout", timeout));
    let compaction = wire.compaction.as_option().map(read_compaction_policy).transpose();
    let overrides = SessionOverrides {
        model: wire.model,
        options: options.unwrap_or_default(),
        system: wire.system_prompt,
        tools: wire.tools.into_option().map(|tools| tools.names),
        budget: budget.unwrap_or_default(),
        permissions: permissions.within("permissions")?.unwrap_or_default(),
        compaction: compaction.within("compaction")?,
        subagent_depth: wire.subagent_depth,
        parallel_tools: wire.parallel_tools.map(|calls| calls as usize),
        tool_timeout: timeout.transpose()?,
        metadata: read_metadata(wire.metadata)?,
    };
    Ok(Asked {
        agent: Some(wire.agent).filter(|agent| !agent.is_empty()),
        overrides,
        environment: read_environment(wire.environment.into_option()).within("environment")?,
        durability: read_durability(wire.durability.as_option()).within("durability")?,
    })
}

fn read_metadata(metadata: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, WireError> {
    match metadata.keys().find(|key| key.starts_with(RESERVED)) {
        Some(key) => {
            let problem = "keys that begin with `tau.` are the runtime's";
            Err(WireError::new(Reason::InvalidConfig, "", problem)).within_key("metadata", key)
        }
        None => Ok(metadata),
    }
}
