//! Streams that go on through lost connections.

mod positions;
mod resuming;
mod run;
mod subscription;

pub use run::{RunItem, RunStream};
pub use subscription::{Subscription, SubscriptionItem};
