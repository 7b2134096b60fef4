//! The commands in the background.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tau_core::SessionId;

use super::job::Job;
use crate::executor::ToolContext;

/// The most jobs at work, and the most that are known of one session.
const RUNNING: usize = 16;
const KNOWN: usize = 64;

/// Commands that run in the background, each session's apart. Cheap to clone; every clone is the same jobs. What is
/// still running when the last clone goes is ended.
#[derive(Debug, Clone, Default)]
pub struct BackgroundJobs(Arc<Mutex<BTreeMap<Option<SessionId>, Jobs>>>);

#[derive(Debug, Default)]
struct Jobs {
    by_id: BTreeMap<u32, Arc<Job>>,
    last: u32,
}

impl BackgroundJobs {
    /// No jobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the jobs of a session, for a program of many sessions that share their tools.
    pub fn release(&self, session: SessionId) {
        self.lock().remove(&Some(session));
    }

    /// Starts a command; gives what the model is told, or why not.
    pub(in crate::builtin) fn start(
        &self,
        context: &ToolContext,
        command: String,
        limit: Option<Duration>,
    ) -> Result<String, String> {
        let mut sessions = self.lock();
        let jobs = sessions.entry(session(context)).or_default();
        if jobs.by_id.values().filter(|job| job.is_running()).count() >= RUNNING {
            return Err(format!(
                "{RUNNING} jobs are running already; nothing was started. End one with jobs."
            ));
        }
        jobs.forget_ended();
        jobs.last += 1;
        let id = jobs.last;
        jobs.by_id.insert(id, Arc::new(Job::start(id, Arc::clone(&context.environment), command, limit)));
        Ok(format!("Started as job {id}. jobs shows what it prints and ends it."))
    }

    pub(super) fn find(&self, context: &ToolContext, id: u32) -> Option<Arc<Job>> {
        self.lock().get(&session(context))?.by_id.get(&id).cloned()
    }

    pub(super) fn list(&self, context: &ToolContext) -> String {
        let sessions = self.lock();
        let jobs = sessions.get(&session(context)).into_iter().flat_map(|jobs| jobs.by_id.values());
        let lines: Vec<String> = jobs.map(|job| job.summary()).collect();
        if lines.is_empty() { "There are no jobs.".to_owned() } else { lines.join("\n") }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Option<SessionId>, Jobs>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jobs {
    /// Makes room by the oldest jobs that have ended.
    fn forget_ended(&mut self) {
        while self.by_id.len() >= KNOWN {
            let oldest = self.by_id.iter().find(|(_, job)| !job.is_running()).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            self.by_id.remove(&oldest);
        }
    }
}

fn session(context: &ToolContext) -> Option<SessionId> {
    context.scope.as_ref().map(|scope| scope.session)
}
