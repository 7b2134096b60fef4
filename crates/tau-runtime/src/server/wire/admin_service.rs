//! What operators are told.

use tau_core::event::Timestamp;
use tau_proto::runtime::v1 as pb;

use super::names::Name;
use super::well_known::timestamp;
use crate::hooks::{FailurePolicy, HookStatus};

/// How a hook does.
pub(crate) fn hook_status(hook: &HookStatus) -> pb::HookStatus {
    let on_failure = match hook.spec.on_failure {
        FailurePolicy::Continue => pb::HookFailurePolicy::Continue,
        FailurePolicy::Block => pb::HookFailurePolicy::Block,
    };
    let (words, when) = hook.last_failure.clone().unzip();
    pb::HookStatus {
        client_id: hook.spec.source.clone(),
        name: hook.spec.name.clone(),
        point: hook.spec.point.to_wire(),
        on_failure: on_failure.into(),
        asked: hook.asked,
        failed: hook.failed,
        denied: hook.denied,
        is_failing: hook.is_failing,
        last_failure: words.unwrap_or_default(),
        last_failed: when.map(|when| timestamp(Timestamp::from(when))).into(),
        ..Default::default()
    }
}
