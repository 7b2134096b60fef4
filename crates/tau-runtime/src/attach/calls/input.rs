//! What a call is given beside its message: the content of a file that is written.

use std::collections::VecDeque;
use std::sync::Arc;

use tau_proto::runtime::v1::CallInput;

/// The most bytes of one piece.
const PIECE: usize = 64 << 10;

/// The input of one call, cut into pieces as it is sent. A piece has the same bytes whenever it is sent again.
#[derive(Debug)]
pub(super) struct Input {
    content: Arc<[u8]>,
    /// Where the pieces end that were sent and not taken, from the piece after `taken` on.
    under_way: VecDeque<usize>,
    /// The last piece that was taken, and where it ends.
    taken: u64,
    taken_bytes: usize,
    /// How many of those under way were sent over this attachment.
    sent: usize,
    /// Whether the last piece was cut.
    is_cut: bool,
}

impl Input {
    pub(super) const fn new(content: Arc<[u8]>) -> Self {
        let under_way = VecDeque::new();
        Self { content, under_way, taken: 0, taken_bytes: 0, sent: 0, is_cut: false }
    }

    /// The client was lost: what it did not say that it took is sent again.
    pub(super) const fn again(&mut self) {
        self.sent = 0;
    }

    /// The client has forgotten the call: everything is sent again.
    pub(super) fn restart(&mut self) {
        *self = Self::new(Arc::clone(&self.content));
    }

    /// The next piece, as far as a window of so many bytes lets.
    pub(super) fn next(&mut self, call_id: &str, window: usize) -> Option<CallInput> {
        let ends = |index: usize| self.under_way.get(index).copied();
        let from = self.sent.checked_sub(1).map_or(Some(self.taken_bytes), ends)?;
        let to = match ends(self.sent) {
            Some(known) => known,
            None if self.is_cut => return None,
            None => self.content.len().min(from + PIECE.min(window.max(1))),
        };
        // One piece goes in any case: a window that is smaller now must not hold it for ever.
        if self.sent > 0 && to - self.taken_bytes > window {
            return None;
        }
        let is_last = to == self.content.len();
        if self.sent == self.under_way.len() {
            self.under_way.push_back(to);
            self.is_cut = is_last;
        }
        self.sent += 1;
        Some(CallInput {
            call_id: call_id.to_owned(),
            number: self.taken + self.sent as u64,
            data: self.content[from..to].to_vec().into(),
            is_last,
            ..Default::default()
        })
    }

    /// The client took everything up to a piece. `false` where that was not sent to it.
    pub(super) fn take(&mut self, number: u64) -> bool {
        while self.taken < number {
            let Some(end) = self.under_way.pop_front() else { return false };
            (self.taken, self.taken_bytes) = (self.taken + 1, end);
            // It may have taken it before it was lost.
            self.sent = self.sent.saturating_sub(1);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::Input;

    proptest! {
        /// Whatever is lost and taken when, the other side puts the same bytes together, and no more than the window is
        /// under way, but for one piece.
        #[test]
        fn it_arrives_whole(
            content in vec(any::<u8>(), 0..400),
            deeds in vec((0..5u8, 1..120usize), 0..80),
        ) {
            let mut input = Input::new(Arc::from(&*content));
            let (mut pieces, mut taken) = (Vec::<Vec<u8>>::new(), 0u64);
            let mut is_whole = false;
            for (deed, window) in deeds.into_iter().chain((0..1_000).flat_map(|_| [(0, 100), (1, 100)])) {
                match deed {
                    0 => if let Some(piece) = input.next("c", window) {
                        let at = usize::try_from(piece.number).unwrap();
                        prop_assert!(at <= pieces.len() + 1, "piece {at} after {}", pieces.len());
                        if at == pieces.len() + 1 {
                            pieces.push(piece.data.to_vec());
                        } else {
                            prop_assert_eq!(&pieces[at - 1], &piece.data.to_vec());
                        }
                        is_whole |= piece.is_last;
                        let under_way: usize = pieces[usize::try_from(taken).unwrap()..].iter().map(Vec::len).sum();
                        prop_assert!(at as u64 == taken + 1 || under_way <= 120);
                    },
                    1 if taken < pieces.len() as u64 => {
                        taken += 1;
                        prop_assert!(input.take(taken));
                    }
                    2 => input.again(),
                    3 => {
                        input.restart();
                        (taken, is_whole) = (0, false);
                        pieces.clear();
                    }
                    _ => {}
                }
            }
            prop_assert!(is_whole && input.next("c", 100).is_none());
            prop_assert_eq!(pieces.concat(), content);
        }
    }

    #[test]
    fn what_was_not_sent_was_not_taken() {
        let mut input = Input::new(Arc::from(&b"content"[..]));
        assert!(!input.take(1));
        let mut input = Input::new(Arc::from(&b""[..]));
        let piece = input.next("c", 1).unwrap();
        assert!(piece.data.is_empty() && piece.is_last && input.next("c", 1).is_none());
        assert!(input.take(1) && input.take(1) && !input.take(2));
    }
}
