//! The program that becomes the init of a sandbox.

use std::path::{Path, PathBuf};

use crate::system;

/// The program that becomes the init of a sandbox: one whose `main` begins with
/// [`enter_if_helper`](crate::enter_if_helper).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    program: PathBuf,
}

impl Helper {
    /// This very program, also when its file has been replaced meanwhile.
    pub fn this_program() -> Self {
        Self { program: PathBuf::from("/proc/self/exe") }
    }

    /// Another program, such as the `tau-sandbox` that comes with this crate. An absolute path that nobody inside a
    /// sandbox can write.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Where the program is.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

/// Becomes the helper and never returns, if this program was started as one; otherwise does nothing. The first line of
/// `main`, before there is a second thread.
pub fn enter_if_helper() {
    system::enter_if_helper();
}
