//! One command in the background.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tau_core::HumanDuration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builtin::support::{Unread, cut_line};
use crate::environment::{CommandExit, CommandSpec, Environment, EnvironmentError};

/// The characters of a command that a list shows.
const COMMAND_CHARS: usize = 80;

/// A command in the background. Dropping it ends the command with all it started.
#[derive(Debug)]
pub(super) struct Job {
    id: u32,
    command: String,
    started: Instant,
    unread: Arc<Mutex<Unread>>,
    state: watch::Receiver<State>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Running,
    Ended { how: String, after: Duration },
}

impl Job {
    pub(super) fn start(
        id: u32,
        environment: Arc<dyn Environment>,
        command: String,
        limit: Option<Duration>,
    ) -> Self {
        let unread = Arc::new(Mutex::new(Unread::default()));
        let (tell, state) = watch::channel(State::Running);
        let started = Instant::now();
        let (spec, kept) = (CommandSpec::new(command.clone()), Arc::clone(&unread));
        // Told when the task is stopped too, even before it has begun.
        let end = EndOnDrop { tell, started, how: "killed".to_owned() };
        let task = tokio::spawn(async move {
            let keep = |chunk: &[u8]| kept.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
            let running = environment.run(&spec, &keep);
            let exit = match limit {
                None => how(running.await),
                Some(limit) => match tokio::time::timeout(limit, running).await {
                    Ok(exit) => how(exit),
                    Err(_) => format!("stopped after {}", HumanDuration::from(limit)),
                },
            };
            end.tell(exit);
        });
        Self { id, command, started, unread, state, task: Mutex::new(Some(task)) }
    }

    pub(super) fn is_running(&self) -> bool {
        *self.state.borrow() == State::Running
    }

    /// Waits for its end.
    pub(super) async fn ended(&self) {
        let mut state = self.state.clone();
        // A sender that is gone has told the end before.
        let _ = state.wait_for(|state| *state != State::Running).await;
    }

    pub(super) async fn kill(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            // Over once its future is dropped, and with it everything the command started.
            let _ = task.await;
        }
    }

    /// One line about it.
    pub(super) fn summary(&self) -> String {
        let command = self.command.lines().next().unwrap_or_default();
        format!("job {}: {}: {}", self.id, self.status(), cut_line(command, COMMAND_CHARS))
    }

    /// What it printed since the last time, and how it stands.
    pub(super) fn news(&self) -> String {
        // How it stands comes first: what is printed in between is told the next time.
        let status = self.status();
        let mut text = self.unread.lock().unwrap_or_else(PoisonError::into_inner).take(self.is_running());
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let nothing = if text.is_empty() { "no new output; " } else { "" };
        format!("{text}[job {}: {nothing}{status}]", self.id)
    }

    fn status(&self) -> String {
        let seconds = |duration: Duration| HumanDuration::from(Duration::from_secs(duration.as_secs()));
        match &*self.state.borrow() {
            State::Running => format!("running for {}", seconds(self.started.elapsed())),
            State::Ended { how, after } => format!("{how} after {}", seconds(*after)),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

struct EndOnDrop {
    tell: watch::Sender<State>,
    started: Instant,
    how: String,
}

impl EndOnDrop {
    fn tell(mut self, how: String) {
        self.how = how;
    }
}

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        let how = std::mem::take(&mut self.how);
        self.tell.send_replace(State::Ended { how, after: self.started.elapsed() });
    }
}

fn how(exit: Result<CommandExit, EnvironmentError>) -> String {
    match exit {
        Ok(CommandExit::Code(code)) => format!("exited with code {code}"),
        Ok(CommandExit::Signal(signal)) => format!("killed by signal {signal}"),
        Err(error) => format!("failed ({error})"),
    }
}
