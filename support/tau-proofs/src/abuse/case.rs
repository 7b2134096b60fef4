//! One request that is wrong in one way.

use bytes::Bytes;
use http::Request;
use tau_testkit::random::Random;

use super::bodies::{Codec, FLAWS, Flaw, message};
use super::bombs::Bombs;
use super::call::Version;
use super::methods::{Kind, Method};

/// The protocols of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    ConnectUnary,
    ConnectStream,
    Grpc,
    GrpcWeb,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wrong {
    RandomBytes,
    TruncatedMessage,
    MistypedFields,
    DeepNesting,
    HugeField,
    BadUtf8,
    TruncatedFrame,
    HugeFrame,
    UnknownFlags,
    NotCompressed,
    UnknownEncoding,
    UnknownContentType,
    Bomb,
    TooLarge,
    /// Bytes that are no HTTP, or not all of it.
    NoHttp,
}

/// A request and what it is.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) wrong: Wrong,
    pub(super) protocol: Protocol,
    pub(super) version: Version,
    pub(super) request: Request<Bytes>,
}

/// Of so many requests one is a bomb and one is too large: these cost the client and the server far more than others.
const HEAVY_ONE_IN: usize = 1_000;
/// Of so many one is no HTTP: it takes a connection of its own.
const RAW_ONE_IN: usize = 100;

/// What is wrong with the next request.
pub(super) fn next(random: &mut Random) -> Wrong {
    if random.below(HEAVY_ONE_IN) == 0 {
        return random.pick(&[Wrong::Bomb, Wrong::TooLarge]);
    }
    if random.below(RAW_ONE_IN) == 0 {
        return Wrong::NoHttp;
    }
    random.pick(&[
        Wrong::RandomBytes,
        Wrong::TruncatedMessage,
        Wrong::MistypedFields,
        Wrong::DeepNesting,
        Wrong::HugeField,
        Wrong::BadUtf8,
        Wrong::TruncatedFrame,
        Wrong::HugeFrame,
        Wrong::UnknownFlags,
        Wrong::NotCompressed,
        Wrong::UnknownEncoding,
        Wrong::UnknownContentType,
    ])
}

impl Wrong {
    fn flaw(self) -> Flaw {
        match self {
            Self::TruncatedMessage => Flaw::Truncated,
            Self::MistypedFields => Flaw::WrongType,
            Self::DeepNesting => Flaw::Deep,
            Self::HugeField => Flaw::HugeField,
            Self::BadUtf8 => Flaw::BadUtf8,
            _ => Flaw::Random,
        }
    }

    /// Whether only frames can be wrong so.
    fn needs_frames(self) -> bool {
        matches!(self, Self::TruncatedFrame | Self::HugeFrame | Self::UnknownFlags)
    }
}

impl Case {
    /// A request for a call with something wrong.
    pub(super) fn new(
        random: &mut Random,
        method: &Method,
        wrong: Wrong,
        bombs: &Bombs,
        token: &str,
    ) -> anyhow::Result<Self> {
        let connect =
            if method.kind == Kind::Unary { Protocol::ConnectUnary } else { Protocol::ConnectStream };
        let mut protocol = random.pick(&[connect, connect, Protocol::Grpc, Protocol::GrpcWeb]);
        if wrong.needs_frames() && protocol == Protocol::ConnectUnary {
            protocol = random.pick(&[Protocol::Grpc, Protocol::GrpcWeb]);
        }
        let codec = random.pick(&[Codec::Json, Codec::Proto]);
        let mut content_type = content_type(protocol, codec);
        if wrong == Wrong::UnknownContentType {
            content_type = random.pick(&WRONG_CONTENT_TYPES).to_owned();
            protocol = if content_type.starts_with("application/grpc-web") {
                Protocol::GrpcWeb
            } else if content_type.starts_with("application/grpc") {
                Protocol::Grpc
            } else {
                connect
            };
        }
        let version = match protocol {
            // Its trailers need HTTP/2.
            Protocol::Grpc => Version::Http2,
            _ => random.pick(&[Version::Http1, Version::Http2]),
        };
        let encoding = encoding(random, wrong);
        let body = body(random, method, wrong, protocol, codec, (bombs, encoding));
        let mut request = Request::post(method.path()).header("authorization", format!("Bearer {token}"));
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        if let Some(encoding) = encoding {
            request = request.header(encoding_header(protocol), encoding);
        }
        if protocol == Protocol::Grpc {
            request = request.header("te", "trailers");
        }
        Ok(Self { wrong, protocol, version, request: request.body(body)? })
    }
}

const WRONG_CONTENT_TYPES: [&str; 9] = [
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/grpc+thrift",
    "application/grpc-web+thrift",
    "application/connect+xml",
    "multipart/form-data; boundary=x",
    "application/json-seq;;;",
];

fn content_type(protocol: Protocol, codec: Codec) -> String {
    let codec = if codec == Codec::Json { "json" } else { "proto" };
    match protocol {
        Protocol::ConnectUnary => format!("application/{codec}"),
        Protocol::ConnectStream => format!("application/connect+{codec}"),
        Protocol::Grpc => format!("application/grpc+{codec}"),
        Protocol::GrpcWeb => format!("application/grpc-web+{codec}"),
    }
}

fn encoding_header(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::ConnectUnary => "content-encoding",
        Protocol::ConnectStream => "connect-content-encoding",
        Protocol::Grpc | Protocol::GrpcWeb => "grpc-encoding",
    }
}

fn encoding(random: &mut Random, wrong: Wrong) -> Option<&'static str> {
    match wrong {
        Wrong::Bomb | Wrong::NotCompressed => Some(random.pick(&["gzip", "zstd"])),
        Wrong::UnknownEncoding => Some(random.pick(&["br", "snappy", "gzip, gzip", "lz4", "\"\""])),
        _ => None,
    }
}

fn body(
    random: &mut Random,
    method: &Method,
    wrong: Wrong,
    protocol: Protocol,
    codec: Codec,
    (bombs, encoding): (&Bombs, Option<&str>),
) -> Bytes {
    let message = match wrong {
        Wrong::Bomb if encoding == Some("gzip") => bombs.gzip.clone(),
        Wrong::Bomb => bombs.zstd.clone(),
        Wrong::TooLarge => bombs.large.clone(),
        _ => {
            let flaw = if wrong == Wrong::UnknownEncoding { random.pick(&FLAWS) } else { wrong.flaw() };
            message(random, method, codec, flaw).into()
        }
    };
    if protocol == Protocol::ConnectUnary {
        return message;
    }
    let size = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let (flags, size) = match wrong {
        Wrong::TruncatedFrame => (0, size + 1 + u32::try_from(random.below(1_000)).unwrap_or_default()),
        Wrong::HugeFrame => (0, random.pick(&[u32::MAX, 1 << 31, 17 << 20])),
        Wrong::UnknownFlags => (random.pick(&[0x7c, 0x40, 0x08, 0x04]), size),
        Wrong::Bomb | Wrong::NotCompressed | Wrong::UnknownEncoding => (1, size),
        _ => (0, size),
    };
    [&[flags][..], &size.to_be_bytes(), &message].concat().into()
}

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes that are no HTTP, or not all of it.
pub(super) fn no_http(random: &mut Random, method: &Method, token: &str) -> Vec<u8> {
    let path = method.path();
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n");
    let size = random.below(500);
    let noise = random.bytes(size);
    match random.below(7) {
        0 => noise,
        1 => [PREFACE, &noise].concat(),
        // Settings, then the head of a stream that is none.
        2 => {
            let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
            let headers = [0, 0, 9, 1, 5, 0, 0, 0, 1];
            [PREFACE, &settings, &headers, &noise].concat()
        }
        3 => {
            format!("{head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").into()
        }
        4 => format!("{head}content-length: 5\r\ncontent-length: 7\r\n\r\n{{}}").into(),
        5 => format!("{head}content-type: application/json\r\ncontent-length: 500\r\n\r\n{{").into(),
        _ => [head.as_bytes(), b"bad\x00header\r\n\r\n"].concat(),
    }
}
