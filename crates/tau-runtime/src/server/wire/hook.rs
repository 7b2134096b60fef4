//! What hooks decided.

use tau_core::event::{HookChange, HookDecision, HookPoint, HookSubject};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::hook_decision::Change;
use tau_proto::runtime::v1::hooks_decided::About;
use tau_proto::runtime::v1::session_event::Body;

use super::content::{content, result_block};
use super::names::Name;

pub(super) fn hooks_decided(point: HookPoint, about: &HookSubject, decision: &HookDecision) -> Body {
    let about = match about {
        HookSubject::Run { run } => Some(About::RunId(run.to_string())),
        HookSubject::Turn { turn, .. } => Some(About::Turn(*turn)),
        HookSubject::Call { call_id } => Some(About::CallId(call_id.to_string())),
        _ => None,
    };
    let decision = hook_decision(decision).into();
    pb::HooksDecided { point: point.to_wire(), about, decision, ..Default::default() }.into()
}

fn hook_decision(decision: &HookDecision) -> pb::HookDecision {
    pb::HookDecision {
        verdict: decision.verdict.to_wire(),
        message: decision.message.clone(),
        change: decision.change.as_ref().and_then(change),
        context: content(&decision.context),
        ..Default::default()
    }
}

fn change(change: &HookChange) -> Option<Change> {
    Some(match change {
        HookChange::Arguments { arguments } => Change::ArgumentsJson(arguments.raw().to_owned()),
        HookChange::Prompt { content: said, skill } => {
            let skill = skill.clone().unwrap_or_default();
            pb::HookContent { content: content(said), skill, ..Default::default() }.into()
        }
        HookChange::Result { content, is_error } => {
            let content = content.iter().map(result_block).collect();
            pb::HookResult { content, is_error: *is_error, ..Default::default() }.into()
        }
        _ => return None,
    })
}
