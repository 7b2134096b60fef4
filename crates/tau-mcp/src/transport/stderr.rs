//! What a server writes to its standard error: read always, so that it never blocks, and kept in part.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};

/// What is kept, in bytes.
const KEPT: usize = 4 << 10;

/// The last of what a server wrote to its standard error.
#[derive(Debug, Clone, Default)]
pub(crate) struct StderrTail(Arc<Mutex<VecDeque<u8>>>);

impl StderrTail {
    /// Reads to the end.
    pub(crate) async fn drain(&self, mut stderr: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; 8 << 10];
        while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
            self.push(&buffer[..read]);
        }
    }

    /// Adds bytes to the end.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }

    /// Forgets what was written.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The text so far; the first character may be cut off.
    pub(crate) fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_is_kept() {
        let tail = StderrTail::default();
        let text: String = (0..10_000).map(|line| format!("line {line}\n")).collect();
        tail.drain(text.as_bytes()).await;
        assert_eq!(tail.text(), text[text.len() - KEPT..]);
        tail.drain(&b"\xff!"[..]).await;
        assert!(tail.text().ends_with("line 9999\n\u{fffd}!"));
    }
}
