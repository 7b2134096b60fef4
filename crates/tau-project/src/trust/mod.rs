//! What of a project needs trust, and which projects have it.
//!
//! A repository is somebody else's until its user says otherwise: its settings can allow calls, run commands as hooks,
//! start servers. [`Exhibit`] is all of that, as a person is shown it before they decide, and [`TrustStore`] remembers the
//! folder together with a hash of each thing that was shown. So what is new or different asks again, and what is taken away
//! does not.
//!
//! What only takes something away, such as a rule that denies, needs no trust and is no part of an exhibit.

mod exhibit;
mod scripts;
mod store;

pub use exhibit::{Claim, ClaimKind, Exhibit};
pub use store::{TrustError, TrustErrorKind, TrustStore, TrustedFolder};

/// Whether a project is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever asks must not forget one")]
pub enum Trust {
    /// As it is now.
    Trusted,
    /// As it was; what it wants has changed since.
    Changed,
    /// Nobody said so.
    Unknown,
}
