//! Whether an answer is a typed error in the caller's protocol.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;
use tau_proto::buffa::Message as _;
use tau_proto::runtime::v1::ErrorDetail;

use super::call::Answer;
use super::case::Protocol;

const DETAIL: &str = "tau.runtime.v1.ErrorDetail";
/// The flag of the last frame of a stream of Connect, and of gRPC-Web.
const CONNECT_END: u8 = 2;
const GRPC_WEB_END: u8 = 0x80;
/// The tag of field 2, length-delimited.
const VALUE_OF_ANY: u8 = 0x12;

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    /// An error of the protocol with its detail: its code and its reason.
    Typed(String),
    /// An error of HTTP alone.
    Http(u16),
    /// No error at all.
    Success,
    /// An error that lacks something.
    Untyped(String),
}

/// Judges an answer.
pub(super) fn judge(protocol: Protocol, answer: &Answer) -> Verdict {
    match protocol {
        Protocol::ConnectUnary => connect(answer, &answer.body),
        Protocol::ConnectStream => connect_stream(answer),
        Protocol::Grpc | Protocol::GrpcWeb => grpc(answer),
    }
}

fn connect(answer: &Answer, body: &[u8]) -> Verdict {
    if answer.status.is_success() {
        return Verdict::Success;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(error) => json(&error),
        Err(_) if body.is_empty() => Verdict::Http(answer.status.as_u16()),
        Err(_) => Verdict::Untyped(shown(answer)),
    }
}

fn connect_stream(answer: &Answer) -> Verdict {
    if !answer.status.is_success() {
        return connect(answer, &answer.body);
    }
    match last_frame(&answer.body) {
        Some((flags, end)) if flags & CONNECT_END != 0 => match serde_json::from_slice::<Value>(end) {
            Ok(end) if end["error"].is_object() => json(&end["error"]),
            Ok(_) => Verdict::Success,
            Err(_) => Verdict::Untyped(shown(answer)),
        },
        _ => Verdict::Untyped(shown(answer)),
    }
}

fn grpc(answer: &Answer) -> Verdict {
    // The end is in trailers, in a head without a body, or in the last frame for browsers.
    let told = |name: &str| {
        let header = answer.trailers.get(name).or_else(|| answer.headers.get(name));
        let header = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        header.or_else(|| match last_frame(&answer.body) {
            Some((flags, end)) if flags & GRPC_WEB_END != 0 => {
                let end = String::from_utf8_lossy(end).into_owned();
                let lines = end.lines().filter_map(|line| line.split_once(':'));
                lines
                    .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, told)| told.trim().to_owned())
                    .next()
            }
            _ => None,
        })
    };
    match told("grpc-status").as_deref() {
        Some("0") => Verdict::Success,
        Some(status) => {
            let detail = told("grpc-status-details-bin").and_then(|detail| decode(&detail));
            match detail.and_then(|detail| reason_in(&detail)) {
                Some(reason) => Verdict::Typed(format!("{status} {reason}")),
                None => Verdict::Untyped(format!("{status} without a detail")),
            }
        }
        None if !answer.status.is_success() => Verdict::Http(answer.status.as_u16()),
        None => Verdict::Untyped(shown(answer)),
    }
}

/// An error as JSON.
fn json(error: &Value) -> Verdict {
    let Some(code) = error["code"].as_str() else { return Verdict::Untyped(error.to_string()) };
    let details = error["details"].as_array().into_iter().flatten();
    let mut ours = details.filter(|detail| detail["type"] == DETAIL);
    let bytes = ours.next().and_then(|detail| decode(detail["value"].as_str()?));
    match bytes.and_then(|bytes| ErrorDetail::decode_from_slice(&bytes).ok()) {
        Some(detail) if !detail.reason.is_empty() => Verdict::Typed(format!("{code} {}", detail.reason)),
        _ => Verdict::Untyped(error.to_string()),
    }
}

/// The reason in a `google.rpc.Status`, whose details are `Any`: after the name of the type comes its value.
fn reason_in(status: &[u8]) -> Option<String> {
    let name = status.windows(DETAIL.len()).position(|window| window == DETAIL.as_bytes())?;
    let (tag, rest) = status[name + DETAIL.len()..].split_first()?;
    let (size, rest) = varint(rest)?;
    let detail = ErrorDetail::decode_from_slice(rest.get(..size)?).ok()?;
    (*tag == VALUE_OF_ANY && !detail.reason.is_empty()).then_some(detail.reason)
}

fn varint(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(4) {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

fn last_frame(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let (&[flags, a, b, c, d], tail) = rest.split_first_chunk::<5>()?;
        let (frame, tail) = tail.split_at_checked(u32::from_be_bytes([a, b, c, d]) as usize)?;
        if tail.is_empty() {
            return Some((flags, frame));
        }
        rest = tail;
    }
}

fn shown(answer: &Answer) -> String {
    let body: String = String::from_utf8_lossy(&answer.body).chars().take(80).collect();
    format!("{} {body:?}", answer.status)
}
