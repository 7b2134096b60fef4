//! What a measured process does.

mod bare;
mod tau;

use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// One measured process.
#[derive(Debug, Args)]
pub(crate) struct Role {
    #[arg(value_enum)]
    pub(crate) who: Who,
    /// Where the server answers
    pub(crate) base_url: String,
    /// Turns to take
    pub(crate) turns: u32,
}

/// Who takes the turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Who {
    /// A bare reqwest loop
    Bare,
    /// A session of tau
    Tau,
}

impl Who {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Tau => "tau",
        }
    }
}

/// CPU time at the end of each turn, from the start of the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) at_turn: Vec<Duration>,
}

impl Role {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let at_turn = runtime.block_on(async {
            match self.who {
                Who::Bare => bare::run(&self.base_url, self.turns).await,
                Who::Tau => tau::run(&self.base_url, self.turns).await,
            }
        })?;
        println!("{}", serde_json::to_string(&Measured { at_turn })?);
        Ok(())
    }
}
