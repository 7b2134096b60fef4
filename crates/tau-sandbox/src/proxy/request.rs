//! The head of a request to a proxy, read and written anew.

use super::domains;
use super::serve::Header;

/// No head is longer.
pub(super) const LONGEST: usize = 32 << 10;
const HEADERS: usize = 128;
/// Headers between a program and its proxy (RFC 9110, 7.6.1), and those that are written anew.
const DROPPED: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "te",
    "trailer",
    "upgrade",
    "host",
];

/// A request to a proxy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A tunnel to the host.
    Connect,
    /// One request, and the bytes of its body.
    Forward { head: Forward, body: u64 },
}

/// A head without its host and what is between a program and its proxy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Forward {
    method: String,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
}

/// Why a request is not taken; the status that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    BadRequest,
    Forbidden,
    LengthRequired,
    BadGateway,
}

impl Refusal {
    /// The whole answer. It says what decided, for the model that reads it.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::BadRequest => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            Self::Forbidden => {
                "HTTP/1.1 403 Forbidden\r\nX-Sandbox: this host is not on the allow-list\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            }
            Self::LengthRequired => {
                "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            Self::BadGateway => "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        }
    }
}

/// Reads a head; nothing when it has not come whole. The number is its length.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST => return Ok(None),
        _ => return Err(Refusal::BadRequest),
    };
    let (Some(method), Some(target)) = (parsed.method, parsed.path) else { return Err(Refusal::BadRequest) };
    let request = if method == "CONNECT" {
        let (host, port) = authority(target, None)?;
        Request { host, port, kind: Kind::Connect }
    } else {
        forward(method, target, parsed.headers)?
    };
    Ok(Some((request, length)))
}

fn forward(method: &str, target: &str, headers: &[httparse::Header<'_>]) -> Result<Request, Refusal> {
    // A request with a path alone is not meant for a proxy.
    let rest = target.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("http://")).and(target.get(7..));
    let rest = rest.ok_or(Refusal::BadRequest)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, port) = authority(&rest[..end], Some(80))?;
    let path =
        if rest[end..].starts_with('/') { rest[end..].to_owned() } else { format!("/{}", &rest[end..]) };
    let mut body = None;
    let mut kept = Vec::new();
    for header in headers {
        let name = header.name.to_ascii_lowercase();
        match name.as_str() {
            "transfer-encoding" => return Err(Refusal::LengthRequired),
            "content-length" => {
                let text = std::str::from_utf8(header.value).map_err(|_| Refusal::BadRequest)?;
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let length = text.parse().ok().filter(|_| digits).ok_or(Refusal::BadRequest)?;
                // Two lengths are two readings of where the request ends.
                if body.replace(length).is_some() {
                    return Err(Refusal::BadRequest);
                }
            }
            name if DROPPED.contains(&name) => continue,
            _ => {}
        }
        kept.push((name, header.value.to_vec()));
    }
    let head = Forward { method: method.to_owned(), path, headers: kept };
    Ok(Request { host, port, kind: Kind::Forward { head, body: body.unwrap_or(0) } })
}

/// A host of strict labels and a port. No user, no address, nothing a URL parser might read otherwise.
fn authority(text: &str, port: Option<u16>) -> Result<(String, u16), Refusal> {
    let (host, port) = match text.split_once(':') {
        Some((host, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, digits.parse().ok())
        }
        Some(_) => return Err(Refusal::BadRequest),
        None => (text, port),
    };
    let host = domains::normal(host).ok_or(Refusal::BadRequest)?;
    Ok((host, port.ok_or(Refusal::BadRequest)?))
}

impl Forward {
    /// The head for the server. An added header replaces the program's.
    pub(super) fn write(&self, host: &str, port: u16, added: &[Header]) -> Vec<u8> {
        let host = if port == 80 { host.to_owned() } else { format!("{host}:{port}") };
        let mut head =
            format!("{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n", self.method, self.path)
                .into_bytes();
        let replaced = |name: &str| added.iter().any(|header| header.name.eq_ignore_ascii_case(name));
        let kept = self.headers.iter().filter(|(name, _)| !replaced(name));
        let kept = kept.map(|(name, value)| (name.as_str(), value.as_slice()));
        for (name, value) in
            kept.chain(added.iter().map(|header| (header.name.as_str(), header.value.as_bytes())))
        {
            head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}
