//! A message that is encoded once, however many callers it goes to.

use std::sync::{Arc, OnceLock};

use connectrpc::codec::encode_json;
use connectrpc::{CodecFormat, ConnectError, Encodable};
use serde::Serialize;
use tau_proto::buffa::Message;
use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::{RunResponse, SubscribeResponse, run_response, subscribe_response};

use crate::driver::Streamed;
use crate::server::wire;

/// Something that is told of a session. [`RunResponse`] and [`SubscribeResponse`] have the fields that carry it in common,
/// so that one encoding serves the streams of both.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    message: SubscribeResponse,
    proto: OnceLock<Result<Bytes, ConnectError>>,
    json: OnceLock<Result<Bytes, ConnectError>>,
}

impl Shared {
    pub(crate) fn new(message: impl Into<subscribe_response::Message>) -> Self {
        let message = SubscribeResponse { message: Some(message.into()), ..Default::default() };
        Self(Arc::new(Inner { message, proto: OnceLock::new(), json: OnceLock::new() }))
    }

    /// A delta, made for whoever is told it first.
    pub(super) fn of_delta(session: &str, streamed: &Streamed) -> Self {
        let told = || wire::delta(session.to_owned(), streamed.after(), streamed.delta());
        Self(streamed.cached(|| Self::new(told()).0))
    }

    fn encoded(&self, codec: CodecFormat) -> Result<Bytes, ConnectError> {
        let once = match codec {
            CodecFormat::Proto => &self.0.proto,
            _ => &self.0.json,
        };
        let encoded = once.get_or_init(|| {
            tracing::trace!(?codec, "a message that is shared was encoded");
            encode(&self.0.message, codec)
        });
        encoded.clone()
    }
}

/// What a stream of either call carries: shared news, or something for this caller alone.
#[derive(Debug, Clone)]
pub(crate) enum Out<M> {
    Shared(Shared),
    Own(Box<M>),
}

impl Out<SubscribeResponse> {
    pub(crate) fn own(message: impl Into<subscribe_response::Message>) -> Self {
        Self::Own(Box::new(SubscribeResponse { message: Some(message.into()), ..Default::default() }))
    }
}

impl Out<RunResponse> {
    pub(crate) fn own(message: impl Into<run_response::Message>) -> Self {
        Self::Own(Box::new(RunResponse { message: Some(message.into()), ..Default::default() }))
    }
}

impl<M: Message + Serialize> Encodable<M> for Out<M> {
    fn encode(&self, codec: CodecFormat) -> Result<Bytes, ConnectError> {
        match self {
            Self::Shared(shared) => shared.encoded(codec),
            Self::Own(message) => encode(&**message, codec),
        }
    }
}

fn encode<M: Message + Serialize>(message: &M, codec: CodecFormat) -> Result<Bytes, ConnectError> {
    match codec {
        CodecFormat::Proto => Ok(message.encode_to_bytes()),
        CodecFormat::Json => encode_json(message),
        _ => Err(ConnectError::unimplemented("this encoding is not offered")),
    }
}
