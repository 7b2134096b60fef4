//! The helper program: a supervisor outside the namespaces, and the init inside that runs the commands.

mod accounting;
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

pub(super) use listen::PORT as PROXY_PORT;

/// The name under which a program is the helper.
pub(super) const NAME: &str = "tau-sandbox-init";

pub(crate) fn enter_if_helper() {
    if std::env::args_os().next().as_deref() == Some(OsStr::new(NAME)) {
        std::process::exit(i32::from(supervisor::run().is_err()));
    }
}
