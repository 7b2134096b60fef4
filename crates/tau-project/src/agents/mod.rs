//! Files of subagents: Markdown with front matter, in `.claude/agents`, `.agents/agents` and `.tau/agents`.
//!
//! [`AgentFolders`] says where they are looked for and whose they are; [`AgentDefinition`] is what one file says;
//! [`Agents`] is all of them, with an account of what was skipped or shadowed and why; [`AgentHost`] makes them the kinds of
//! subagents of a session. An agent is known by the `name` in its
//! front matter and by nothing else: files may have any name, in folders of any depth.
//!
//! Fields are understood as Claude Code writes them (`disallowedTools`) and as Agent Skills do (`disallowed-tools`,
//! `allowed-tools`).
//!
//! It reads files and runs nothing. Which tools and skills there are, [`Agents::check`] is told.

mod definition;
mod discover;
mod fields;
mod profile;

pub use definition::{AgentDefinition, AgentMemory, AgentScope};
pub use discover::{AgentFolders, Agents};
pub use profile::AgentHost;
