//! Mistakes with what hooks decide.

use tau_core::event::{EventBody, HookPoint, HookSubject, HookVerdict};
use tau_runtime::kernel::{Decision, Effect, Input, State};

use super::{Bug, Memory};

pub(super) fn mistake(memory: &Memory, bug: Bug, state: &State, input: &Input, decision: &mut Decision) {
    let Decision { events, effects, .. } = decision;
    match (bug, input) {
        // A call runs beside the question about it.
        (Bug::RunsUndecided, Input::ModelReply { .. }) => {
            let asked = effects.iter().find_map(|effect| match effect {
                Effect::AskHooks { point: HookPoint::BeforeTool, about: HookSubject::Call { call_id } } => {
                    Some(call_id.clone())
                }
                _ => None,
            });
            effects.extend(asked.and_then(|id| memory.run(state, &id)));
        }
        (Bug::RunsHookDenied, Input::HooksDecided { about: HookSubject::Call { call_id }, decision, .. })
            if decision.verdict == HookVerdict::Deny =>
        {
            effects.extend(memory.run(state, call_id));
        }
        (Bug::LosesChange, Input::HooksDecided { .. }) => {
            for effect in effects {
                if let Effect::RunTool { call, .. } = effect
                    && let Some((known, _)) = memory.calls.iter().find(|(known, _)| known.id == call.id)
                {
                    *call = known.clone();
                }
            }
        }
        (Bug::TellsDenied, Input::HooksDecided { about: HookSubject::Run { run }, decision, .. })
            if decision.verdict == HookVerdict::Deny =>
        {
            let content = memory.prompts.get(run).cloned();
            events.extend(content.map(|content| EventBody::ContextInjected { content }));
        }
        (Bug::SkipsHooks, Input::Resume) => {
            effects.retain(|effect| !matches!(effect, Effect::AskHooks { .. }));
        }
        _ => {}
    }
}
