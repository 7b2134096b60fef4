//! One session: where each of its turns ended.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::bare::Bare;
use super::tau::Tau;
use super::{Who, durable};
use crate::cpu;

/// The end of each turn.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) at_turn: Vec<Moment>,
}

/// Time since the start of the work, and CPU time since that of the process.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Moment {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

pub(super) async fn run(who: Who, base_url: &str, turns: u32) -> anyhow::Result<Measured> {
    let start = Instant::now();
    let mut at_turn = Vec::new();
    let done = || at_turn.push(Moment { wall: start.elapsed(), cpu: cpu::own_time() });
    match who {
        Who::Bare => drop(Bare::new(base_url)?.session(turns, done).await?),
        Who::Bytes => Bare::new(base_url)?.bytes(turns, done).await?,
        Who::Tau => drop(Tau::new(base_url)?.session(turns, done).await?),
        Who::Durable => {
            let database = durable::attach()?;
            let tau = Tau::new(base_url)?.with_durability(database.durability.clone());
            drop(tau.session(turns, done).await?);
        }
    }
    anyhow::ensure!(at_turn.len() == turns as usize, "{} turns instead of {turns}", at_turn.len());
    Ok(Measured { at_turn })
}
