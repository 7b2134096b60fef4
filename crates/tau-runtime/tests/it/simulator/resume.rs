//! A session taken up where its journal ends, wherever that is.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tau_core::event::{EventBody, PermissionAnswer, ToolOutcome};
use tau_core::{
    ChatResponse, ContentBlock, EffectClass, FinishReason, HumanDuration, ToolCallId, ToolResult,
};
use tau_runtime::kernel::{Effect, Input, Rejection, State, decide};

use super::audit::assert_paired;

/// Takes the session of a journal up and works until nothing is left to do.
pub(crate) fn assert_goes_on(journal: &[EventBody]) {
    let mut state = State::default();
    journal.iter().for_each(|event| state.apply(event));
    let may_have_run = may_have_run(journal);
    let decision = match decide(&state, Input::Resume) {
        Ok(decision) => decision,
        Err(rejection) => {
            assert_eq!(rejection, Rejection::NotOpen);
            assert!(state.config().is_none() || state.is_closed());
            return;
        }
    };
    let mut events = Vec::new();
    let mut jobs = VecDeque::new();
    take(&mut state, decision, &mut events, &mut jobs);
    for round in 0.. {
        assert!(round < 2_000, "it never ends");
        let asked = state.calls_to_ask().next().cloned();
        let input = if let Some(call_id) = asked {
            Input::PermissionAnswer { call_id, answer: PermissionAnswer::Allow }
        } else if let Some(effect) = jobs.pop_front() {
            match effect {
                Effect::CallModel { run, turn } => {
                    assert_paired(state.history());
                    assert!(
                        state.history().is_ready(),
                        "every call has its result before the model is asked"
                    );
                    let response = ChatResponse::new([ContentBlock::text("Done")], FinishReason::Stop);
                    Input::ModelReply { run, turn, response: Box::new(response) }
                }
                Effect::RunTool { call, .. } => {
                    assert!(!may_have_run.contains(&call.id), "{} may have run, and runs again", call.id);
                    let result = ToolResult::success(call.id, []);
                    let elapsed = HumanDuration::from(Duration::ZERO);
                    Input::ToolFinished { outcome: ToolOutcome::Succeeded, result, elapsed }
                }
                _ => continue,
            }
        } else {
            break;
        };
        let decision = decide(&state, input).expect("what was asked for is taken");
        take(&mut state, decision, &mut events, &mut jobs);
    }
    assert_eq!(state.active_run(), None, "nothing is left to do");
    assert!(state.history().is_ready());
    for id in &may_have_run {
        let ends = events
            .iter()
            .filter(|event| matches!(event, EventBody::ToolFinished { result, .. } if result.call_id == *id));
        let outcomes: Vec<_> = ends
            .map(|event| matches!(event, EventBody::ToolFinished { outcome: ToolOutcome::Unknown, .. }))
            .collect();
        assert_eq!(outcomes, [true], "{id} ends once, as unknown");
    }
}

fn take(
    state: &mut State,
    decision: tau_runtime::kernel::Decision,
    events: &mut Vec<EventBody>,
    jobs: &mut VecDeque<Effect>,
) {
    for event in decision.events {
        state.apply(&event);
        events.push(event);
    }
    jobs.extend(decision.effects);
}

/// Calls that must not be repeated, were announced and have no result, but for those that wait: for permission, or for an
/// earlier call that does.
fn may_have_run(journal: &[EventBody]) -> BTreeSet<ToolCallId> {
    let mut open: Vec<(ToolCallId, bool)> = Vec::new();
    for event in journal {
        match event {
            EventBody::ToolRequested { call, effect, .. }
                if *effect == EffectClass::AtMostOnce && call.name != "nonsense" =>
            {
                open.push((call.id.clone(), false));
            }
            EventBody::PermissionRequested { call_id, .. } => set_asked(&mut open, call_id, true),
            EventBody::PermissionAnswered { call_id, .. } => set_asked(&mut open, call_id, false),
            EventBody::ToolFinished { result, .. } => open.retain(|(id, _)| *id != result.call_id),
            _ => {}
        }
    }
    open.into_iter().take_while(|(_, is_asked)| !is_asked).map(|(id, _)| id).collect()
}

fn set_asked(open: &mut [(ToolCallId, bool)], id: &ToolCallId, is_asked: bool) {
    if let Some(call) = open.iter_mut().find(|call| call.0 == *id) {
        call.1 = is_asked;
    }
}
