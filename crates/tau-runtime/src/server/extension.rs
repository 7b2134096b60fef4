//! `ExtensionService`: attachments over the network.

use connectrpc::{
    ConnectError, ErrorCode, InboundStream, RequestContext, Response, ServiceResult, ServiceStream,
};
use futures::channel::mpsc::channel;
use futures::stream::{self, StreamExt};
use tau_proto::runtime::v1::{self as pb, ExtensionService};

use super::failure::{Failure, check};
use super::reason::Reason;
use crate::attach::{AttachError, AttachErrorKind, Attachments, Caller};

/// Messages on their way to an extension, before the runtime waits.
const QUEUE: usize = 64;

/// The service.
#[derive(Debug)]
pub(super) struct Extensions(pub(super) Attachments);

#[expect(
    refining_impl_trait,
    reason = "the messages are the generated ones; nobody but the router calls this method"
)]
impl ExtensionService for Extensions {
    async fn attach(
        &self,
        _: RequestContext,
        requests: InboundStream<pb::AttachRequest>,
    ) -> ServiceResult<ServiceStream<pb::AttachResponse>> {
        let attachments = self.0.clone();
        let (outgoing, responses) = channel(QUEUE);
        // What breaks a rule of the interface is the end of what is heard; why is said at the end of what is told.
        let (broken, why) = tokio::sync::oneshot::channel();
        let incoming = heard(requests, broken);
        // A task of its own, so that what the extension says is read to the end, whoever listens.
        let task =
            tokio::spawn(async move { attachments.attach(incoming, outgoing, &Caller::trusted()).await });
        let end = stream::once(async move {
            let ended = task.await;
            if let Ok(error) = why.await {
                return Some(Err(error));
            }
            match ended {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(Err(failure_of(&error).into())),
                Err(_) => Some(Err(Failure::new(Reason::Internal, "the attachment crashed").into())),
            }
        });
        let told = responses.map(Ok).chain(end.filter_map(std::future::ready));
        Ok(Response::new(told.boxed() as ServiceStream<pb::AttachResponse>).compress(false))
    }
}

/// What an extension says, up to the first message that breaks a rule.
fn heard(
    requests: InboundStream<pb::AttachRequest>,
    broken: tokio::sync::oneshot::Sender<ConnectError>,
) -> impl futures::Stream<Item = pb::AttachRequest> + Send {
    stream::unfold((requests, Some(broken)), |(mut requests, mut broken)| async move {
        let checked = requests.next().await?.and_then(|message| Ok(check(message.to_owned_message())?));
        match checked {
            Ok(message) => Some((message, (requests, broken))),
            Err(error) => {
                // Any other is a connection that is gone, which the attachment sees as the end.
                if is_of_message(error.code) {
                    // Nobody may be there any more to be told.
                    let _ = broken.take().map(|broken| broken.send(error));
                }
                None
            }
        }
    })
}

/// Whether what is wrong is a message: its size, its encoding, or a rule of its fields.
const fn is_of_message(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::ResourceExhausted | ErrorCode::InvalidArgument | ErrorCode::Unimplemented)
}

fn failure_of(error: &AttachError) -> Failure {
    let reason = match error.kind() {
        AttachErrorKind::Protocol(_) => Reason::ProtocolViolation,
        AttachErrorKind::RoleNotAllowed(_) => Reason::RoleNotAllowed,
        AttachErrorKind::Replaced => Reason::AttachmentReplaced,
        AttachErrorKind::Lost => Reason::AttachmentLost,
        AttachErrorKind::Draining | AttachErrorKind::Transport => Reason::Draining,
    };
    Failure::new(reason, error.to_string())
}
