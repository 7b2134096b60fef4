//! Lines of JSON out of an answer's bytes.

use futures::{Stream, StreamExt};

use super::FormatError;
use super::sse::Body;

/// The lines of an answer that hold anything. The last is given also when its line end is missing.
pub(super) fn lines(body: Body) -> impl Stream<Item = Result<String, FormatError>> + Send {
    let state = Lines { body, held: Vec::new(), start: 0, searched: 0, is_over: false };
    futures::stream::unfold(state, |mut state| async move {
        let line = state.next().await?;
        Some((line, state))
    })
}

struct Lines {
    body: Body,
    held: Vec<u8>,
    /// Where the next line begins, and up to where it is known to have no end: nothing is moved or searched twice.
    start: usize,
    searched: usize,
    is_over: bool,
}

impl Lines {
    async fn next(&mut self) -> Option<Result<String, FormatError>> {
        loop {
            let end = self.held[self.searched..].iter().position(|byte| *byte == b'\n');
            let end = match end {
                Some(end) => self.searched + end + 1,
                None if self.is_over && self.start == self.held.len() => return None,
                None if self.is_over => self.held.len(),
                None => {
                    if let Err(error) = self.read().await {
                        return Some(Err(error));
                    }
                    continue;
                }
            };
            // A line ends between characters, so none is cut here.
            let line = String::from_utf8_lossy(&self.held[self.start..end]);
            let text = line.trim_start_matches('\u{FEFF}').trim().to_owned();
            (self.start, self.searched) = (end, end);
            if !text.is_empty() {
                return Some(Ok(text));
            }
        }
    }

    async fn read(&mut self) -> Result<(), FormatError> {
        self.held.drain(..self.start);
        (self.start, self.searched) = (0, self.held.len());
        match self.body.next().await {
            Some(Ok(chunk)) => self.held.extend_from_slice(&chunk),
            Some(Err(error)) => {
                self.is_over = true;
                self.held.clear();
                self.searched = 0;
                return Err(error.into());
            }
            None => self.is_over = true,
        }
        Ok(())
    }
}
