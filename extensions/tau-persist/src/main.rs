//! Looks after a store of sessions from the command line: checks, lists, exports, imports and cleans it.
//!
//! It attaches to no runtime.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::run()
}
