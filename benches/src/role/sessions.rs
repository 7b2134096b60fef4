//! Many sessions at the same time.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::bare::Bare;
use super::tau::Tau;
use super::{Who, durable};
use crate::cpu;

/// What all sessions together cost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Crowd {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// Bytes that the process held more at the end, when every session was idle.
    pub(crate) memory: u64,
}

pub(super) async fn run(who: Who, base_url: &str, turns: u32, sessions: usize) -> anyhow::Result<Crowd> {
    match who {
        Who::Bare => {
            let bare = Bare::new(base_url)?;
            measure(sessions, || {
                let bare = bare.clone();
                async move { bare.session(turns, || ()).await }
            })
            .await
        }
        Who::Bytes => anyhow::bail!("bytes are sent by one session alone"),
        Who::Tau => taken_by(Tau::new(base_url)?, turns, sessions).await,
        Who::Durable => {
            let database = durable::attach()?;
            let tau = Tau::new(base_url)?.with_durability(database.durability.clone());
            taken_by(tau, turns, sessions).await
        }
    }
}

async fn taken_by(tau: Tau, turns: u32, sessions: usize) -> anyhow::Result<Crowd> {
    measure(sessions, || {
        let tau = tau.clone();
        async move { tau.session(turns, || ()).await }
    })
    .await
}

async fn measure<S, F>(sessions: usize, begin: impl Fn() -> F) -> anyhow::Result<Crowd>
where
    S: Send + 'static,
    F: Future<Output = anyhow::Result<S>> + Send + 'static,
{
    // What a process needs once is paid for by a session that is not counted.
    let first = begin().await?;
    let (memory, cpu, start) = (cpu::own_memory()?, cpu::own_time(), Instant::now());
    let mut tasks = JoinSet::new();
    (0..sessions).for_each(|_| drop(tasks.spawn(begin())));
    let mut idle = Vec::with_capacity(sessions);
    while let Some(session) = tasks.join_next().await {
        idle.push(session??);
    }
    let (wall, cpu) = (start.elapsed(), cpu::own_time().saturating_sub(cpu));
    let memory = cpu::own_memory()?.saturating_sub(memory);
    drop((first, idle));
    Ok(Crowd { wall, cpu, memory })
}
