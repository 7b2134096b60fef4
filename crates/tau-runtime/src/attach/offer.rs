//! Tools that an extension offers, read and checked.

use std::collections::BTreeSet;
use std::time::Duration;

use tau_core::event::ToolSpec;
use tau_core::{EffectClass, ToolDefinition};
use tau_proto::runtime::v1::{EffectClass as WireEffect, ToolOffer};

use super::error::Violation;
use super::time::duration;

/// The longest description, in bytes.
const MAX_DESCRIPTION: usize = 16 << 10;
/// The longest schema, in bytes.
const MAX_PARAMETERS: usize = 128 << 10;
/// The longest time limit.
const MAX_TIMEOUT: Duration = Duration::from_secs(86_400);

/// A tool that is offered.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) spec: ToolSpec,
    pub(super) timeout: Option<Duration>,
    pub(super) max_calls: Option<usize>,
}

/// Reads offers, of which each names another tool.
pub(super) fn read(offers: &[ToolOffer]) -> Result<Vec<Offer>, Violation> {
    let offers: Vec<Offer> = offers.iter().map(read_one).collect::<Result<_, _>>()?;
    let names: BTreeSet<&str> = offers.iter().map(|offer| offer.spec.definition.name.as_str()).collect();
    if names.len() < offers.len() { Err(Violation::Offer) } else { Ok(offers) }
}

fn read_one(offer: &ToolOffer) -> Result<Offer, Violation> {
    let definition = offer.definition.as_option().ok_or(Violation::Offer)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let name = &definition.name;
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(is_name)
        && definition.description.len() <= MAX_DESCRIPTION
        && definition.parameters_json.len() <= MAX_PARAMETERS;
    let parameters = serde_json::from_str(&definition.parameters_json).ok();
    let parameters = parameters.filter(|schema: &serde_json::Value| schema.is_object() && fits);
    let definition = ToolDefinition::new(
        name.clone(),
        definition.description.as_str(),
        parameters.ok_or(Violation::Offer)?,
    );
    let effect = match offer.effect.as_known() {
        Some(WireEffect::Pure) => EffectClass::Pure,
        Some(WireEffect::Idempotent) => EffectClass::Idempotent,
        Some(WireEffect::AtMostOnce | WireEffect::Unspecified) => EffectClass::AtMostOnce,
        None => return Err(Violation::Offer),
    };
    let timeout = offer
        .timeout
        .as_option()
        .map(|timeout| duration(timeout).filter(|timeout| !timeout.is_zero() && *timeout <= MAX_TIMEOUT));
    Ok(Offer {
        spec: ToolSpec::new(definition, effect),
        timeout: timeout.map(|timeout| timeout.ok_or(Violation::Offer)).transpose()?,
        max_calls: usize::try_from(offer.max_concurrent_calls).ok().filter(|calls| *calls > 0),
    })
}
