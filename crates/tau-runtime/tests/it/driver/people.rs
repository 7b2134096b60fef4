//! Questions, plans, and going back.

use tau_core::ToolCallId;
use tau_core::event::{EventBody, PlanAnswer, QuestionAnswer, Seq};
use tau_runtime::kernel::Rejection;
use tau_runtime::{HandleError, Head, loop_tools};

use super::support::{Running, look};

fn id(id: &str) -> ToolCallId {
    ToolCallId::new(id)
}

fn with_people() -> Running {
    Running::with([look()], |options| {
        options.config.tools = vec![loop_tools::ask_user(), loop_tools::propose_plan()];
    })
}

#[tokio::test(start_paused = true)]
async fn the_model_asks_and_is_answered() {
    let mut session = with_people();
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "ask_user", r#"{"question":"Which?"}"#)]);
    session.until("question_asked").await;
    let blue = || QuestionAnswer::Answer { text: "Blue".to_owned() };
    session.handle.answer_question(id("a"), blue()).await.unwrap();
    let asked = session.model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: Blue");
    let again = session.handle.answer_question(id("a"), blue()).await;
    assert_eq!(again, Err(HandleError::Rejected(Rejection::NotWaiting(id("a")))));
    asked.text("Blue it is");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_plan_waits_for_the_decision() {
    let mut session = with_people();
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "propose_plan", r#"{"plan":"1. Look"}"#)]);
    session.until("plan_proposed").await;
    session.handle.answer_plan(id("a"), PlanAnswer::Approve).await.unwrap();
    let asked = session.model.asked().await;
    assert_eq!(asked.messages().pop().unwrap(), "tool: The user approves the plan. Carry it out.");
    asked.text("Done");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_goes_back_and_on() {
    let mut session = with_people();
    session.prompt("First").await;
    session.model.asked().await.text("One");
    session.until("run_finished").await;
    let place = session.handle.events(Seq::default()).last().unwrap().header.seq;
    session.prompt("Second").await;
    let asked = session.model.asked().await;
    session.handle.rewind(place, Head::Any).await.unwrap();
    drop(asked);
    session.prompt("Third").await;
    let asked = session.model.asked().await;
    assert_eq!(asked.messages(), ["system: Be brief.", "user: First", "assistant: One", "user: Third"]);
    asked.text("Three");
    session.until("run_finished Completed").await;

    let beyond = session.handle.rewind(Seq(1_000), Head::Any).await;
    assert_eq!(beyond, Err(HandleError::Rejected(Rejection::NoSuchPlace(Seq(1_000)))));
    let kinds: Vec<_> = session.handle.events(Seq::default()).iter().map(|event| event.body.kind()).collect();
    assert!(
        kinds.contains(&"rewound") && kinds.iter().filter(|kind| **kind == "prompt_submitted").count() == 3
    );
    let rewound = session.handle.events(place);
    assert!(rewound.iter().any(|event| event.body == EventBody::Rewound { to: place }));
}
