//! Arguments, and what each command does.

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Looks after a store of sessions.
///
/// Exit codes: 0 all is well; 1 damage was found; 2 the command failed.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the file, the blobs and every session's chain of hashes
    Verify {
        /// The database file
        database: PathBuf,
        /// Check this session alone
        #[arg(long)]
        session: Option<String>,
    },
    /// List sessions, the last written first
    List {
        /// The database file
        database: PathBuf,
        /// Show at most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Write a session as JSON Lines
    Export {
        /// The database file
        database: PathBuf,
        /// The session
        session: String,
        /// Write to a new file instead of standard output
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Read sessions that were exported
    Import {
        /// The database file; made if there is none
        database: PathBuf,
        /// The exported sessions
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Of a file that is damaged or cut off, read what is before the first line at fault
        #[arg(long)]
        salvage: bool,
    },
    /// Give back the room of what was deleted
    Vacuum {
        /// The database file
        database: PathBuf,
    },
}

/// Carries out what the arguments say.
pub(crate) fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Verify { database, session } => commands::verify(&database, session.as_deref()),
        Command::List { database, limit } => commands::list(&database, limit),
        Command::Export { database, session, output } => {
            commands::export(&database, &session, output.as_deref())
        }
        Command::Import { database, files, salvage: false } => commands::import(&database, &files),
        Command::Import { database, files, salvage: true } => commands::salvage(&database, &files),
        Command::Vacuum { database } => commands::vacuum(&database),
    };
    match result {
        Ok(commands::Found::Nothing) => ExitCode::SUCCESS,
        Ok(commands::Found::Damage) => ExitCode::from(1),
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(error) = source {
                text.push_str(&format!("\n  because: {error}"));
                source = error.source();
            }
            anstream::eprintln!("error: {text}");
            ExitCode::from(2)
        }
    }
}
