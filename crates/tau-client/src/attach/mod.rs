//! Extensions: programs that offer something to the sessions of a server, over `ExtensionService.Attach`.

mod book;
mod call;
mod keep;
mod link;
mod running;
mod serve;
mod tool;
mod tools;

pub use call::ToolCall;
pub use keep::Attachment;
pub use link::{Incoming, Link, Outgoing};
pub use tool::{Tool, ToolOutput};
pub use tools::Tools;
