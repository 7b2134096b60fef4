//! Events as structured log events.

use super::event::{Event, Level};
use super::observer::Observer;

/// Writes each event as a `tracing` event with the target `tau_orchestrate`, its level kept.
///
/// Fields: `kind`, `pattern`, `workflow`, and where the event has them `index`, `completed`, `failed`, `total`, `node`, `route`;
/// the message of the event is the message of the log event.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "having no state is its definition")]
pub struct TracingObserver;

const TARGET: &str = "tau_orchestrate";

// The level of a call site is a constant in `tracing`, hence one call site for each level.
macro_rules! emit {
    ($level:ident, $event:expr) => {{
        let event: &Event = $event;
        ::tracing::event!(
            target: TARGET,
            ::tracing::Level::$level,
            kind = event.kind.as_str(),
            pattern = event.pattern.as_str(),
            workflow = &*event.workflow,
            index = event.index,
            completed = event.progress.map(|progress| progress.completed),
            failed = event.progress.map(|progress| progress.failed),
            total = event.progress.map(|progress| progress.total),
            node = event.node.as_deref(),
            route = event.route.as_deref(),
            message = event.message.as_deref().unwrap_or(event.kind.as_str()),
        )
    }};
}

impl Observer for TracingObserver {
    fn observe(&self, event: &Event) {
        match event.level {
            Level::Trace => emit!(TRACE, event),
            Level::Debug => emit!(DEBUG, event),
            Level::Info => emit!(INFO, event),
            Level::Warn => emit!(WARN, event),
            Level::Error => emit!(ERROR, event),
        }
    }

    fn enabled(&self, level: Level) -> bool {
        match level {
            Level::Trace => ::tracing::enabled!(target: TARGET, ::tracing::Level::TRACE),
            Level::Debug => ::tracing::enabled!(target: TARGET, ::tracing::Level::DEBUG),
            Level::Info => ::tracing::enabled!(target: TARGET, ::tracing::Level::INFO),
            Level::Warn => ::tracing::enabled!(target: TARGET, ::tracing::Level::WARN),
            Level::Error => ::tracing::enabled!(target: TARGET, ::tracing::Level::ERROR),
        }
    }
}
