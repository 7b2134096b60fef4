//! Calls are announced, run and answered.

use sha2::{Digest, Sha256};
use tau_core::event::EventBody;
use tau_runtime::kernel::Rejection;

use super::support::{Kernel, calls_of, config, done, run_id};

#[test]
fn the_model_is_asked_when_the_last_result_is_in() {
    for order in [["a", "b", "c"], ["c", "a", "b"]] {
        let mut kernel = Kernel::calling(config(), &["a look", "b look", "c free"]);
        assert_eq!(kernel.lines(done(order[0])), [format!("call {} succeeded: ok", order[0])]);
        assert_eq!(kernel.lines(done(order[1])), [format!("call {} succeeded: ok", order[1])]);
        assert_eq!(
            kernel.lines(done(order[2])),
            [
                format!("call {} succeeded: ok", order[2]),
                "model requested 1/2".to_owned(),
                "> call model 1/2".to_owned()
            ]
        );
        let results: Vec<_> = kernel.state.history().messages()[2]
            .tool_results()
            .map(|result| result.call_id.to_string())
            .collect();
        assert_eq!(results, ["a", "b", "c"]);
    }
}

#[test]
fn a_call_has_one_result() {
    let mut kernel = Kernel::calling(config(), &["a look", "b look"]);
    kernel.give(done("a")).unwrap();
    assert_eq!(kernel.rejects(done("a")), Rejection::Stale, "double");
    assert_eq!(kernel.rejects(done("z")), Rejection::Stale, "unknown");
    kernel.give(done("b")).unwrap();
    assert_eq!(kernel.rejects(done("b")), Rejection::Stale, "late");
}

#[test]
fn a_call_that_waits_for_permission_cannot_end() {
    let mut kernel = Kernel::calling(config(), &["a change"]);
    assert_eq!(kernel.rejects(done("a")), Rejection::Stale);
}

#[test]
fn a_call_of_no_tool_runs_to_its_error() {
    let mut kernel = Kernel::asking(config());
    assert_eq!(
        kernel.lines(calls_of(1, 1, &["a nonsense"])),
        ["turn 1 replied: a nonsense", "call a requested: AtMostOnce nonsense", "> run a"]
    );
}

#[test]
fn an_intent_carries_hash_and_key() {
    let hex = |parts: &[&[u8]]| {
        let mut sha = Sha256::new();
        parts.iter().for_each(|part| sha.update(part));
        sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut kernel = Kernel::asking(config());
    let decision = kernel.give(calls_of(1, 1, &["a look {}", "b look {\"x\": 1}"])).unwrap();
    let intents: Vec<_> = decision
        .events
        .iter()
        .filter_map(|event| match event {
            EventBody::ToolRequested { arguments_hash, idempotency_key, .. } => {
                Some((arguments_hash.clone(), idempotency_key.clone()))
            }
            _ => None,
        })
        .collect();
    // The hash of `{}` as any SHA-256 tool prints it.
    assert_eq!(intents[0].0, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    assert_eq!(intents[1].0, hex(&[b"{\"x\": 1}"]), "of the text as the model wrote it");
    // Run, id, name and arguments, each after its length.
    let run = run_id(1).to_string();
    let key = |parts: [&str; 3]| {
        let lengths = [run.as_str()].into_iter().chain(parts).map(|part| (part.len() as u64).to_be_bytes());
        let lengths: Vec<[u8; 8]> = lengths.collect();
        let parts = [run.as_str()].into_iter().chain(parts).map(str::as_bytes);
        let all: Vec<&[u8]> =
            lengths.iter().map(|length| &length[..]).zip(parts).flat_map(|(a, b)| [a, b]).collect();
        hex(&all)
    };
    assert_eq!(intents[0].1, key(["a", "look", "{}"]));
    assert_eq!(intents[1].1, key(["b", "look", "{\"x\": 1}"]));
}

/// A reply that is lost may have begun a call that only reads, and the next may give its id to another call.
#[test]
fn another_call_has_another_key() {
    let key = |call: &str| {
        let decision = Kernel::asking(config()).give(calls_of(1, 1, &[call])).unwrap();
        let key = decision.events.iter().find_map(|event| match event {
            EventBody::ToolRequested { idempotency_key, .. } => Some(idempotency_key.clone()),
            _ => None,
        });
        key.unwrap()
    };
    assert_eq!(key("a look {}"), key("a look {}"), "asked again, the same call has the same");
    assert_ne!(key("a look {}"), key("a change {}"));
    assert_ne!(key("a look {}"), key("a look {\"x\":1}"));
}
