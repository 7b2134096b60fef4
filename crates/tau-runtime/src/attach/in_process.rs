//! A transport within the process, of the same messages that a network would carry.

use futures::channel::mpsc::{Receiver, Sender, channel};
use tau_proto::runtime::v1::{AttachRequest, AttachResponse};

/// Messages on their way in one direction, before the sender waits.
const QUEUE: usize = 64;

/// One end of an attachment: a stream and a sink. Dropping it is what losing a connection is.
#[derive(Debug)]
#[non_exhaustive]
pub struct End<In, Out> {
    /// What the other end says.
    pub incoming: Receiver<In>,
    /// What is said to the other end.
    pub outgoing: Sender<Out>,
}

/// Connects an extension within this process: the first end goes to [`Attachments::attach`](super::Attachments::attach),
/// the second to the extension.
#[must_use]
pub fn in_process() -> (End<AttachRequest, AttachResponse>, End<AttachResponse, AttachRequest>) {
    let (to_runtime, from_extension) = channel(QUEUE);
    let (to_extension, from_runtime) = channel(QUEUE);
    let runtime = End { incoming: from_extension, outgoing: to_extension };
    (runtime, End { incoming: from_runtime, outgoing: to_runtime })
}
