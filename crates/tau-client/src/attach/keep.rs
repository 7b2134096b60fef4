//! An extension that stays attached, over connections that come and go.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::serve::{Ended, Provider, Welcomed};
use super::tools::Tools;
use crate::backoff::Backoff;
use crate::client::Client;
use crate::error::Error;

/// An extension that is attached, and is attached again whenever the connection is lost. Dropping it is what losing the
/// connection for good is.
#[derive(Debug)]
pub struct Attachment {
    task: AbortOnDropHandle<Result<(), Error>>,
    stop: CancellationToken,
    is_attached: watch::Receiver<bool>,
}

impl Attachment {
    pub(crate) async fn start(client: Client, tools: Tools) -> Result<Self, Error> {
        let mut provider = Provider::new(tools);
        let welcomed = provider.greet(client.open_link().await?).await?;
        let stop = CancellationToken::new();
        let (tell, is_attached) = watch::channel(true);
        let task = tokio::spawn(keep(client, provider, welcomed, stop.clone(), tell));
        Ok(Self { task: AbortOnDropHandle::new(task), stop, is_attached })
    }

    /// Whether the server has it attached at this moment.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        *self.is_attached.borrow()
    }

    /// Waits until it ends by itself, which it only does for an error: another attached under its id, or the server does
    /// not let it. What can pass is waited for.
    ///
    /// # Errors
    /// Always, but after [`detach`](Self::detach).
    pub async fn ended(&mut self) -> Result<(), Error> {
        end_of((&mut self.task).await)
    }

    /// Takes no new calls, lets those that run come to their end, and parts.
    ///
    /// # Errors
    /// When it had ended for an error before.
    pub async fn detach(self) -> Result<(), Error> {
        self.stop.cancel();
        end_of(self.task.await)
    }
}

fn end_of(end: Result<Result<(), Error>, tokio::task::JoinError>) -> Result<(), Error> {
    match end {
        Ok(end) => end,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only whoever ends the whole runtime aborts it, and nobody is left to be told.
            Err(_) => Ok(()),
        },
    }
}

async fn keep(
    client: Client,
    mut provider: Provider,
    welcomed: Welcomed,
    stop: CancellationToken,
    is_attached: watch::Sender<bool>,
) -> Result<(), Error> {
    let mut backoff = Backoff::new();
    let mut attempt = Ok(welcomed);
    loop {
        let ended = match attempt {
            Ok(welcomed) => {
                is_attached.send_replace(true);
                backoff = Backoff::new();
                provider.serve(welcomed, &stop).await
            }
            Err(error) => Err(error),
        };
        is_attached.send_replace(false);
        match ended {
            Ok(Ended::Detached) => return Ok(()),
            Ok(Ended::Drained) => {}
            Err(error) if error.may_attach_again() => {}
            Err(error) => return Err(error),
        }
        if stop.is_cancelled() {
            return Ok(());
        }
        let wait = backoff.next_wait();
        let pause = async {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => {}
            }
        };
        provider.wait(pause).await;
        attempt = match client.open_link().await {
            Ok(link) => provider.greet(link).await,
            Err(error) => Err(error),
        };
    }
}
