//! What a server tells of a call that is on.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use tau_tools::Progress;

use crate::text::truncate;

/// A longer message is cut off.
const MESSAGE_BYTES: usize = 1 << 10;

/// Who listens to the progress of which call.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProgressListeners(Arc<Mutex<HashMap<ProgressToken, Progress>>>);

impl ProgressListeners {
    /// Listens until what is returned is dropped.
    pub(super) fn listen(&self, token: ProgressToken, progress: Progress) -> Listening {
        self.listeners().insert(token.clone(), progress);
        Listening { listeners: self.clone(), token }
    }

    /// Tells whoever listens to the call.
    pub(super) fn tell(&self, told: &ProgressNotificationParam) {
        let listener = self.listeners().get(&told.progress_token).cloned();
        if let Some(listener) = listener {
            listener.report(&line(told));
        }
    }

    fn listeners(&self) -> MutexGuard<'_, HashMap<ProgressToken, Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as it is there, a call is listened to.
#[derive(Debug)]
pub(super) struct Listening {
    listeners: ProgressListeners,
    token: ProgressToken,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.listeners.listeners().remove(&self.token);
    }
}

/// How far it is, in a line: `3/10: copying`.
fn line(told: &ProgressNotificationParam) -> String {
    let mut line = told.progress.to_string();
    if let Some(total) = told.total {
        // Writing to a string cannot fail.
        let _ = write!(line, "/{total}");
    }
    if let Some(message) = told.message.as_deref().filter(|message| !message.is_empty()) {
        let _ = write!(line, ": {}", truncate(message, MESSAGE_BYTES));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use rmcp::model::NumberOrString;

    use super::*;

    #[test]
    fn only_who_listens_hears_and_only_of_its_call() {
        let listeners = ProgressListeners::default();
        let heard = Arc::new(Mutex::new(String::new()));
        let progress = {
            let heard = Arc::clone(&heard);
            Progress::new(move |text| heard.lock().unwrap().push_str(text))
        };
        let told = |token: i64, progress, message: &str| {
            let token = ProgressToken(NumberOrString::Number(token));
            let mut told = ProgressNotificationParam::new(token, progress);
            told.total = Some(4.0);
            told.message = Some(message.to_owned());
            told
        };
        let listening = listeners.listen(ProgressToken(NumberOrString::Number(7)), progress);
        listeners.tell(&told(7, 1.0, "copying"));
        listeners.tell(&told(8, 1.0, "another call"));
        listeners.tell(&told(7, 2.5, ""));
        drop(listening);
        listeners.tell(&told(7, 4.0, "too late"));
        assert_eq!(*heard.lock().unwrap(), "1/4: copying\n2.5/4\n");
    }
}
