//! Clients that mean no good: requests that are malformed, and floods.

mod attack;
mod bodies;
mod bombs;
mod call;
mod case;
mod floods;
mod good;
mod judge;
mod malformed;
mod methods;

use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};

/// Abuse a running server: malformed requests and floods
///
/// Everything is seeded, so a run can be repeated. Takes minutes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(subcommand)]
    abuse: Option<Abuse>,
}

#[derive(Debug, Subcommand)]
enum Abuse {
    Malformed(malformed::Options),
    Floods(floods::Options),
    /// One attacker in a process of its own
    #[command(hide = true)]
    Attack(attack::Options),
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let is_good = match &args.abuse {
        Some(Abuse::Malformed(options)) => malformed::run(options).await?,
        Some(Abuse::Floods(options)) => floods::run(options).await?,
        Some(Abuse::Attack(options)) => return attack::run(options).await,
        None => {
            let survived = malformed::run(&malformed::Options::default()).await?;
            floods::run(&floods::Options::default()).await? && survived
        }
    };
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
