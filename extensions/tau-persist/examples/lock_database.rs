//! Keeps a database locked until its input ends. Tests run it.
//!
//! Arguments: the database file, and `write` to keep others from writing, or `exclusive` to have it to itself.

use std::error::Error;
use std::io::{Read as _, Write as _};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, how] = &arguments[..] else { return Err("usage: lock_database DATABASE HOW".into()) };
    let connection = rusqlite::Connection::open(database)?;
    if how == "exclusive" {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    connection.execute_batch("BEGIN IMMEDIATE; UPDATE session SET updated = updated")?;
    writeln!(std::io::stdout(), "locked")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(connection.execute_batch("ROLLBACK")?)
}
