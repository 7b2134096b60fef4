//! Errors that `connectrpc` makes itself, before a handler is asked, with the detail that every error has.
//!
//! It offers no place to give them one, so they are read from the response and written again.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use bytes::Bytes;
use connectrpc::{ConnectError, ConnectRpcBody, ErrorCode};
use futures::FutureExt;
use http::{HeaderMap, Response, StatusCode};
use http_body::{Body, Frame};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use tau_proto::buffa::MessageName;
use tau_proto::runtime::v1::ErrorDetail;

use super::guarded::detailed;

/// Flags of the envelopes in which a stream ends over Connect and over gRPC-Web.
const CONNECT_END: u8 = 0x02;
const GRPC_WEB_END: u8 = 0x80;
const ENVELOPE: usize = 5;

/// The body of a unary Connect response, whose status says whether it is an error.
pub(super) fn body(status: StatusCode, mut body: ConnectRpcBody, headers: &HeaderMap) -> ConnectRpcBody {
    if status.is_success() || !matches!(body, ConnectRpcBody::Full(_)) {
        return body;
    }
    let error = first_frame(&mut body).and_then(|frame| frame.into_data().ok());
    match error.and_then(|json| serde_json::from_slice::<ConnectError>(&json).ok()) {
        Some(error) => detailed(error).into_http_response(headers).into_body(),
        // No error of a call: a method or a type of content that HTTP refuses, with an empty body.
        None => body,
    }
}

/// The first frame of any other response. An error that comes instead of an answer is in it whole.
pub(super) fn frame(frame: Frame<Bytes>, headers: &HeaderMap) -> Frame<Bytes> {
    let error = match frame.data_ref() {
        Some(data) => match data.first() {
            Some(&CONNECT_END) => connect_error(data),
            Some(&GRPC_WEB_END) => grpc_web_error(data),
            _ => None,
        },
        None => frame.trailers_ref().and_then(grpc_error),
    };
    let repaired = error.filter(|error| error.details.is_empty()).and_then(|error| {
        let response: Response<ConnectRpcBody> = detailed(error).into_http_response(headers);
        first_frame(&mut response.into_body())
    });
    repaired.unwrap_or(frame)
}

fn first_frame(body: &mut ConnectRpcBody) -> Option<Frame<Bytes>> {
    let mut body = std::pin::Pin::new(body);
    std::future::poll_fn(|context| body.as_mut().poll_frame(context)).now_or_never()??.ok()
}

#[derive(Deserialize)]
struct ConnectEnd {
    error: Option<ConnectError>,
}

fn connect_error(data: &Bytes) -> Option<ConnectError> {
    serde_json::from_slice::<ConnectEnd>(data.get(ENVELOPE..)?).ok()?.error
}

fn grpc_web_error(data: &Bytes) -> Option<ConnectError> {
    let lines = std::str::from_utf8(data.get(ENVELOPE..)?).ok()?.lines();
    let trailers = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.parse().ok()?, value.trim().parse().ok()?))
    });
    grpc_error(&trailers.collect())
}

/// An error without our detail. The header of details is there without any, too.
fn grpc_error(trailers: &HeaderMap) -> Option<ConnectError> {
    let text = |name| trailers.get(name).and_then(|value| value.to_str().ok());
    let details = text("grpc-status-details-bin").unwrap_or_default().trim_end_matches('=');
    let details = BASE64_STANDARD_NO_PAD.decode(details).ok()?;
    let name = ErrorDetail::FULL_NAME.as_bytes();
    if details.windows(name.len()).any(|window| window == name) {
        return None;
    }
    let code = ErrorCode::from_grpc_code(text("grpc-status")?.parse().ok()?)?;
    let message = percent_decode_str(text("grpc-message").unwrap_or_default()).decode_utf8_lossy();
    Some(ConnectError::new(code, message))
}
