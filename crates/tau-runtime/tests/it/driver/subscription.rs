//! Following a session, fast and slow.

use tau_core::event::Seq;
use tau_runtime::{Delta, Subscription, Update};

use super::support::{Running, in_time, look, show};

/// More than a subscriber may lag behind.
const MANY: usize = 3_000;

async fn rest(mut updates: Subscription) -> Vec<Update> {
    let mut all = Vec::new();
    while let Some(update) = in_time(updates.next()).await {
        all.push(update);
    }
    all
}

fn seqs(updates: &[Update]) -> Vec<u64> {
    let events = updates.iter().filter_map(|update| match update {
        Update::Event(event) => Some(event.header.seq.0),
        _ => None,
    });
    events.collect()
}

/// Two turns with many words in each.
async fn talk(session: &mut Running) {
    session.prompt("Talk").await;
    for (turn, tail) in ["tool_calls", "stop"].into_iter().enumerate() {
        let exchange = session.model.asked().await;
        (0..MANY).for_each(|word| exchange.say(&format!("{turn}:{word}")));
        if tail == "tool_calls" {
            exchange.call(&[("a", "look", "{}")]);
        } else {
            exchange.finish(tail);
        }
    }
    session.until("run_finished").await;
    session.shutdown.cancel();
    in_time(&mut session.task).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_subscriber_misses_deltas_and_no_event() {
    let mut session = Running::new([look()]);
    let slow = session.handle.subscribe(Seq::default());
    talk(&mut session).await;
    let updates = rest(slow).await;

    let last = session.handle.events(Seq::default()).len() as u64;
    assert_eq!(seqs(&updates), (1..=last).collect::<Vec<_>>(), "every event once and in order");
    let missed: u64 =
        updates.iter().map(|update| if let Update::Lagged(missed) = update { *missed } else { 0 }).sum();
    assert!(missed > 0, "it was slow");

    // Deltas stand where they came: after the request that they answer and before the reply that holds them.
    let mut turn = None;
    let mut heard = 0;
    for update in &updates {
        match update {
            Update::Event(event) => match event.body.kind() {
                "model_requested" => turn = Some(turn.map_or(0, |turn: usize| turn + 1)),
                "run_finished" => turn = None,
                _ => {}
            },
            Update::Delta(Delta::Text(text)) => {
                let of: usize = text.split(':').next().unwrap().parse().unwrap();
                assert_eq!(Some(of), turn, "{text} out of its turn");
                heard += 1;
            }
            _ => {}
        }
    }
    assert!(heard > 0 && heard < 2 * MANY, "{heard}");
    let kinds: Vec<String> = updates.iter().map(show).filter(|line| !line.starts_with('~')).collect();
    let replied = kinds.iter().position(|line| line == "model_replied 2").unwrap();
    let position = updates.iter().position(|update| show(update) == kinds[replied]).unwrap();
    assert!(
        !updates[position..].iter().any(|update| matches!(update, Update::Delta(_))),
        "none after the reply"
    );
}

#[tokio::test(start_paused = true)]
async fn a_fast_subscriber_misses_nothing() {
    let mut session = Running::new([look()]);
    let fast = tokio::spawn(rest(session.handle.subscribe(Seq::default())));
    talk(&mut session).await;
    let lines: Vec<String> = in_time(fast).await.unwrap().iter().map(show).collect();
    assert!(!lines.iter().any(|line| line.starts_with("lagged")));
    let words = lines.iter().filter(|line| line.starts_with("~ text")).count();
    assert_eq!(words, 2 * MANY);
}

#[tokio::test(start_paused = true)]
async fn from_any_place_the_rest_is_told() {
    let mut session = Running::new([look()]);
    session.small_talk().await;
    let half = session.handle.subscribe(Seq(3));
    let ahead = session.handle.subscribe(Seq(8));
    session.small_talk().await;
    let last = session.handle.events(Seq::default()).len() as u64;
    let late = session.handle.subscribe(Seq(last));
    session.shutdown.cancel();
    in_time(session.task).await.unwrap().unwrap();

    let half = rest(half).await;
    assert_eq!(seqs(&half), (4..=last).collect::<Vec<_>>());
    assert!(
        half.iter().any(|update| matches!(update, Update::Delta(_))),
        "what came after it began to listen"
    );
    assert_eq!(seqs(&rest(ahead).await), (9..=last).collect::<Vec<_>>(), "a place that was not reached yet");
    assert_eq!(seqs(&rest(late).await), Vec::<u64>::new());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_loses_nothing() {
    let mut session = Running::new([]);
    session.until("session_created").await;
    for _ in 0..3 {
        // Polled once and dropped.
        let nothing = futures::FutureExt::now_or_never(session.updates.next());
        assert!(nothing.is_none());
    }
    session.small_talk().await;
    let events = session.handle.events(Seq::default());
    assert_eq!(events.len(), 6);
}
