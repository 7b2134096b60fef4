//! Who may run what, as a pure function: rules, a mode, a call and what stands around it go in, a verdict comes out.
//!
//! A rule is `Tool` or `Tool(spec)`. Deny goes before ask, ask before allow; what no rule is about is asked about.
//!
//! - `Bash(git status)` is one list of arguments, `Bash(npm run test *)` one with any further words, `Bash` all.
//! - `Read(src/**)`, `Edit(/docs/*.md)`, `Write(~/notes)` are paths as gitignore has them: relative to the working folder, to the
//!   root of the project (`/`), to home (`~/`) or to the file system (`//`).
//! - `WebFetch(domain:example.org)`, `mcp__server__tool`, `Skill(name)`, `Agent(name)`.
//!
//! # How commands are judged
//!
//! Two directions, with opposite errors. What *denies* looks through everything a command line could run (`shell`'s survey):
//! one reader that never gives up finds the commands in lists, substitutions, heredocs, `-c` strings, arguments of wrappers and
//! of `find -exec`, with variables, braces and globs tried out. What it cannot tell is `Maybe`, and asks. What *allows* takes
//! only what two parsers and that reader see the same way, and in it only words that mean themselves, but for a rule `Bash` alone,
//! which takes any words.
//!
//! It reads nothing but what it is given: where paths lead comes from a [`PathResolver`].

mod allow;
mod call;
mod danger;
mod files;
mod find;
mod grant;
mod guard;
mod hazard;
mod path;
mod place;
mod policy;
mod rule;
mod shell;
mod verdict;
mod web;

pub use call::{Judged, Surroundings};
pub use guard::GuardedEnvironment;
pub use path::{FileKind, PathResolver, Resolved, SystemPaths};
pub use policy::PermissionPolicy;
pub use rule::{is_alias, tool_name};
pub use verdict::{Decision, Verdict};
