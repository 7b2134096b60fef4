//! The bytes of requests: what was sent stays, so that providers' prompt caches hold it.

use proptest::prelude::*;
use proptest::sample::Index;
use tau_agent::{ChatRequest, WireCache};
use tau_core::event::{CancelScope, Event, Seq};
use tau_core::{ContentBlock, ToolDefinition};
use tau_runtime::kernel::State;

use super::support::{Running, change, look};

/// How a turn goes.
#[derive(Debug, Clone)]
enum Turn {
    Words(String),
    /// So many calls, of both tools and of none, whose ids may repeat.
    Calls(Vec<(u8, bool)>),
    /// The answer breaks off in its middle.
    Broken,
    Cancel,
    /// Context comes while the model thinks; then words.
    Inject(String),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        3 => "\\PC{0,12}".prop_map(Turn::Words),
        5 => proptest::collection::vec((0..3_u8, any::<bool>()), 1..4).prop_map(Turn::Calls),
        1 => Just(Turn::Broken),
        1 => Just(Turn::Cancel),
        2 => "\\PC{1,12}".prop_map(|text| Turn::Inject(format!("!{text}"))),
    ]
}

/// A session of these turns; a new prompt whenever the run before is over.
async fn play(turns: Vec<Turn>) -> Running {
    let mut session = Running::new([look(), change()]);
    let mut is_on = false;
    for turn in turns {
        if !is_on {
            session.prompt("Go \"on\"\n").await;
        }
        let exchange = session.model.asked().await;
        is_on = false;
        match turn {
            Turn::Words(text) => exchange.text(&text),
            Turn::Inject(text) => {
                session.handle.inject([ContentBlock::text(text)]).await.unwrap();
                exchange.text("Noted.");
            }
            Turn::Calls(calls) => {
                let ids = ["", "call_0", "call_1"];
                let names = |pure: bool| if pure { "look" } else { "change" };
                let calls: Vec<_> =
                    calls.iter().map(|(id, pure)| (ids[usize::from(*id)], names(*pure), "{ }")).collect();
                exchange.call(&calls);
                is_on = true;
            }
            Turn::Broken => {
                exchange.say("Half");
                drop(exchange);
                session.model.asked().await.text("Whole.");
            }
            Turn::Cancel => {
                session.handle.cancel(CancelScope::Run).await.unwrap();
                exchange.given_up().await;
            }
        }
        if !is_on {
            session.until("run_finished").await;
        }
    }
    if is_on {
        session.model.asked().await.text("The end.");
        session.until("run_finished").await;
    }
    session
}

/// What ends the list of messages and the body.
const TAIL: &[u8] = b"]}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_begins_with_the_one_before(turns in proptest::collection::vec(turn(), 1..12), cut in any::<Index>()) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut session = play(turns).await;
            let bodies = session.model.bodies.clone();
            for pair in bodies.windows(2) {
                let kept = pair[0].strip_suffix(TAIL).expect("messages stand last");
                prop_assert!(
                    pair[1].starts_with(kept),
                    "{}\nis not begun by\n{}", String::from_utf8_lossy(&pair[1]), String::from_utf8_lossy(kept)
                );
            }

            // A session that is taken up from its journal sends the same bytes again, at any request.
            let at = cut.index(bodies.len());
            let journal: Vec<Event> = session
                .handle
                .events(Seq::default())
                .iter()
                .map(|event| serde_json::from_str(&serde_json::to_string(&**event).unwrap()).unwrap())
                .collect();
            let mut state = State::default();
            let mut requests = 0;
            for event in &journal {
                state.apply(&event.body);
                requests += usize::from(event.body.kind() == "model_requested");
                if requests > at {
                    break;
                }
            }
            let config = state.config().unwrap();
            let tools: Vec<ToolDefinition> = config.tools.iter().map(|spec| spec.definition.clone()).collect();
            let request =
                ChatRequest::new(state.history().messages()).with_system(&config.system).with_tools(&tools);
            let stream = session.model.agent.stream(request, &mut WireCache::default());
            let reading = tokio::spawn(futures::StreamExt::collect::<Vec<_>>(stream));
            let again = session.model.asked().await;
            prop_assert_eq!(String::from_utf8_lossy(&again.body), String::from_utf8_lossy(&bodies[at]));
            reading.abort();
            Ok(())
        })?;
    }
}
