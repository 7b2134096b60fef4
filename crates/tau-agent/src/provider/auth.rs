//! How a key is sent.

use tau_core::Secret;

/// How a key is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthScheme {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// The key alone in a header of this name.
    Header(&'static str),
}

impl AuthScheme {
    /// The header that carries a key.
    #[must_use]
    pub fn header(self, key: &Secret) -> (String, Secret) {
        match self {
            Self::Bearer => ("authorization".to_owned(), Secret::new(format!("Bearer {}", key.expose()))),
            Self::Header(name) => (name.to_owned(), key.clone()),
        }
    }
}
