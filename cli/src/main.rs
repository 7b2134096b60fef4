//! The `tau` command line.
//!
//! It is an edge: it reads the environment, the files of configuration and the terminal, and puts the libraries
//! together. What an agent is and does is theirs.

mod args;
mod commands;
mod config;
mod environment;
mod equip;
mod exit;
mod follow;
mod git;
mod host;
mod html;
mod interrupt;
mod knowledge;
mod mcp;
mod memory_tool;
mod output;
mod project;
mod record;
mod remote;
mod rpc;
mod sandbox;
mod serve;
mod session;
mod store;
mod token;
mod transcript;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, ConfigCommand, McpCommand, ModelsCommand, PermissionsCommand, ReplayCommand};
use exit::Exit;

fn main() -> ExitCode {
    // This program is also the init of its sandboxes, which has to be known before there is a second thread.
    tau_sandbox::enter_if_helper();
    if let Some(code) = mcp::guard() {
        return code;
    }
    show_errors_as_written();
    let cli = Cli::parse();
    let server = &cli.server;
    let result = match cli.command {
        Command::Run(args) => on_runtime(commands::run::run(*args, server)),
        Command::Resume(args) => on_runtime(commands::resume::resume(*args, server)),
        Command::Fork(args) => on_runtime(commands::fork::fork(args, server)),
        Command::Rewind(args) => on_runtime(commands::rewind::rewind(args, server)),
        Command::Undo(args) => on_runtime(commands::undo::undo(args, server)),
        Command::Sessions(args) => on_runtime(commands::sessions::run(args, server)),
        Command::Graph(args) => on_runtime(commands::graph::run(*args, server)),
        Command::Serve(mut args) => {
            // An argument of every command that has another meaning here.
            args.token_file = args.token_file.or_else(|| server.token_file.clone());
            on_many_threads(commands::serve::serve(*args))
        }
        Command::Attach(args) => on_runtime(commands::attach::attach(args, server)),
        Command::Rpc(args) => on_runtime(commands::rpc::rpc(args, server)),
        Command::Replay(ReplayCommand::Verify(args)) => on_runtime(commands::replay::verify(args)),
        Command::Models(ModelsCommand::List(args)) => on_runtime(commands::models::list(args)),
        Command::Models(ModelsCommand::Test(args)) => on_runtime(commands::models::test(args)),
        Command::Mcp(command) => on_mcp(command),
        Command::Config(ConfigCommand::Show(args)) => commands::config::show(&args),
        Command::Config(ConfigCommand::Check(args)) => commands::config::check(&args),
        Command::Permissions(PermissionsCommand::Explain(args)) => commands::permissions::explain(&args),
        Command::Permissions(PermissionsCommand::Check(args)) => commands::permissions::check(&args),
        Command::Skills(command) => commands::skills::run(&command),
        Command::Plugin(command) => on_runtime(commands::plugin::run(command)),
        Command::Memory(command) => commands::memory::run(&command),
        Command::Trust(args) => commands::trust::trust(&args),
        Command::Doctor(args) => on_runtime(commands::doctor::doctor(args)),
        Command::Schema(args) => Ok(commands::schema::print(&args)),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(report) => {
            anstream::eprintln!("{report:?}");
            exit::of_report(&report).into()
        }
    }
}

fn on_mcp(command: McpCommand) -> miette::Result<Exit> {
    match command {
        McpCommand::Add(args) => commands::mcp::add(&args),
        McpCommand::List(args) => commands::mcp::list(&args),
        McpCommand::Test(args) => on_runtime(commands::mcp::test(args)),
        McpCommand::Auth(args) => on_runtime(commands::mcp::auth(args)),
        McpCommand::Remove(args) => commands::mcp::remove(&args),
    }
}

/// Errors hold commands and paths, which no line break may tear.
fn show_errors_as_written() {
    let hook = miette::set_hook(Box::new(|_| {
        let options = miette::MietteHandlerOpts::new().wrap_lines(false);
        Box::new(options.build())
    }));
    debug_assert!(hook.is_ok(), "nothing has set a hook before");
}

/// Callers are served beside each other.
fn on_many_threads(work: impl Future<Output = miette::Result<Exit>>) -> miette::Result<Exit> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    on(&mut builder, work)
}

/// One thread does everything: a session is one task, and what blocks has threads of its own.
fn on_runtime(work: impl Future<Output = miette::Result<Exit>>) -> miette::Result<Exit> {
    on(&mut tokio::runtime::Builder::new_current_thread(), work)
}

fn on(
    builder: &mut tokio::runtime::Builder,
    work: impl Future<Output = miette::Result<Exit>>,
) -> miette::Result<Exit> {
    let runtime = builder
        .enable_all()
        .build()
        .map_err(|error| miette::miette!("the asynchronous runtime could not start: {error}"))?;
    let result = runtime.block_on(async {
        let result = work.await;
        mcp::shutdown().await;
        result
    });
    // A thread that still waits for a pipe must not hold the exit up.
    runtime.shutdown_background();
    result
}
