//! Lists of sessions.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use tau_proto::runtime::v1 as pb;

use crate::client::{Client, Repeat};
use crate::error::Error;

/// Which sessions are listed, and how.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SessionList {
    /// Which sessions. All unless set.
    pub filter: pb::SessionFilter,
    /// In which order. The last written first unless set.
    pub order: pb::SessionOrder,
    /// How much of each. Everything but the configuration unless set.
    pub view: pb::SessionView,
    /// Sessions of one request. 0: as the server likes.
    pub page_size: u32,
}

impl SessionList {
    /// Those that meet conditions.
    #[must_use]
    pub fn of(filter: pb::SessionFilter) -> Self {
        Self { filter, ..Self::default() }
    }
}

/// Sessions as they are listed: a stream that asks for the next page when the last is used up.
pub struct Sessions(BoxStream<'static, Result<pb::Session, Error>>);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

impl Sessions {
    pub(crate) fn new(client: Client, list: SessionList) -> Self {
        let request = pb::ListSessionsRequest {
            page_size: list.page_size,
            filter: list.filter.into(),
            order: list.order.into(),
            view: list.view.into(),
            ..Default::default()
        };
        let pages = Pages { client, request: Some(request), page: VecDeque::new() };
        let sessions = stream::unfold(pages, |mut pages| async move { Some((pages.next().await?, pages)) });
        Self(sessions.boxed())
    }

    /// The next session; `None` after the last.
    ///
    /// # Errors
    /// As `RuntimeService.ListSessions` says; nothing follows one.
    pub async fn next(&mut self) -> Option<Result<pb::Session, Error>> {
        self.0.next().await
    }
}

impl Stream for Sessions {
    type Item = Result<pb::Session, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

struct Pages {
    client: Client,
    /// For the next page; none after the last.
    request: Option<pb::ListSessionsRequest>,
    page: VecDeque<pb::Session>,
}

impl Pages {
    async fn next(&mut self) -> Option<Result<pb::Session, Error>> {
        loop {
            if let Some(session) = self.page.pop_front() {
                return Some(Ok(session));
            }
            let mut request = self.request.take()?;
            let runtime = self.client.runtime();
            let call = |options| runtime.list_sessions_with_options(request.clone(), options);
            match self.client.call(call, Repeat::Safe).await {
                Ok(page) => {
                    let page = page.into_owned();
                    self.page.extend(page.sessions);
                    if !page.next_page_token.is_empty() {
                        request.page_token = page.next_page_token;
                        self.request = Some(request);
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
