//! The journal: the client side of the role `journal` of `ExtensionService.Attach`, over whatever carries its messages.

mod answer;
mod attach;
mod error;
mod leases;
mod listing;
mod operation;
mod options;
mod output;
mod queue;
mod tasks;
mod welcome;

pub use attach::{Journal, held_positions};
pub use error::{JournalError, JournalErrorKind, Violation};
pub use leases::Leases;
pub use options::{JournalEnd, JournalOptions, JournalReport};
