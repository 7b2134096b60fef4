//! Injected context: knowledge that enters beside prompts, at any time. It steers a run that is on.

use tau_core::ContentBlock;
use tau_core::event::EventBody;

use super::step::Step;
use super::{Rejection, prompt};

/// Someone adds context: the fold holds it until the next request.
pub(super) fn inject(step: &mut Step<'_>, content: Vec<ContentBlock>) -> Result<(), Rejection> {
    step.require_open()?;
    prompt::require_words(&content)?;
    step.emit(EventBody::ContextInjected { content });
    Ok(())
}
