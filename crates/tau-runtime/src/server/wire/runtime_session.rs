//! Requests that make sessions live.

use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;

use super::config::{read_durability, read_environment};
use super::error::{WireError, Within};
use crate::runtime::{Claim, Revival};

/// Whether a session is taken from another writer: only if nobody has it, unless stated.
pub(crate) fn read_claim(wire: EnumValue<pb::Claim>) -> Result<Claim, WireError> {
    match wire.as_known() {
        Some(pb::Claim::Unspecified | pb::Claim::IfFree) => Ok(Claim::IfFree),
        Some(pb::Claim::TakeOver) => Ok(Claim::TakeOver),
        None => Err(WireError::invalid("claim", "not known to this version")),
    }
}

/// How a session is made live that exists already: the fields `model`, `durability` and `environment` of `ResumeRequest`,
/// and of `ForkRequest`, which has no model.
pub(crate) fn read_revival(
    model: Option<String>,
    durability: Option<&pb::Durability>,
    environment: Option<pb::EnvironmentConfig>,
) -> Result<Revival, WireError> {
    Ok(Revival {
        model,
        durability: read_durability(durability).within("durability")?,
        environment: read_environment(environment).within("environment")?,
    })
}
