//! What an agent project on disk says: settings, hooks, agents; and what of it is trusted.
//!
//! Projects that people already have were written for other agents, in formats that those document. All of these formats are
//! read here and nowhere else, so that the kernel and the rest of the runtime know none of them: what comes out are rules,
//! hooks and definitions in the runtime's own terms. Instruction files are read by `tau-memory` and skills by `tau-skills`,
//! which are useful alone.
//!
//! The formats are those of Claude Code's public documentation of August 2026, with what other agents write alike.
//!
//! # What it promises
//!
//! - Nothing is left out silently: whatever was skipped, shadowed, ignored or misread is a [`Finding`] with its file, its
//!   place and why. No file makes it fail.
//! - What a repository says is inert until its folder is trusted ([`trust`]); what takes something away counts at once.
//! - What is not understood errs to the side of asking: a file of settings that cannot be read has every call asked about, a
//!   matcher that cannot be read matches.
//!
//! # What it does not do
//!
//! It reads no environment variable and knows no home folder: callers give paths and variables. It starts no session and no
//! server; only hooks, when a session asks them, and skills in use, as rules allow, run commands.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`settings`] | files of settings, laid over one another |
//! | [`trust`] | what a project wants to be trusted with, and the store of those that are |
//! | [`hooks`] | commands and servers that are asked at points of the loop, by the reference's protocol |
//! | [`agents`] | files of subagents |
//! | [`plans`] | files of plans that were proposed |
//! | [`memory`] | instructions of folders and files, as the model comes to them |
//! | [`skills`] | skills at work: for the model, and in the place of prompts |
//! | the crate root | [`Finding`]: what there is to say about a file |
//!
//! # Example
//!
//! ```
//! use tau_project::settings::SettingsFiles;
//! use tau_project::trust::{Exhibit, Trust};
//!
//! let project = tempfile::tempdir()?;
//! std::fs::create_dir(project.path().join(".claude"))?;
//! let settings = r#"{
//!     "permissions": { "allow": ["Bash(make *)"], "deny": ["Read(./.env)"] }, // a comment
//!     "theme": "dark"
//! }"#;
//! std::fs::write(project.path().join(".claude/settings.json"), settings)?;
//!
//! let layers = SettingsFiles::of_project(project.path(), project.path()).read();
//!
//! // Before the folder is trusted, only what denies counts.
//! let inert = layers.effective(Trust::Unknown);
//! assert_eq!(inert.permissions.deny, ["Read(./.env)"]);
//! assert!(inert.permissions.allow.is_empty());
//! // This is what a person is shown.
//! let wanted: Vec<String> = Exhibit::of(&layers).claims().map(|claim| claim.what.clone()).collect();
//! assert_eq!(wanted, ["Bash(make *)"]);
//! assert_eq!(layers.effective(Trust::Trusted).permissions.allow, ["Bash(make *)"]);
//! // The comment was read past, and the theme is nobody's.
//! assert_eq!(layers.findings.len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod agents;
pub mod hooks;
pub mod memory;
pub mod plans;
pub mod settings;
pub mod skills;
pub mod trust;

mod finding;
mod json;

pub use finding::{Finding, FindingKind, Loss, Place};
