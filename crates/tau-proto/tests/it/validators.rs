//! The rules of requests, as generated from the `.proto` files.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tau_proto::buffa::{HasMessageView, Message, MessageView};
use tau_proto::protovalidate_buffa::{Validate, ValidationError};
use tau_proto::runtime::v1::{
    AttachRequest, CancelRequest, CloseRequest, CreateSessionRequest, DrainRequest, GetSessionRequest,
    ListSessionsRequest, RespondRequest, RewindRequest, RunRequest, SetLogLevelRequest, SubscribeRequest,
    UpdateSessionRequest, ValidateConfigRequest,
};

use crate::messages::SESSION;

/// The fields that break a rule, with the rule, as `field: rule`. A rule about the whole message has no field.
fn broken(outcome: Result<(), ValidationError>) -> Vec<String> {
    let Err(error) = outcome else { return Vec::new() };
    assert_eq!((&error.compile_error, &error.runtime_error), (&None, &None));
    error.violations.iter().map(|violation| format!("{}: {}", violation.field, violation.rule_id)).collect()
}

/// Checks what a request in its JSON form breaks, and that its view, which a server validates, breaks the same.
#[track_caller]
fn check<M>(request: Value, expected: &[&str])
where
    M: Message + HasMessageView + Validate + DeserializeOwned + Debug,
    for<'a> M::View<'a>: Validate,
{
    let request: M = serde_json::from_value(request).unwrap();
    assert_eq!(broken(request.validate()), expected);
    let bytes = request.encode_to_vec();
    let view = M::View::decode_view(&bytes).unwrap();
    assert_eq!(broken(view.validate()), expected, "of the view");
}

#[test]
fn requests_that_keep_the_rules() {
    check::<CreateSessionRequest>(json!({}), &[]);
    check::<CreateSessionRequest>(json!({ "sessionId": SESSION, "config": { "toolTimeout": "24s" } }), &[]);
    check::<RunRequest>(json!({ "sessionId": SESSION, "prompt": [{ "text": "" }] }), &[]);
    check::<CancelRequest>(json!({ "sessionId": SESSION, "currentRun": {} }), &[]);
    check::<SubscribeRequest>(json!({ "selector": {}, "eventKinds": ["model_replied"] }), &[]);
    let session = json!({ "sessionId": SESSION, "metadata": { "team/area": "" } });
    check::<UpdateSessionRequest>(json!({ "session": session, "updateMask": "metadata" }), &[]);
}

#[test]
fn ids_are_uuids() {
    check::<GetSessionRequest>(json!({}), &["session_id: string.uuid_empty"]);
    check::<GetSessionRequest>(json!({ "sessionId": "s-1" }), &["session_id: string.uuid"]);
    check::<CreateSessionRequest>(json!({ "sessionId": "s-1" }), &["session_id: string.uuid"]);
    let sessions = json!([{ "sessionId": SESSION }, { "sessionId": "s-1" }]);
    check::<SubscribeRequest>(json!({ "sessions": sessions }), &["sessions[1].session_id: string.uuid"]);
}

#[test]
fn numbers_have_bounds() {
    check::<ListSessionsRequest>(json!({ "pageSize": 1001 }), &["page_size: uint32.lte"]);
    let options = json!({ "temperature": 2.5, "topP": -0.1, "maxTokens": "0" });
    check::<CreateSessionRequest>(
        json!({ "config": { "options": options, "parallelTools": 0 } }),
        &[
            "config.options.temperature: double.gte_lte",
            "config.options.top_p: double.gte_lte",
            "config.options.max_tokens: uint64.gte",
            "config.parallel_tools: uint32.gte_lte",
        ],
    );
    check::<RewindRequest>(json!({ "sessionId": SESSION, "prompts": 0 }), &["prompts: uint32.gte"]);
}

#[test]
fn durations_have_bounds() {
    check::<DrainRequest>(json!({ "timeout": "-1s" }), &["timeout: duration.gte_lte"]);
    check::<DrainRequest>(json!({ "timeout": "86400s" }), &[]);
    check::<DrainRequest>(json!({ "timeout": "86400.000000001s" }), &["timeout: duration.gte_lte"]);
    check::<SetLogLevelRequest>(json!({ "duration": "0s" }), &["duration: duration.gt_lte"]);
}

#[test]
fn texts_have_patterns_and_bounds() {
    check::<SetLogLevelRequest>(json!({ "directives": "tau=debug;" }), &["directives: string.pattern"]);
    let key = "k".repeat(257);
    check::<RunRequest>(
        json!({ "sessionId": SESSION, "prompt": [{ "text": "x" }], "idempotencyKey": key }),
        &["idempotency_key: string.max_bytes"],
    );
    check::<CreateSessionRequest>(
        json!({ "config": { "environment": { "workingDir": "relative" } } }),
        &["config.environment.working_dir: string.pattern"],
    );
}

#[test]
fn lists_have_bounds_and_no_doubles() {
    check::<RunRequest>(json!({ "sessionId": SESSION }), &["prompt: repeated.min_items"]);
    let kinds = json!(["model_replied", "model_replied"]);
    check::<SubscribeRequest>(
        json!({ "selector": {}, "eventKinds": kinds }),
        &["event_kinds: repeated.unique"],
    );
    check::<CreateSessionRequest>(
        json!({ "config": { "tools": { "names": ["read", "no spaces"] } } }),
        &["config.tools.names[1]: string.pattern"],
    );
}

#[test]
fn maps_have_rules_for_keys_and_values() {
    check::<CreateSessionRequest>(
        json!({ "config": { "metadata": { "good": "", ".bad": "" } } }),
        &["config.metadata[\".bad\"]: string.pattern"],
    );
    check::<CreateSessionRequest>(
        json!({ "config": { "options": { "extraJson": { "top_k": "" } } } }),
        &["config.options.extra_json[\"top_k\"]: string.min_bytes"],
    );
}

#[test]
fn enums_are_defined_and_stated() {
    check::<GetSessionRequest>(json!({ "sessionId": SESSION, "view": 9 }), &["view: enum.defined_only"]);
    check::<CloseRequest>(json!({ "sessionId": SESSION }), &["mode: enum.not_in"]);
}

#[test]
fn one_of_many_is_needed() {
    check::<CancelRequest>(json!({ "sessionId": SESSION }), &["target: required"]);
    check::<RespondRequest>(json!({ "sessionId": SESSION, "callId": "c-1" }), &["answer: required"]);
    check::<ValidateConfigRequest>(json!({}), &["config: required"]);
    check::<RunRequest>(
        json!({ "sessionId": SESSION, "prompt": [{ "file": { "mediaType": "text/plain" } }] }),
        &["prompt[0].file.source: required"],
    );
}

#[test]
fn a_mask_names_what_can_change() {
    let request = json!({ "session": { "sessionId": SESSION }, "updateMask": "prompt" });
    check::<UpdateSessionRequest>(request, &["update_mask: field_mask.in"]);
}

#[test]
fn what_extensions_send_has_rules() {
    check::<AttachRequest>(json!({}), &["message: required"]);
    check::<AttachRequest>(json!({ "ack": {} }), &["ack.positions: repeated.min_items"]);
    let hello = json!({ "protocolVersion": 1, "clientName": "x", "clientId": "y", "roles": [{}] });
    check::<AttachRequest>(json!({ "hello": hello }), &["hello.roles[0].role: required"]);
}

/// Rules about several fields are expressions in the `.proto` files, and Rust here.
mod of_whole_messages {
    use super::*;

    #[test]
    fn a_subscription_follows_something() {
        check::<SubscribeRequest>(json!({}), &[": subscribe.something_to_follow"]);
        check::<SubscribeRequest>(json!({ "sessions": [{ "sessionId": SESSION }] }), &[]);
    }

    #[test]
    fn compaction_makes_shorter() {
        let config = |at: &str, to: &str| json!({ "config": { "compaction": { "atTokens": at, "toTokens": to, "strategy": 3 } } });
        let rule = "config.compaction: compaction_policy.to_below_at";
        check::<CreateSessionRequest>(config("10", "10"), &[rule]);
        check::<CreateSessionRequest>(config("10", "9"), &[]);
        check::<CreateSessionRequest>(config("0", "9"), &[]);
    }

    #[test]
    fn an_edited_plan_is_there() {
        let answer = |plan| json!({ "sessionId": SESSION, "callId": "c", "answer": { "plan": plan } });
        let rule = "answer.plan: plan_answer.edit_has_plan";
        check::<RespondRequest>(answer(json!({ "decision": "PLAN_DECISION_EDIT" })), &[rule]);
        check::<RespondRequest>(answer(json!({ "decision": "PLAN_DECISION_EDIT", "plan": "1." })), &[]);
        check::<RespondRequest>(answer(json!({ "decision": "PLAN_DECISION_APPROVE" })), &[]);
    }

    #[test]
    fn a_part_of_a_session_has_a_length() {
        let part = |after: &str, through: &str| {
            let session = json!({ "sessionId": SESSION, "afterSeq": after, "throughSeq": through });
            json!({ "sessionId": SESSION, "prompt": [{ "reference": { "session": session } }] })
        };
        let rule = "prompt[0].reference.session: session_reference.range";
        check::<RunRequest>(part("7", "7"), &[rule]);
        check::<RunRequest>(part("7", "8"), &[]);
        check::<RunRequest>(part("7", "0"), &[]);
    }
}
