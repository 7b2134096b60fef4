//! Programs that are none of ours against the real one.

mod browser;
mod buf;
mod curl;
mod node;
mod packages;
mod python;
mod report;
mod skills;
mod tool;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args as ClapArgs, Subcommand};
use tokio::net::TcpListener;

use self::report::Report;
use crate::served::Served;

/// Prove the interface with clients that this project did not write
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// curl, Connect-ES, grpcio, our packages of npm and Python, buf curl and headless Chromium against `tau serve` with a
    /// scripted model
    ///
    /// Installs what the clients need (npm and pip) on the first run. A client that cannot be had is skipped, and the
    /// table says so.
    Interface {
        /// Leave out buf and the browser
        #[arg(long)]
        fast: bool,
    },
    /// `tau skills validate` and skills-ref, the reference validator of PyPI, about thousands of generated skills
    ///
    /// Prints every skill they disagree about.
    Skills(skills::Args),
    /// The server of these proofs, until Ctrl-C: prints its URL and the file with its token
    Serve,
}

pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    match &args.subject {
        Subject::Interface { fast } => interface(*fast).await,
        Subject::Skills(args) => skills::compare(args).await,
        Subject::Serve => serve().await,
    }
}

async fn interface(fast: bool) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    // The browser's page is of another origin, which the server must be told of before.
    let page = free_port().await?;
    let origin = format!("http://localhost:{page}");
    let served = Served::start(&["--allow-origin", &origin]).await?;
    let mut report = Report::default();
    curl::check(&served, &mut report).await;
    python::check(&served, &mut report).await;
    let node = node::check(&served, &mut report).await;
    packages::check(&served, &mut report).await;
    if fast {
        report.skip("buf curl", "left out: --fast");
        report.skip("Chromium", "left out: --fast");
    } else {
        buf::check(&served, &mut report, node.as_ref()).await;
        browser::check(&served, &mut report, node.as_ref(), page).await;
    }
    println!("\n{report}\nin {:.1} s", start.elapsed().as_secs_f64());
    Ok(if report.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn serve() -> anyhow::Result<ExitCode> {
    let mut served = Served::start(&[]).await?;
    println!("{} {}", served.url(), served.token_file.display());
    while served.lives() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    Ok(ExitCode::SUCCESS)
}

/// A port that nobody has now.
async fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}
