//! All hooks of a point made into one decision.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use tau_core::event::{HookChange, HookDecision, HookVerdict};
use tau_core::{ContentBlock, Image, ImageSource, ToolArguments, ToolResultBlock};
use tau_tools::{OutputBounds, bound_text};
use tokio::time::timeout;

use super::ask::HookAsk;
use super::health::{HookHealth, counts_as_denial};
use super::point::{check, is_told};
use super::port::{HookFailure, Hooks, RegisteredHook};

/// The most pieces of context that one decision adds.
const MAX_CONTEXT: usize = 64;

/// Asks every hook of a point, one after the other, and merges what they decide. There is always an answer.
pub(crate) async fn ask_all(hooks: &dyn Hooks, mut ask: HookAsk, health: &HookHealth) -> HookDecision {
    let mut merged = HookDecision::default();
    for hook in hooks.at(ask.point) {
        if !hook.spec.is_for(&ask) {
            continue;
        }
        let decision = match ask_one(&hook, &ask, health).await {
            Ok(decision) => decision,
            Err(failure) => failed(&hook, &ask, &failure),
        };
        let is_final = decision.verdict == HookVerdict::Deny;
        merge(&mut ask, &mut merged, decision);
        if is_final {
            break;
        }
    }
    bounded(merged)
}

/// Tells every hook of a point. Nobody waits for them, and what they say does not count.
pub(crate) async fn tell_all(hooks: &dyn Hooks, ask: HookAsk, health: &HookHealth) {
    for hook in hooks.at(ask.point).into_iter().filter(|hook| hook.spec.is_for(&ask)) {
        if let Err(failure) = ask_one(&hook, &ask, health).await {
            report(&hook, &ask, &failure);
        }
    }
}

async fn ask_one(
    hook: &RegisteredHook,
    ask: &HookAsk,
    health: &HookHealth,
) -> Result<HookDecision, HookFailure> {
    let decided = decide(hook, ask).await;
    health.record(&hook.spec, decided.as_ref().err());
    decided
}

async fn decide(hook: &RegisteredHook, ask: &HookAsk) -> Result<HookDecision, HookFailure> {
    let asked = AssertUnwindSafe(hook.hook.ask(ask)).catch_unwind();
    let decision = match timeout(hook.spec.timeout, asked).await {
        Ok(Ok(decision)) => decision?,
        Ok(Err(_)) => return Err(HookFailure::Crashed),
        Err(_) => return Err(HookFailure::TimedOut),
    };
    if !is_told(ask.point) {
        check(ask.point, &decision)?;
    }
    Ok(decision)
}

/// What a hook that failed counts for.
fn failed(hook: &RegisteredHook, ask: &HookAsk, failure: &HookFailure) -> HookDecision {
    report(hook, ask, failure);
    if !counts_as_denial(&hook.spec) {
        return HookDecision::default();
    }
    let words = format!("The hook `{}` guards this, and {failure}.", hook.spec.name);
    HookDecision::new(HookVerdict::Deny, words)
}

fn report(hook: &RegisteredHook, ask: &HookAsk, failure: &HookFailure) {
    let (name, policy) = (&hook.spec.name, hook.spec.on_failure);
    tracing::warn!(session = %ask.session, hook = %name, point = ?ask.point, ?policy, %failure, "a hook failed");
}

/// Adds what one hook decided. The next is asked about what it changed.
fn merge(ask: &mut HookAsk, merged: &mut HookDecision, decision: HookDecision) {
    let HookDecision { verdict, message, change, context, .. } = decision;
    if verdict > merged.verdict || merged.message.is_empty() {
        merged.message = message;
    }
    merged.verdict = merged.verdict.max(verdict);
    merged.context.extend(context);
    if let Some(change) = change {
        apply(ask, &change);
        merged.change = Some(change);
    }
}

fn apply(ask: &mut HookAsk, change: &HookChange) {
    match change {
        HookChange::Arguments { arguments } => set_arguments(ask, arguments.clone()),
        HookChange::Prompt { content, .. } => ask.content.clone_from(content),
        HookChange::Result { content, is_error } => {
            if let Some(result) = &mut ask.result {
                result.content = content.clone().into();
                result.is_error = *is_error;
            }
        }
        _ => {}
    }
}

fn set_arguments(ask: &mut HookAsk, arguments: ToolArguments) {
    if let Some(call) = &mut ask.call {
        call.arguments = arguments;
    }
}

/// The same within the bounds of whatever reaches the model.
fn bounded(mut decision: HookDecision) -> HookDecision {
    let bounds = OutputBounds::default();
    decision.message = bound_text(decision.message, bounds);
    decision.context.truncate(MAX_CONTEXT);
    // Together they are as long as one result may be, and hold as many pictures.
    let (mut left, mut pictures, mut bytes) = (bounds.head + bounds.tail, 0, 0);
    decision.context.retain(|block| {
        let ContentBlock::Image(image) = block else { return true };
        (pictures, bytes) = (pictures + 1, bytes + size(image));
        pictures <= bounds.images && bytes <= bounds.image_bytes
    });
    for block in &mut decision.context {
        if let ContentBlock::Text { text } = block {
            let mut fits = bounds;
            (fits.head, fits.tail) = (left * 2 / 3, left / 3);
            *text = bound_text(std::mem::take(text), fits);
            left = left.saturating_sub(text.len());
        }
    }
    if let Some(HookChange::Result { content, .. }) = &mut decision.change {
        for block in content {
            if let ToolResultBlock::Text { text } = block {
                *text = bound_text(std::mem::take(text), bounds);
            }
        }
    }
    decision
}

/// Bytes of a picture as they are sent.
fn size(image: &Image) -> usize {
    match &image.source {
        ImageSource::Base64 { data, .. } => data.len(),
        ImageSource::Url { url } => url.len(),
        _ => 0,
    }
}
