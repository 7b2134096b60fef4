//! The floor of durability: a file that grows by two pages a turn, each synced before the next.
//!
//! A turn waits twice: before its tools run and before the model is asked again.

use std::fs::File;
use std::io::Write;
use std::time::Instant;

use super::{Measured, Moment};
use crate::{cpu, scratch};

/// About what a turn's events take in the log of a database.
const PAGE: [u8; 4_096] = [1; 4_096];

pub(super) fn run(turns: u32) -> anyhow::Result<Measured> {
    let folder = scratch::folder()?;
    let mut file = File::create(folder.path().join("log"))?;
    let (start, mut at_turn) = (Instant::now(), Vec::new());
    for _ in 0..turns {
        for _ in 0..2 {
            file.write_all(&PAGE)?;
            file.sync_data()?;
        }
        at_turn.push(Moment { wall: start.elapsed(), cpu: cpu::own_time() });
    }
    Ok(Measured { at_turn })
}
