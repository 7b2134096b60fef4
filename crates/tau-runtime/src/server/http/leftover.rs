//! What callers still send of a request that has its answer.
//!
//! Over HTTP/1 it is read and thrown away, unless it is very large or comes slowly. Or else the connection would have to
//! close, and a caller that is still writing would see it break instead of the answer.
//!
//! Over HTTP/2 the stream would be reset right behind the answer, which RFC 9113, 8.1 allows and some callers take for a
//! failure: curl 7.88 then throws the answer away. So what is already on its way is read, and only behind that is reset.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http_body::Body;
use tokio::runtime::Handle;

/// What is still read: twice what a message may have by default.
const BYTES: u64 = 32 << 20;
/// The same over HTTP/2: what may be sent to a stream that nobody reads from.
const WINDOW: u64 = 64 << 10;
/// How long that may take; a caller that sends slowly is not waited for.
const TIME: Duration = Duration::from_secs(1);

/// Whether the rest of a request would be read. Whoever asks before sending is spared the sending.
pub(super) fn is_wanted(head: &Parts, body: &impl Body) -> bool {
    !head.headers.contains_key(EXPECT) && body.size_hint().lower() <= BYTES
}

/// Reads a body to its end; whether that was possible.
pub(super) async fn discard<B: Body<Data = Bytes>>(body: B) -> bool {
    discard_at_most(BYTES, body).await
}

/// The same, behind the answer.
pub(super) fn discard_behind<B: Body<Data = Bytes> + Send + 'static>(body: B) {
    spawn_discard(BYTES, body);
}

/// Reads what was on its way over HTTP/2, behind the answer.
pub(super) fn let_arrive<B: Body<Data = Bytes> + Send + 'static>(body: B) {
    spawn_discard(WINDOW, body);
}

fn spawn_discard<B: Body<Data = Bytes> + Send + 'static>(bytes: u64, body: B) {
    if let (false, Ok(executor)) = (body.is_end_stream(), Handle::try_current()) {
        executor.spawn(discard_at_most(bytes, body));
    }
}

async fn discard_at_most<B: Body<Data = Bytes>>(bytes: u64, body: B) -> bool {
    let read = async {
        let mut body = pin!(body);
        let mut left = bytes;
        while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
            let Ok(frame) = frame else { return false };
            let size = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(rest) = left.checked_sub(size) else { return false };
            left = rest;
        }
        true
    };
    tokio::time::timeout(TIME, read).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use http_body_util::{BodyExt, Full, Limited, StreamBody};
    use tokio::time::Instant;

    use super::{BYTES, TIME, discard, is_wanted};

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_sends_slowly_is_waited_for_once() {
        let frames = futures::stream::pending::<Result<http_body::Frame<Bytes>, std::io::Error>>();
        let start = Instant::now();
        assert!(!discard(StreamBody::new(frames)).await);
        assert_eq!(start.elapsed(), TIME);
        assert!(discard(Full::from("all of it")).await);
        assert!(!discard(Limited::new(Full::from("too much"), 3).boxed()).await);
        assert_eq!(start.elapsed(), TIME);
    }

    #[test]
    fn what_is_large_or_was_not_sent_is_not_waited_for() {
        let wanted = |size: u64, expect: bool| {
            let request = Request::builder();
            let request = if expect { request.header("expect", "100-continue") } else { request };
            let (head, body) = request.body(Sized(size)).unwrap().into_parts();
            is_wanted(&head, &body)
        };
        assert_eq!([wanted(BYTES, false), wanted(BYTES + 1, false), wanted(1, true)], [true, false, false]);
    }

    /// A body of which nothing but its size is known.
    struct Sized(u64);

    impl http_body::Body for Sized {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }

        fn size_hint(&self) -> http_body::SizeHint {
            http_body::SizeHint::with_exact(self.0)
        }
    }
}
