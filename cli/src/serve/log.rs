//! The server's log: what of it is written can be changed while it runs.

use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tau_runtime::server::{LogDirectives, LogFilter};
use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry, fmt};

use crate::exit::UsageError;

/// The log on standard error.
#[derive(Debug, Clone)]
pub(crate) struct ServerLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    filter: Handle<Targets, Registry>,
    at_start: String,
    now: Mutex<Now>,
}

#[derive(Debug)]
struct Now {
    directives: LogDirectives,
    /// Counts changes: a timer that has gone off already must not undo a later one.
    change: u64,
    /// Brings those of the start back.
    end: Option<AbortOnDropHandle<()>>,
}

impl ServerLog {
    /// Begins to write the log of this process.
    pub(crate) fn start(directives: &str) -> Result<Self, UsageError> {
        let help =
            "give a level (off, error, warn, info, debug, trace), or `target=level`, separated by commas";
        let targets =
            parse(directives).map_err(|problem| UsageError::new(format!("--log: {problem}"), help))?;
        let (filter, handle) = reload::Layer::new(targets);
        let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_filter(filter);
        // A log that is there already is somebody's who wants it so.
        let _ = tracing_subscriber::registry().with(lines).try_init();
        let now = Now { directives: LogDirectives::new(directives), change: 0, end: None };
        let at_start = directives.to_owned();
        Ok(Self(Arc::new(Inner { filter: handle, at_start, now: Mutex::new(now) })))
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is written, and gives what it was.
    fn change(&self, now: &mut Now, directives: &str) -> Result<LogDirectives, String> {
        self.0.filter.reload(parse(directives)?).map_err(|error| error.to_string())?;
        now.change += 1;
        Ok(std::mem::replace(&mut now.directives, LogDirectives::new(directives)))
    }

    /// Ends a change for a time, unless there was another since.
    fn bring_back(&self, change: u64) {
        let mut now = self.lock();
        if now.change == change {
            // They were right at the start.
            let _ = self.change(&mut now, &self.0.at_start);
        }
    }
}

impl LogFilter for ServerLog {
    fn current(&self) -> LogDirectives {
        self.lock().directives.clone()
    }

    fn set(&self, directives: &str, time: Option<Duration>) -> Result<LogDirectives, String> {
        let text = if directives.trim().is_empty() { &self.0.at_start } else { directives };
        let mut now = self.lock();
        let before = self.change(&mut now, text)?;
        let change = now.change;
        now.directives.until = time.and_then(|time| SystemTime::now().checked_add(time));
        now.end = time.map(|time| {
            let log = self.clone();
            AbortOnDropHandle::new(tokio::spawn(async move {
                tokio::time::sleep(time).await;
                log.bring_back(change);
            }))
        });
        Ok(before)
    }
}

/// Levels, and levels of targets. The library would take a misspelt level for a target, and none for `error`.
fn parse(directives: &str) -> Result<Targets, String> {
    let is_level = |text: &str| !text.is_empty() && LevelFilter::from_str(text).is_ok();
    let is_clear = |part: &&str| is_level(part.split_once('=').map_or(*part, |(_, level)| level));
    match directives.split(',').map(str::trim).find(|part| !is_clear(part)) {
        Some(part) => Err(format!("`{part}` is neither a level nor `target=level`")),
        None => Targets::from_str(directives).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_timer_that_went_off_does_not_undo_a_later_change() {
        let log = ServerLog::start("info").unwrap();
        let hour = Some(Duration::from_secs(3_600));
        log.set("debug", hour).unwrap();
        let first = log.lock().change;
        assert_eq!(log.set("warn", hour).unwrap().text, "debug");
        // As if the first timer had waited for the lock.
        log.bring_back(first);
        assert_eq!(log.current().text, "warn");
        let second = log.lock().change;
        log.bring_back(second);
        assert_eq!(log.current(), LogDirectives::new("info"));
    }
}
