//! The interface: calls, streams, subscribers, idle sessions, and the start of a server.
//!
//! The server is a process of its own with one thread, so that this process, its client, has the other core of a small
//! machine. Its model is in its process too and has every word ready, so what is measured is all that lies between a
//! model's bytes and a caller.

mod idle;
mod served;
mod start;
mod streaming;
mod subscribers;
mod unary;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(crate) use unary::Latency;

/// A word that the model says.
pub(crate) const WORD: &str = "word, ";

/// The session of messages that are no session's.
pub(crate) const NOBODY: &str = "01234567-89ab-7cde-8f01-23456789abcd";

/// Words before those that are measured.
pub(crate) const WARM_UP: u64 = 10_000;

/// What it took to stream.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// Words that came.
    pub(crate) events: u64,
    /// Words that passed a subscriber by because it was too slow.
    pub(crate) lost: u64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark, far below 2^52")]
impl Flow {
    fn per_second(&self) -> f64 {
        self.events as f64 / self.wall.as_secs_f64()
    }

    fn per_core(&self) -> f64 {
        self.events as f64 / self.cpu.as_secs_f64()
    }

    /// CPU of a word that came, in nanoseconds.
    fn nanoseconds(&self) -> f64 {
        1e9 / self.per_core()
    }

    fn lost(&self) -> f64 {
        self.lost as f64 / (self.events + self.lost) as f64
    }
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        unary::bench(pairs).await?;
        streaming::bench(pairs).await?;
        subscribers::bench(pairs).await?;
        idle::bench().await?;
        start::bench(pairs).await
    })
}
