//! The gate of a session: what it lets go, and when.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection::vec, prop_assert_eq, proptest};
use tau_core::event::Seq;
use tau_core::{HumanDuration, RunId, ToolArguments, ToolCall, ToolCallId};
use tau_runtime::kernel::Effect;
use tau_runtime::kernel::gate::{
    BeyondCommitted, Gate, PauseReason, Position, Refusal, RefusalReason, StopReason, Verdict,
};

const EPOCH: u64 = 4;

fn at(seq: u64) -> Position {
    Position { epoch: EPOCH, seq: Seq(seq) }
}

fn call_model(turn: u32) -> Effect {
    Effect::CallModel { run: RunId::from_u128(1), turn }
}

fn run_tool(id: &str) -> Effect {
    run(id, false)
}

/// A call that changes nothing.
fn read(id: &str) -> Effect {
    run(id, true)
}

fn run(id: &str, at_once: bool) -> Effect {
    let call = ToolCall::new(ToolCallId::new(id), "look", ToolArguments::parse("{}"));
    Effect::RunTool { run: RunId::from_u128(1), call, at_once, idempotency_key: String::new() }
}

fn stop_tool(id: &str) -> Effect {
    Effect::StopTool { call_id: ToolCallId::new(id) }
}

fn set_timer() -> Effect {
    Effect::SetTimer { run: RunId::from_u128(1), after: HumanDuration::from(std::time::Duration::ZERO) }
}

/// Effects as words.
fn show(effects: &[Effect]) -> String {
    let word = |effect: &Effect| match effect {
        Effect::CallModel { turn, .. } => format!("model{turn}"),
        Effect::Compact { turn, .. } => format!("compact{turn}"),
        Effect::StopModel => "stop".to_owned(),
        Effect::RunTool { call, .. } => format!("run-{}", call.id),
        Effect::StopTool { call_id } => format!("stop-{call_id}"),
        Effect::SetTimer { .. } => "timer".to_owned(),
        other => format!("{other:?}"),
    };
    effects.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A gate after event 10.
fn gate(required: usize) -> Gate {
    Gate::new(required, at(10))
}

fn commit(gate: &mut Gate, last: u64, effects: impl IntoIterator<Item = Effect>) -> String {
    show(&gate.commit(Seq(last), effects))
}

fn ack(gate: &mut Gate, client: &str, seq: u64) -> String {
    show(&gate.ack(client, at(seq)).unwrap())
}

#[test]
fn without_required_acknowledgements_nothing_waits() {
    let mut gate = gate(0);
    assert_eq!(commit(&mut gate, 12, [set_timer(), call_model(1)]), "timer model1");
    assert_eq!(commit(&mut gate, 14, [run_tool("a"), Effect::StopModel]), "run-a stop");
    assert_eq!((gate.durable(), gate.is_behind(), gate.is_short()), (Seq(14), false, false));
}

#[test]
fn what_touches_the_world_waits_until_enough_hold_its_events() {
    let mut gate = gate(2);
    assert_eq!(commit(&mut gate, 12, [set_timer(), call_model(1)]), "timer");
    assert_eq!(
        commit(&mut gate, 13, [Effect::Compact { run: RunId::from_u128(1), turn: 2, keep: String::new() }]),
        ""
    );
    assert_eq!(commit(&mut gate, 15, [run_tool("a"), run_tool("b")]), "");
    assert_eq!(ack(&mut gate, "x", 15), "", "one is not two");
    assert_eq!(ack(&mut gate, "x", 15), "", "nor is the same one twice");
    assert_eq!(ack(&mut gate, "y", 11), "", "a part of a decision is not the decision");
    assert!(gate.durable() == Seq(11) && gate.is_behind());
    assert_eq!(ack(&mut gate, "y", 14), "model1 compact2");
    assert_eq!(ack(&mut gate, "z", 15), "run-a run-b", "any two");
    assert_eq!(commit(&mut gate, 15, [run_tool("c")]), "run-c", "nothing new to wait for");
}

#[test]
fn what_changes_nothing_waits_only_for_its_turn() {
    let mut gate = gate(1);
    assert_eq!(commit(&mut gate, 12, [read("a"), read("b")]), "run-a run-b");
    assert_eq!(commit(&mut gate, 14, [read("c"), run_tool("d"), read("e"), stop_tool("d")]), "run-c");
    assert_eq!(commit(&mut gate, 15, [run_tool("f")]), "", "it changes something");
    assert_eq!(commit(&mut gate, 16, [read("g")]), "", "it may read what the one before it writes");
    assert_eq!(ack(&mut gate, "x", 15), "run-e run-f");
    assert_eq!(ack(&mut gate, "x", 16), "run-g");
    assert_eq!(commit(&mut gate, 17, [call_model(1), read("h")]), "run-h", "the other is no call");
}

#[test]
fn what_stops_does_not_wait_and_takes_back_what_does() {
    let mut gate = gate(1);
    assert_eq!(commit(&mut gate, 12, [run_tool("a"), run_tool("b")]), "");
    assert_eq!(commit(&mut gate, 14, [stop_tool("a")]), "", "it never ran");
    assert_eq!(ack(&mut gate, "x", 14), "run-b");
    assert_eq!(commit(&mut gate, 16, [stop_tool("b")]), "stop-b", "it runs");
    assert_eq!(commit(&mut gate, 17, [call_model(1)]), "");
    assert_eq!(commit(&mut gate, 19, [Effect::StopModel, call_model(2)]), "");
    assert_eq!(ack(&mut gate, "x", 19), "model2");
    assert_eq!(commit(&mut gate, 20, [Effect::StopModel]), "stop");
}

#[test]
fn acknowledgements_of_others_and_of_the_past_change_nothing() {
    let mut gate = gate(1);
    assert_eq!(commit(&mut gate, 12, [call_model(1)]), "");
    assert_eq!(gate.ack("x", Position { epoch: EPOCH + 1, seq: Seq(99) }), Ok(vec![]));
    assert_eq!(ack(&mut gate, "x", 3), "");
    let beyond = gate.ack("x", at(13)).unwrap_err();
    assert_eq!((beyond.seq, beyond.committed), (Seq(13), Seq(12)));
    assert_eq!(gate.durable(), Seq(10));
    assert_eq!(ack(&mut gate, "x", 12), "model1");
    assert_eq!(ack(&mut gate, "x", 11), "");
    assert_eq!(gate.durable(), Seq(12));
}

#[test]
fn who_goes_away_keeps_what_it_acknowledged_and_nothing_else_goes_on() {
    let mut gate = gate(1);
    assert!(gate.is_short());
    gate.attached("x");
    assert!(!gate.is_short());
    assert_eq!(commit(&mut gate, 12, [call_model(1)]), "");
    assert_eq!(ack(&mut gate, "x", 12), "model1");
    gate.lost("x");
    assert!(gate.is_short());
    assert_eq!(gate.durable(), Seq(12));
    assert_eq!(commit(&mut gate, 13, [run_tool("a")]), "");
    gate.attached("x");
    assert_eq!(ack(&mut gate, "x", 13), "run-a");
}

#[test]
fn refusals() {
    let check = |refusal: Refusal, expected: Result<Verdict, BeyondCommitted>| {
        let mut gate = gate(1);
        let _ = gate.commit(Seq(20), []);
        gate.ack("x", at(12)).unwrap();
        assert_eq!(gate.nack("x", refusal), expected, "{refusal:?}");
    };
    let stop = RefusalReason::Final(StopReason::Fenced);
    let gap = |held| RefusalReason::Gap { held: Seq(held) };
    let of = |seq, reason| Refusal { at: at(seq), reason };
    check(of(15, stop), Ok(Verdict::Stop(StopReason::Fenced)));
    check(Refusal { at: Position { epoch: 3, seq: Seq(15) }, reason: stop }, Ok(Verdict::Ignore));
    for reason in [PauseReason::StorageFull, PauseReason::Unavailable] {
        check(of(15, RefusalReason::Later(reason)), Ok(Verdict::Pause { after: Seq(14), reason }));
    }
    check(of(15, gap(12)), Ok(Verdict::Resend { after: Seq(12) }));
    check(of(15, gap(17)), Ok(Verdict::Resend { after: Seq(14) }));
    check(of(15, gap(11)), Ok(Verdict::Stop(StopReason::HistoryLost)));
    let mut other = gate(1);
    let _ = other.commit(Seq(20), []);
    assert_eq!(other.nack("y", of(15, gap(0))), Ok(Verdict::Resend { after: Seq(0) }));
    assert!(other.nack("y", of(21, stop)).is_err());
}

#[derive(Debug, Clone)]
enum Step {
    /// So many events, and effects.
    Commit(u64, Vec<Effect>),
    /// A client, and how far behind the last event it is.
    Ack(usize, u64),
    Lost(usize),
    Attached(usize),
}

fn effects() -> impl Strategy<Value = Vec<Effect>> {
    let id = prop_oneof![Just("a"), Just("b"), Just("c")];
    let effect = prop_oneof![
        (1..4_u32).prop_map(call_model),
        (1..4_u32).prop_map(|turn| Effect::Compact { run: RunId::from_u128(1), turn, keep: String::new() }),
        Just(Effect::StopModel),
        id.clone().prop_map(run_tool),
        id.clone().prop_map(read),
        id.prop_map(stop_tool),
        Just(set_timer()),
    ];
    vec(effect, 0..4)
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..4_u64, effects()).prop_map(|(count, effects)| Step::Commit(count, effects)),
        4 => (0..3_usize, 0..6_u64).prop_map(|(client, behind)| Step::Ack(client, behind)),
        1 => (0..3_usize).prop_map(Step::Lost),
        1 => (0..3_usize).prop_map(Step::Attached),
    ];
    vec(step, 0..40)
}

/// The same as prose: everything is remembered, and everything is looked for anew.
#[derive(Default)]
struct Naive {
    required: usize,
    last: u64,
    acked: [u64; 3],
    /// Every gated effect that waits.
    waiting: Vec<(u64, Effect)>,
}

impl Naive {
    fn is_durable(&self, seq: u64) -> bool {
        seq <= 10 || self.acked.iter().filter(|acked| **acked >= seq).count() >= self.required
    }

    fn released(&mut self) -> Vec<Effect> {
        let (free, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|(last, _)| self.is_durable(*last));
        self.waiting = waiting;
        let free: Vec<(u64, Effect)> = free;
        free.into_iter().map(|(_, effect)| effect).collect()
    }

    fn commit(&mut self, count: u64, effects: &[Effect]) -> Vec<Effect> {
        self.last += count;
        let mut released = Vec::new();
        for effect in effects {
            let before = self.waiting.len();
            match effect {
                Effect::StopModel => {
                    self.waiting.retain(|(_, other)| matches!(other, Effect::RunTool { .. }))
                }
                Effect::StopTool { call_id } => self.waiting.retain(
                    |(_, other)| !matches!(other, Effect::RunTool { call, .. } if call.id == *call_id),
                ),
                Effect::SetTimer { .. } => {}
                _ if self.is_durable(self.last) => {}
                Effect::RunTool { at_once: true, .. }
                    if !self.waiting.iter().any(|(_, other)| matches!(other, Effect::RunTool { .. })) => {}
                _ => {
                    self.waiting.push((self.last, effect.clone()));
                    continue;
                }
            }
            if self.waiting.len() == before {
                released.push(effect.clone());
            }
        }
        released
    }
}

proptest! {
    #[test]
    fn it_does_what_the_naive_one_does(required in 0..4_usize, steps in steps(), late in any::<bool>()) {
        let mut gate = gate(required);
        let mut naive = Naive { required, last: 10, ..Naive::default() };
        let clients = ["x", "y", "z"];
        for step in steps {
            let (found, expected) = match step {
                Step::Commit(count, effects) => {
                    let last = naive.last + count;
                    (gate.commit(Seq(last), effects.clone()), naive.commit(count, &effects))
                }
                Step::Ack(client, behind) => {
                    let seq = naive.last.saturating_sub(behind);
                    // A position that is late or another writer's says nothing.
                    let epoch = if late && behind == 5 { 0 } else { EPOCH };
                    if epoch == EPOCH {
                        naive.acked[client] = naive.acked[client].max(seq);
                    }
                    let found = gate.ack(clients[client], Position { epoch, seq: Seq(seq) }).unwrap();
                    (found, naive.released())
                }
                Step::Lost(client) => {
                    gate.lost(clients[client]);
                    (Vec::new(), Vec::new())
                }
                Step::Attached(client) => {
                    gate.attached(clients[client]);
                    (Vec::new(), Vec::new())
                }
            };
            prop_assert_eq!(show(&found), show(&expected));
            prop_assert_eq!(gate.is_behind(), !naive.is_durable(naive.last));
            let durable = (10..=naive.last).rev().find(|seq| naive.is_durable(*seq)).unwrap();
            prop_assert_eq!(gate.durable(), Seq(durable));
        }
    }
}
