//! What an operation tells before its end.

use tau_proto::runtime::v1::call_progress::Progress;
use tau_tools::environment::OutputSink;

/// Where it goes.
pub(super) enum Output<'a> {
    /// Nothing is told.
    None,
    /// It is kept, up to so many bytes.
    Keep { bytes: Vec<u8>, limit: usize },
    /// It is given away as it comes.
    Give(OutputSink<'a>),
}

impl Output<'_> {
    pub(super) fn keep(limit: u64) -> Self {
        Self::Keep { bytes: Vec::new(), limit: usize::try_from(limit).unwrap_or(usize::MAX) }
    }

    /// The operation begins, maybe not for the first time.
    pub(super) fn begin(&mut self) {
        if let Self::Keep { bytes, .. } = self {
            bytes.clear();
        }
    }

    /// Takes a piece. `false` where it is more than was asked for, or nothing was.
    pub(super) fn hear(&mut self, progress: Progress) -> bool {
        // Text is for whoever watches; nobody watches an operation.
        let Progress::Output(chunk) = progress else { return true };
        match self {
            Self::None => false,
            Self::Keep { bytes, limit } if bytes.len().saturating_add(chunk.data.len()) <= *limit => {
                bytes.extend_from_slice(&chunk.data);
                true
            }
            Self::Keep { .. } => false,
            Self::Give(sink) => {
                sink(&chunk.data);
                true
            }
        }
    }

    /// What was kept.
    pub(super) fn kept(self) -> Vec<u8> {
        match self {
            Self::Keep { bytes, .. } => bytes,
            Self::None | Self::Give(_) => Vec::new(),
        }
    }
}
