//! A stream that is asked for again where it broke off.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use tokio::time::Instant;

use super::positions::Positions;
use crate::backoff::Backoff;
use crate::error::Error;

/// The messages of one call.
pub(super) type Messages<M> = BoxStream<'static, Result<M, Error>>;

/// A call that streams, and what is made of its messages.
pub(super) trait Feed: Send + 'static {
    type Message: Send + 'static;
    type Item: Send + 'static;

    /// Asks for what comes after the places.
    fn open(&self, positions: &Positions) -> BoxFuture<'static, Result<Messages<Self::Message>, Error>>;

    /// Takes a message in.
    fn take(&mut self, message: Self::Message, positions: &mut Positions) -> Step<Self::Item>;

    /// What the end of a call means that came without an error.
    fn ended(&self) -> End;

    /// What is told after a loss.
    fn reconnected() -> Self::Item;
}

/// What a message is to whoever listens.
pub(super) enum Step<T> {
    Tell(T),
    Skip,
    Last(T),
}

/// What the end of a call means.
pub(super) enum End {
    /// It is the end.
    Final,
    /// It is an interruption.
    Interrupted(Error),
    /// It is an error.
    Failed(Error),
}

/// What a feed tells, through lost connections.
pub(super) fn resuming<F: Feed>(
    feed: F,
    positions: Positions,
    messages: Messages<F::Message>,
    patience: Duration,
) -> BoxStream<'static, Result<F::Item, Error>> {
    let state = Resuming {
        feed,
        positions,
        messages: Some(messages),
        patience,
        lost: None,
        backoff: Backoff::new(),
        is_over: false,
    };
    stream::unfold(state, |mut state| async move { Some((state.next().await?, state)) }).boxed()
}

struct Resuming<F: Feed> {
    feed: F,
    positions: Positions,
    /// None while the connection is lost.
    messages: Option<Messages<F::Message>>,
    patience: Duration,
    /// Since when nothing was heard.
    lost: Option<Instant>,
    backoff: Backoff,
    is_over: bool,
}

impl<F: Feed> Resuming<F> {
    async fn next(&mut self) -> Option<Result<F::Item, Error>> {
        while !self.is_over {
            let Some(messages) = &mut self.messages else { return Some(self.reconnect().await) };
            match messages.next().await {
                Some(Ok(message)) => {
                    self.lost = None;
                    self.backoff = Backoff::new();
                    match self.feed.take(message, &mut self.positions) {
                        Step::Skip => {}
                        Step::Tell(item) => return Some(Ok(item)),
                        Step::Last(item) => {
                            self.is_over = true;
                            return Some(Ok(item));
                        }
                    }
                }
                Some(Err(error)) if error.is_interruption() => {
                    if let Err(error) = self.lose(error) {
                        return Some(Err(error));
                    }
                }
                Some(Err(error)) => return Some(Err(self.over(error))),
                None => match self.feed.ended() {
                    End::Final => self.is_over = true,
                    End::Failed(error) => return Some(Err(self.over(error))),
                    End::Interrupted(error) => {
                        if let Err(error) = self.lose(error) {
                            return Some(Err(error));
                        }
                    }
                },
            }
        }
        None
    }

    fn over(&mut self, error: Error) -> Error {
        self.is_over = true;
        error
    }

    /// The connection is lost, which is an error only where it has been for too long.
    fn lose(&mut self, error: Error) -> Result<(), Error> {
        self.messages = None;
        let lost = *self.lost.get_or_insert_with(Instant::now);
        if lost.elapsed() >= self.patience { Err(self.over(error)) } else { Ok(()) }
    }

    async fn reconnect(&mut self) -> Result<F::Item, Error> {
        loop {
            tokio::time::sleep(self.backoff.next_wait()).await;
            match self.feed.open(&self.positions).await {
                Ok(messages) => {
                    self.messages = Some(messages);
                    return Ok(F::reconnected());
                }
                Err(error) if error.is_interruption() => self.lose(error)?,
                Err(error) => return Err(self.over(error)),
            }
        }
    }
}

/// The messages of a generated stream, each of its own.
macro_rules! messages {
    ($stream:expr, $message:ty) => {
        futures::StreamExt::boxed(futures::stream::unfold(Some($stream), |stream| async move {
            let mut stream = stream?;
            match stream.message::<$message>().await {
                Ok(Some(message)) => Some((Ok(message.to_owned_message()), Some(stream))),
                Ok(None) => None,
                Err(error) => Some((Err($crate::error::Error::of_stream(error)), None)),
            }
        }))
    };
}
pub(super) use messages;
