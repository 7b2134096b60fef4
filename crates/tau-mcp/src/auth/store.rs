//! Where tokens are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use tau_core::Secret;
use url::Url;

/// Keeps what a login gave: tokens, and under which name this client is known to the authorization server.
///
/// What is kept is a text that means nothing to the store. It is kept by the address of its server and not by its
/// name, so that another server of the same name, in another repository's file, gets nobody's token.
///
/// An implementer must keep true that what was saved is loaded until it is saved anew or cleared, by other
/// processes too where they share it, and that nobody else can read it. A caller may not assume that two processes
/// that save at the same time both succeed: the last one counts.
pub trait TokenStore: fmt::Debug + Send + Sync {
    /// What is kept for an address.
    ///
    /// # Errors
    /// When it cannot be read. That there is nothing is no error.
    fn load(&self, server: &Url) -> io::Result<Option<Secret>>;

    /// Keeps it, in the place of what was kept.
    ///
    /// # Errors
    /// When it cannot be written.
    fn save(&self, server: &Url, tokens: &Secret) -> io::Result<()>;

    /// Forgets it.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn clear(&self, server: &Url) -> io::Result<()>;
}

/// Keeps tokens as long as the process runs.
#[derive(Debug, Default)]
pub struct MemoryTokenStore(Mutex<BTreeMap<String, Secret>>);

impl MemoryTokenStore {
    fn tokens(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryTokenStore {
    fn load(&self, server: &Url) -> io::Result<Option<Secret>> {
        Ok(self.tokens().get(server.as_str()).cloned())
    }

    fn save(&self, server: &Url, tokens: &Secret) -> io::Result<()> {
        self.tokens().insert(server.as_str().to_owned(), tokens.clone());
        Ok(())
    }

    fn clear(&self, server: &Url) -> io::Result<()> {
        self.tokens().remove(server.as_str());
        Ok(())
    }
}
