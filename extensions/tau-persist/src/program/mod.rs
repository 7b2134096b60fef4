//! Arguments, and what each command does.

mod attach;
mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tau_client::Endpoint;

/// Keeps the sessions of a server, and looks after them.
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
    /// Keep the sessions of a server, until Ctrl-C
    ///
    /// The server is one such as `tau serve --require-journals 1`. After a loss it is attached to again, for as long as
    /// that takes. Standard error has a line for each change.
    Attach {
        /// The database file; made if there is none
        database: PathBuf,
        /// Where the server listens, as it says at its start: http://HOST:PORT, https://HOST:PORT or unix:FILE
        url: Endpoint,
        /// The file with the token that the server wants; read for each attachment
        #[arg(long, value_name = "FILE")]
        token_file: Option<PathBuf>,
        /// Under which name the server counts this store: always the same, and no other store's. Default: one made of
        /// the names of this machine and of the database
        #[arg(long, value_name = "ID")]
        client_id: Option<attach::ClientId>,
    },
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
        Command::Attach { database, url, token_file, client_id } => {
            attach::attach(&database, &url, token_file.as_deref(), client_id)
        }
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
