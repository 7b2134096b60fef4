//! Everything that must not show, should a server repeat it in what it says.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::Secret;

/// Shorter texts are words of everyday, such as `Bearer` and the keys that local servers are given for form's sake, and
/// taking them out would garble what is shown.
pub(crate) const SHORTEST: usize = 8;

/// How many renewed tokens are remembered: those before have long ended.
const RENEWED: usize = 8;

/// Stands where a credential stood.
const REDACTED: &str = "[redacted]";

/// What no error and no recording may show: keys of the configuration, and tokens as they are renewed. Cheap to clone; clones
/// are the same.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    held: Arc<Mutex<Held>>,
}

#[derive(Default)]
struct Held {
    configured: Vec<Secret>,
    renewed: VecDeque<Secret>,
}

/// How many, and none of them.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").field(&self.all().len()).finish()
    }
}

impl Secrets {
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let configured = texts.filter(|text| text.len() >= SHORTEST).map(Secret::new).collect();
        Self { held: Arc::new(Mutex::new(Held { configured, renewed: VecDeque::new() })) }
    }

    /// Takes in a token that is in use from now on.
    pub(crate) fn renew(&self, token: &Secret) {
        let mut held = self.lock();
        if token.expose().len() >= SHORTEST && !held.renewed.contains(token) {
            held.renewed.push_back(token.clone());
            if held.renewed.len() > RENEWED {
                held.renewed.pop_front();
            }
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Secret> {
        let held = self.lock();
        held.configured.iter().chain(&held.renewed).cloned().collect()
    }

    /// The text without any of them.
    pub(crate) fn removed_from(&self, text: &str) -> String {
        let mut secrets = self.all();
        // The longest first, so that one that holds another goes whole.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.expose()) { text.replace(secret.expose(), REDACTED) } else { text }
        })
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_renewed_is_a_secret_too_and_the_oldest_are_forgotten() {
        let secrets = Secrets::new(["configured-key", "short", "configured-key-longer"].into_iter());
        for number in 0..10 {
            secrets.clone().renew(&Secret::new(format!("renewed-{number}")));
        }
        secrets.renew(&Secret::new("tiny"));
        let text = "configured-key-longer configured-key short renewed-1 renewed-2 renewed-9 tiny";
        assert_eq!(
            secrets.removed_from(text),
            "[redacted] [redacted] short renewed-1 [redacted] [redacted] tiny"
        );
        assert_eq!(format!("{secrets:?}"), "Secrets(10)");
    }
}
