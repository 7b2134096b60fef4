//! An orderly end.

use std::time::Duration;

use tau_core::{ContentBlock, SessionId};
use tau_runtime::SessionEnd;
use tau_runtime::runtime::{Beginning, DurabilityChoice, LiveSession, NewSession, RuntimeError};

use super::support::Process;
use crate::driver::support::in_time;

async fn create(process: &Process, id: u128) -> Result<LiveSession, RuntimeError> {
    let request = NewSession::new(SessionId::from_u128(id));
    in_time(process.runtime.create(request, Beginning::Nothing, DurabilityChoice::default())).await
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_what_is_on_and_takes_nothing_new() {
    let mut process = Process::new();
    let (idle, busy) = (create(&process, 1).await.unwrap(), create(&process, 2).await.unwrap());
    in_time(busy.handle().prompt([ContentBlock::text("Hi")])).await.unwrap();
    let asked = process.model.asked().await;

    let runtime = process.runtime.clone();
    let drain = tokio::spawn(async move { runtime.drain(Duration::from_secs(20)).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!drain.is_finished());
    assert!(matches!(create(&process, 3).await, Err(RuntimeError::Draining)));
    asked.text("Hello.");
    let drained = in_time(drain).await.unwrap();
    assert_eq!((drained.released, drained.interrupted), (2, 0));
    for session in [idle, busy] {
        assert!(matches!(in_time(session.ended()).await, Ok(SessionEnd::Shutdown)));
        assert!(!session.handle().overview().has_work());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_is_left_where_it_stands() {
    let mut process = Process::new();
    let busy = create(&process, 2).await.unwrap();
    in_time(busy.handle().prompt([ContentBlock::text("Hi")])).await.unwrap();
    let _asked = process.model.asked().await;
    let drained = in_time(process.runtime.drain(Duration::from_secs(5))).await;
    assert_eq!((drained.released, drained.interrupted), (0, 1));
    assert!(busy.handle().overview().has_work(), "whoever resumes it goes on with it");
    assert_eq!(process.runtime.live().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_go_of_what_is_still_being_made() {
    let process = Process::new();
    *process.store.delay.lock().unwrap() = Duration::from_secs(1);
    let late = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        process.runtime.drain(Duration::ZERO).await;
        create(&process, 2).await
    };
    let (made, refused) = in_time(futures::future::join(create(&process, 1), late)).await;
    assert!(matches!(in_time(made.unwrap().ended()).await, Ok(SessionEnd::Shutdown)));
    assert!(matches!(refused, Err(RuntimeError::Draining)));
    assert_eq!(process.runtime.live().len(), 0);
}
