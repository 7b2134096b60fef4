//! What a server has besides tools: prompts, which a person invokes, and resources, which are read.

mod prompt;
mod resource;

pub use prompt::{PromptArgument, PromptInfo, PromptText};
pub use resource::{ResourceAddress, ResourceInfo, ResourceText};
