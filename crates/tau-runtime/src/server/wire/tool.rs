//! What a model is told of tools, what they may do, and how calls end.

use tau_core::ToolDefinition;
use tau_core::event::{ToolOutcome, ToolSpec};
use tau_proto::buffa::EnumValue;
use tau_proto::runtime::v1 as pb;

use super::names::Name;

/// What a model is told about a tool.
fn tool_definition(definition: &ToolDefinition) -> pb::ToolDefinition {
    pb::ToolDefinition {
        name: definition.name.clone(),
        description: definition.description.to_string(),
        parameters_json: definition.parameters.to_string(),
        ..Default::default()
    }
}

pub(super) fn tool_spec(spec: &ToolSpec) -> pb::ToolSpec {
    pb::ToolSpec {
        definition: tool_definition(&spec.definition).into(),
        effect: spec.effect.to_wire(),
        kind: spec.kind.to_wire(),
        ..Default::default()
    }
}

/// How a call ended, and why it was denied where it was.
pub(super) fn tool_outcome(
    outcome: ToolOutcome,
) -> (EnumValue<pb::ToolOutcome>, EnumValue<pb::DenialReason>) {
    let (outcome, denial) = match outcome {
        ToolOutcome::Succeeded => (pb::ToolOutcome::Succeeded, None),
        ToolOutcome::Failed => (pb::ToolOutcome::Failed, None),
        ToolOutcome::Denied { reason } => (pb::ToolOutcome::Denied, Some(reason)),
        ToolOutcome::TimedOut => (pb::ToolOutcome::TimedOut, None),
        ToolOutcome::Cancelled => (pb::ToolOutcome::Cancelled, None),
        ToolOutcome::Unknown => (pb::ToolOutcome::Unknown, None),
        _ => (pb::ToolOutcome::Unspecified, None),
    };
    (outcome.into(), denial.map(Name::to_wire).unwrap_or_default())
}
