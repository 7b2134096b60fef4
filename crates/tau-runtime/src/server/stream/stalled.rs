//! Streams whose caller takes nothing of what is there for it.
//!
//! A stream is asked for its next item when the one before has left, so one that is not asked for long lies before a caller
//! that does not read. What such a stream holds is given back while it lies there; should its caller read again, it is told
//! why, and goes on from its last event with a new call.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use connectrpc::ConnectError;
use futures::stream::{BoxStream, Stream, StreamExt};
use tokio::time::Instant;

use crate::server::failure::Failure;
use crate::server::reason::Reason;

/// The streams of an interface, looked at from time to time while there are any.
#[derive(Default)]
pub(crate) struct Stalls(Mutex<Vec<Weak<dyn Watched>>>);

impl std::fmt::Debug for Stalls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stalls")
    }
}

/// A stream, whatever it is of.
trait Watched: Send + Sync {
    /// Ends it, if its caller took nothing since a moment.
    fn end_if_left_since(&self, moment: Instant);
}

/// Where a stream stands.
enum State<T> {
    /// It goes on. The moment is that of the last item, unless its caller waits for the next.
    On(BoxStream<'static, T>, Option<Instant>),
    /// It ended while nobody read it.
    Ended,
    Over,
}

struct Slot<T>(Mutex<State<T>>);

impl<T: Send> Watched for Slot<T> {
    fn end_if_left_since(&self, moment: Instant) {
        // Whoever holds it is at work on it.
        let Ok(mut state) = self.0.try_lock() else { return };
        if matches!(&*state, State::On(_, Some(told)) if *told <= moment) {
            let left = std::mem::replace(&mut *state, State::Ended);
            drop(state);
            // What it leaves behind may take time.
            drop(left);
        }
    }
}

/// A stream that is watched.
struct Watching<T>(Arc<Slot<Result<T, ConnectError>>>);

impl<T> Stream for Watching<T> {
    type Item = Result<T, ConnectError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State::On(stream, told) = &mut *state else {
            let was_ended = matches!(std::mem::replace(&mut *state, State::Over), State::Ended);
            return Poll::Ready(was_ended.then(|| Err(too_slow())));
        };
        let next = stream.poll_next_unpin(context);
        *told = matches!(next, Poll::Ready(Some(_))).then(Instant::now);
        next
    }
}

fn too_slow() -> ConnectError {
    Failure::new(Reason::SubscriberTooSlow, "nothing of the stream was taken for too long")
        .hint("go on from the last event that came")
        .into()
}

impl Stalls {
    /// A stream that ends when its caller takes nothing for so long.
    pub(crate) fn watch<T: Send + 'static>(
        self: &Arc<Self>,
        stream: BoxStream<'static, Result<T, ConnectError>>,
        patience: Duration,
    ) -> BoxStream<'static, Result<T, ConnectError>> {
        let slot = Arc::new(Slot(Mutex::new(State::On(stream, None))));
        let watched: Weak<dyn Watched> = Arc::downgrade(&slot) as Weak<dyn Watched>;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(watched);
        if all.len() == 1 {
            tokio::spawn(look(Arc::clone(self), patience));
        }
        Watching(slot).boxed()
    }

    /// How many streams are on.
    pub(crate) fn streams(&self) -> usize {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|watched| watched.strong_count() > 0).count()
    }

    /// Looks at every stream, and says whether there is any.
    fn look(&self, moment: Instant) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|watched| watched.strong_count() > 0);
        let each: Vec<_> = all.iter().filter_map(Weak::upgrade).collect();
        let is_any = !all.is_empty();
        drop(all);
        each.iter().for_each(|watched| watched.end_if_left_since(moment));
        is_any
    }
}

/// Looks as long as there is anything to look at.
async fn look(stalls: Arc<Stalls>, patience: Duration) {
    let interval = patience / 4;
    loop {
        tokio::time::sleep(interval).await;
        let Some(moment) = Instant::now().checked_sub(patience) else { continue };
        if !stalls.look(moment) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use connectrpc::ErrorCode;
    use futures::stream::{self, StreamExt};

    use super::Stalls;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_nobody_reads_ends_and_gives_back_what_it_holds() {
        let stalls = Arc::new(Stalls::default());
        let held = Arc::new(());
        let holds = Arc::clone(&held);
        let endless = stream::repeat_with(move || {
            let _ = &holds;
            Ok(())
        });
        let mut slow = stalls.watch(endless.boxed(), PATIENCE);
        let mut waits = stalls.watch(stream::iter([Ok(())]).chain(stream::pending()).boxed(), PATIENCE);
        assert!(waits.next().await.unwrap().is_ok());
        let mut still_waits = asking(&mut waits);
        for _ in 0..10 {
            assert!(slow.next().await.unwrap().is_ok());
            tokio::time::sleep(PATIENCE / 2).await;
        }
        assert_eq!(Arc::strong_count(&held), 2);
        tokio::time::sleep(PATIENCE * 2).await;
        assert_eq!(Arc::strong_count(&held), 1, "it still holds something");
        let end = slow.next().await.unwrap().unwrap_err();
        assert_eq!(end.code, ErrorCode::ResourceExhausted);
        assert!(slow.next().await.is_none());
        // One that has nothing to tell is not slow.
        assert!(still_waits());
    }

    /// Asks a stream for an item that does not come; the same again later.
    fn asking<S: stream::Stream + Unpin>(stream: &mut S) -> impl FnMut() -> bool {
        let mut is_pending = move || futures::FutureExt::now_or_never(stream.next()).is_none();
        assert!(is_pending());
        is_pending
    }
}
