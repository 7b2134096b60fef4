//! What the host and the init say to each other, over sockets that keep messages apart.
//!
//! | socket | from | message |
//! |---|---|---|
//! | the session's | host | the policy, once; then a [`Request`] for each command, with five descriptors at most |
//! | the session's | init | [`Hello`], once, with the init's own descriptor and the listener of the proxy |
//! | the command's | init | [`News`]: started or not, then how it ended |
//! | the command's | host | nothing: its end means that the command is to be ended |

mod request;

use std::io::{self, IoSlice, IoSliceMut, Read, Seek, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize};

pub(crate) use request::{Request, encode};

use crate::{Report, Step};

/// What fits into a message. Longer ones are in a file in memory that goes with it.
const INLINE: usize = 32 << 10;
/// No request is longer than the kernel lets arguments be.
const LONGEST: u64 = 8 << 20;
const DESCRIPTORS: usize = 6;

/// What the init says first.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Hello {
    /// Every layer is up.
    Ready(Report),
    /// Nothing runs.
    Failed(Failure),
}

/// A layer that could not be set up.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) step: Step,
    pub(crate) path: Option<PathBuf>,
    /// The system's number of the error.
    pub(crate) error: i32,
}

impl Failure {
    pub(crate) fn new(step: Step, error: impl Into<io::Error>) -> Self {
        let error = error.into();
        // What the standard library says of itself has no number.
        Self { step, path: None, error: error.raw_os_error().unwrap_or(libc::EPROTO) }
    }

    pub(crate) fn at(self, path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..self }
    }
}

/// What the init says of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The program runs.
    Started,
    /// It does not; the system's number of the error.
    Refused(i32),
    /// The command and everything it started has ended; how, as `wait` says it.
    Ended(i32),
}

impl News {
    pub(crate) const LENGTH: usize = 8;

    pub(crate) fn encode(self) -> [u8; Self::LENGTH] {
        let (tag, value) = match self {
            Self::Started => (1_u32, 0),
            Self::Refused(error) => (2, error),
            Self::Ended(status) => (3, status),
        };
        let mut bytes = [0; Self::LENGTH];
        bytes[..4].copy_from_slice(&tag.to_ne_bytes());
        bytes[4..].copy_from_slice(&value.to_ne_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let tag = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
        let value = i32::from_ne_bytes(bytes.get(4..8)?.try_into().ok()?);
        match tag {
            1 => Some(Self::Started),
            2 => Some(Self::Refused(value)),
            3 => Some(Self::Ended(value)),
            _ => None,
        }
    }
}

/// Sends one message with descriptors.
pub(crate) fn send(socket: BorrowedFd<'_>, body: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    if body.len() <= INLINE {
        return send_inline(socket, &[IoSlice::new(&[0]), IoSlice::new(body)], descriptors);
    }
    let memory = rustix::fs::memfd_create("request", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(memory);
    file.write_all(body)?;
    let all: Vec<BorrowedFd<'_>> = descriptors.iter().copied().chain([file.as_fd()]).collect();
    send_inline(socket, &[IoSlice::new(&[1])], &all)
}

fn send_inline(
    socket: BorrowedFd<'_>,
    body: &[IoSlice<'_>],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    rustix::io::retry_on_intr(|| rustix::net::sendmsg(socket, body, &mut ancillary, SendFlags::NOSIGNAL))?;
    Ok(())
}

/// One message and the descriptors that came with it; nothing when the other side is gone.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> io::Result<Option<(Vec<u8>, Vec<OwnedFd>)>> {
    let mut body = vec![0; INLINE + 1];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let message = rustix::io::retry_on_intr(|| {
        rustix::net::recvmsg(
            socket,
            &mut [IoSliceMut::new(&mut body)],
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )
    })?;
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    if message.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    body.truncate(message.bytes);
    match body.first() {
        None => return Ok(None),
        Some(0) => drop(body.remove(0)),
        Some(_) => {
            let mut file = std::fs::File::from(descriptors.pop().ok_or(io::ErrorKind::InvalidData)?);
            file.rewind()?;
            body.clear();
            file.take(LONGEST).read_to_end(&mut body)?;
        }
    }
    Ok(Some((body, descriptors)))
}
