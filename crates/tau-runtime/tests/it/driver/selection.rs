//! Journals of some sessions: what they are sent, and whose gates they open.

use std::collections::BTreeMap;
use std::time::Duration;

use tau_core::ContentBlock;
use tau_proto::runtime::v1::{FencedReason, SessionSelector, SubagentScope, extension_role::Role};
use tau_runtime::{Durability, Journals, Session, SessionErrorKind, SessionOptions, loop_tools};

use super::journal::{Journal, a_moment, hello_for, position, team, waits_for};
use super::model::Model;
use super::support::{Running, in_time, options};

/// A session of a team that waits for one journal.
fn of_team(name: &str, journals: &Journals) -> Running {
    let (wait, name) = (waits_for(1, journals), name.to_owned());
    Running::with([], move |options: &mut SessionOptions| {
        wait(options);
        options.config.metadata = BTreeMap::from([("team".to_owned(), name)]);
    })
}

async fn journal_for(journals: &Journals, client: &str, selector: SessionSelector) -> Journal {
    Journal::attach_with(journals, hello_for(client, selector)).await
}

#[tokio::test(start_paused = true)]
async fn a_journal_is_sent_the_sessions_that_it_selects() {
    let journals = Journals::default();
    let mut red = journal_for(&journals, "red", team("red")).await;
    let mut all = journal_for(&journals, "all", SessionSelector::default()).await;
    let (red_one, blue_one) = (of_team("red", &journals), of_team("blue", &journals));
    // One that comes later is sent what there was.
    let mut blue = journal_for(&journals, "blue", team("blue")).await;
    let (red_id, blue_id) =
        (red_one.handle.session_id().to_string(), blue_one.handle.session_id().to_string());
    red.take("session_created").await;
    blue.take("session_created").await;
    all.append().await;
    all.append().await;
    red.hears_nothing().await;
    blue.hears_nothing().await;
    let ids = |journal: &Journal| -> Vec<String> {
        journal.events.iter().map(|event| event.session_id.clone()).collect()
    };
    assert_eq!((ids(&red), ids(&blue)), (vec![red_id.clone()], vec![blue_id.clone()]));
    let mut both = ids(&all);
    both.sort();
    let mut expected = vec![red_id, blue_id];
    expected.sort();
    assert_eq!(both, expected);
}

#[tokio::test(start_paused = true)]
async fn only_journals_that_select_a_session_open_its_gate() {
    let journals = Journals::default();
    let _red = journal_for(&journals, "red", team("red")).await;
    let mut session = of_team("blue", &journals);
    let began = tokio::time::Instant::now();
    let handle = session.handle.clone();
    let prompt = tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    // Nobody who takes the session is there, so nothing starts and it ends when its grace is over.
    let end = tokio::time::timeout(Duration::from_secs(40), session.task).await;
    let error = end.unwrap().unwrap().unwrap_err();
    assert_eq!((error.kind(), began.elapsed()), (SessionErrorKind::JournalLost, Duration::from_secs(30)));
    assert!(session.model.is_left_alone() && in_time(prompt).await.unwrap().is_err());

    let mut session = of_team("blue", &journals);
    let handle = session.handle.clone();
    let prompt = tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    let mut blue = journal_for(&journals, "blue", team("blue")).await;
    blue.take("model_requested").await;
    session.model.asked().await.text("Hello.");
    in_time(prompt).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_comes_back_for_other_sessions_speaks_for_those_alone() {
    let journals = Journals::default();
    let mut journal = journal_for(&journals, "store", SessionSelector::default()).await;
    let mut session = of_team("blue", &journals);
    journal.take("session_created").await;
    session.until("session_created").await;
    let held = position(&journal.events[0]);
    let handle = session.handle.clone();
    let asked = tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    let requested = journal.until("model_requested").await;
    journal.crash().await;

    let mut hello = hello_for("store", team("red"));
    let Some(Role::Journal(role)) = &mut hello.roles[0].role else { panic!("it is a journal") };
    role.positions = vec![held];
    let mut journal = Journal::attach_with(&journals, hello).await;
    assert_eq!(journal.fenced().await.reason.as_known(), Some(FencedReason::NotRunning));
    assert_eq!(session.until("~ Paused").await.last().unwrap(), "~ Paused { reason: JournalLost }");
    journal.hears_nothing().await;
    // It was sent that before, and is not heard of it now.
    journal.ack(&requested).await;
    a_moment().await;
    assert!(!asked.is_finished() && !journal.attachment.is_finished());
    assert!(session.model.is_left_alone());
    journal.crash().await;
    let mut journal = journal_for(&journals, "store", team("blue")).await;
    journal.take("model_requested").await;
    let _exchange = session.model.asked().await;
    in_time(asked).await.unwrap().unwrap();
}

/// A session that ends for its journals is nobody else's business.
#[tokio::test(start_paused = true)]
async fn only_those_that_follow_a_session_are_told_of_its_end() {
    let journals = Journals::default();
    let mut red = journal_for(&journals, "red", team("red")).await;
    let mut blue = journal_for(&journals, "blue", team("blue")).await;
    let first = of_team("red", &journals);
    let event = red.take("session_created").await;
    let id: tau_core::SessionId = event.session_id.parse().unwrap();
    let model = Model::new();
    let mut again = options(&model, []);
    again.config.metadata = BTreeMap::from([("team".to_owned(), "red".to_owned())]);
    let mut durability = Durability::default();
    (durability.session, durability.epoch) = (Some(id), Some(2));
    durability.journals = Some(journals.clone());
    again.durability = durability;
    let (_session, _handle) = Session::new(again);
    assert_eq!(red.fenced().await.reason.as_known(), Some(FencedReason::Superseded));
    in_time(first.task).await.unwrap().unwrap_err();
    blue.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn subagents_are_of_their_sessions_team_unless_they_are_left_out() {
    let journals = Journals::default();
    let mut with = journal_for(&journals, "with", team("red")).await;
    let alone = SessionSelector { subagents: SubagentScope::Excluded.into(), ..team("red") };
    let mut alone = journal_for(&journals, "alone", alone).await;
    let wait = waits_for(0, &journals);
    let mut session = Running::with([], move |options: &mut SessionOptions| {
        wait(options);
        options.config.metadata = BTreeMap::from([("team".to_owned(), "red".to_owned())]);
        options.config.tools = vec![loop_tools::task(&BTreeMap::new())];
    });
    session.prompt("Delegate.").await;
    session.model.asked().await.call(&[("a", "task", r#"{"prompt":"Look around"}"#)]);
    session.model.asked().await.text("Looked.");
    session.model.asked().await.text("Done.");
    session.until("run_finished").await;
    let top = session.handle.session_id().to_string();
    let mut sessions = std::collections::BTreeSet::new();
    while sessions.len() < 2 {
        sessions.extend(with.append().await.into_iter().map(|event| event.session_id));
    }
    assert!(sessions.contains(&top));
    alone.until("run_finished").await;
    alone.hears_nothing().await;
    assert!(alone.events.iter().all(|event| event.session_id == top));
}
