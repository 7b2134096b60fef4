//! A sandbox for the commands of agents.
//!
//! A model that reads untrusted text can be talked into running anything, and no rule about the text of a command holds.
//! This crate is the boundary that holds: a command sees the folders it was given and nothing else of the host, and
//! everything it started ends with it.
//!
//! # What it promises
//!
//! - **Default deny.** What a [`Policy`] does not name does not exist inside: no file, no process, no network, no
//!   variable. Protected paths in a workspace (hooks of git, start files of shells) cannot be made either.
//! - **Fails closed.** A layer that cannot be set up is an error with its name, and nothing runs. What is weaker than it
//!   could be is in the [`Report`].
//! - **Nothing survives.** A command's end is told after everything it started is gone, however it hid; dropping the
//!   [`Child`] kills the whole tree, dropping the [`Sandbox`] everything, and so does the end of this process.
//! - **Cheap.** One init for each session, started by running a small program (no fork of a large process); a command
//!   costs a message to it.
//!
//! # What it does not do
//!
//! It judges no command and asks nobody. It does not keep a command from using what it was given: a workspace can be
//! deleted, an allowed domain can be told anything. It is no virtual machine: a hole in the kernel's own system calls is a
//! hole in the sandbox. Other systems than Linux on x86_64 and aarch64 have none, and say so. Containers are the business of
//! `tau-container`.
//!
//! # Modules
//!
//! | module | holds |
//! |---|---|
//! | [`policy`] | what commands may see, do and use up |
//! | `proxy` | the way out: an HTTP proxy with an allow-list of domains, run by the host process (feature `proxy`) |
//!
//! # Example
//!
//! ```no_run
//! use tau_sandbox::{Command, Helper, Policy, Sandbox};
//!
//! // The first line of main, before there is a second thread: this program is also the helper.
//! tau_sandbox::enter_if_helper();
//!
//! let sandbox = Sandbox::start(&Policy::for_workspace("/srv/project"), &Helper::this_program())?;
//! let mut child = sandbox.spawn(&Command::new("make").current_dir("/srv/project"))?;
//! assert!(child.wait()?.success());
//! # Ok::<(), tau_sandbox::SandboxError>(())
//! ```

mod command;
mod error;
mod helper;
pub mod policy;
#[cfg(feature = "proxy")]
pub mod proxy;
mod report;
mod sandbox;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "linux/mod.rs"]
mod system;
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[path = "other.rs"]
mod system;

pub use command::Command;
pub use error::{SandboxError, SandboxErrorKind, Step};
pub use helper::{Helper, enter_if_helper};
pub use policy::Policy;
pub use report::{Accounting, Backend, Report};
pub use sandbox::{Child, Sandbox};
