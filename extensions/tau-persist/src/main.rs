//! A store of sessions as a program: keeps the sessions of a server, and checks, lists, exports, imports and cleans them.

mod program;

use std::process::ExitCode;

fn main() -> ExitCode {
    program::run()
}
