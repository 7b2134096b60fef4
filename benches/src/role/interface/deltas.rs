//! What a session costs that streams to a subscriber in its own process.

use std::time::Instant;

use tau_core::ContentBlock;
use tau_core::event::{EventBody, Seq};
use tau_runtime::{Handle, Session, Subscription, Update};
use tokio_util::sync::CancellationToken;

use super::{model, tau};
use crate::cpu;
use crate::interface::{Flow, WARM_UP};

pub(crate) async fn run(words: u64) -> anyhow::Result<Flow> {
    let (session, handle) = Session::new(tau::options(model::agent()?)?);
    let mut updates = handle.subscribe(Seq::default());
    tokio::spawn(session.run(CancellationToken::new()));
    follow(&handle, &mut updates, WARM_UP).await?;
    let (cpu, start) = (cpu::own_time(), Instant::now());
    let (events, lost) = follow(&handle, &mut updates, words).await?;
    Ok(Flow { wall: start.elapsed(), cpu: cpu::own_time().saturating_sub(cpu), events, lost })
}

/// How many words came, and how many passed by.
async fn follow(handle: &Handle, updates: &mut Subscription, words: u64) -> anyhow::Result<(u64, u64)> {
    handle.prompt([ContentBlock::text(words.to_string())]).await?;
    let (mut events, mut lost) = (0, 0);
    while let Some(update) = updates.next().await {
        match update {
            Update::Delta(_) => events += 1,
            Update::Lagged(missed) => lost += missed,
            Update::Event(event) if matches!(event.body, EventBody::RunFinished { .. }) => {
                return Ok((events, lost));
            }
            _ => {}
        }
    }
    anyhow::bail!("the session ended before its run")
}
