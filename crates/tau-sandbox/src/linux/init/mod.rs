//! The helper program: a supervisor outside the namespaces, and the init inside that runs the commands.

mod accounting;
mod bubblewrap;
mod descendants;
mod inside;
mod jobs;
mod landlock;
mod limits;
mod listen;
mod placeholders;
mod privileges;
mod root;
mod seccomp;
mod serve;
mod supervisor;

use std::ffi::OsStr;
use std::path::Path;

pub(super) use listen::PORT as PROXY_PORT;

/// The name under which a program is the helper.
pub(super) const NAME: &str = "tau-sandbox-init";

pub(crate) fn enter_if_helper() {
    let name = std::env::args_os().next();
    if name.as_deref().and_then(|name| Path::new(name).file_name()) == Some(OsStr::new(NAME)) {
        let result = bubblewrap::run_if_inside().unwrap_or_else(supervisor::run);
        std::process::exit(i32::from(result.is_err()));
    }
}
