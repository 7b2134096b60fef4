//! What a list says of a session, kept beside its events so that a list need not read them all.

use serde::Serialize;
use tau_persist::{Holder, SessionInfo, Snapshot, Store, StoreError, event_hash};
use tau_session::SessionOverview;

use super::entry::{Entry, Unreadable};
use super::read::Reader;

/// Whether a session waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// All work is done, and more may come.
    Idle,
    /// A program has it open.
    InUse,
    /// Whoever worked on it went away before the work was done.
    Interrupted,
    /// Nothing more will happen.
    Closed,
}

impl State {
    /// Whether a session waits for somebody, given who has it open.
    pub(crate) fn of(overview: &SessionOverview, holder: Option<&Holder>) -> Self {
        match holder {
            Some(_) => Self::InUse,
            None if overview.is_closed => Self::Closed,
            None if overview.has_work() => Self::Interrupted,
            None => Self::Idle,
        }
    }
}

/// The overview of events, and why the first that cannot be read cannot.
pub(crate) fn overview_all(entries: &[Entry]) -> (SessionOverview, Option<(u64, Unreadable)>) {
    let mut fold = Fold::default();
    entries.iter().for_each(|entry| fold.take(entry));
    (fold.overview, fold.unreadable)
}

/// What [`overview_of`] found out.
#[derive(Debug)]
pub(crate) struct Surveyed {
    pub(crate) overview: SessionOverview,
    /// The first event that cannot be read, and why.
    pub(crate) unreadable: Option<(u64, Unreadable)>,
    /// Saves the next reader the work, unless there was nothing to do.
    pub(crate) cache: Option<Snapshot>,
    /// So many events were read.
    pub(crate) events: usize,
}

/// The overview of a session, from the cache as far as that goes: the one that servers keep too.
pub(crate) async fn overview_of(store: &dyn Store, info: &SessionInfo) -> Result<Surveyed, StoreError> {
    let cached = store.snapshot(&info.session, SessionOverview::SNAPSHOT).await?;
    let overview = cached.and_then(|cached| {
        let overview: SessionOverview = serde_json::from_slice(&cached.body).ok()?;
        (overview.seq.0 == cached.seq).then_some(overview)
    });
    let mut fold = Fold { overview: overview.unwrap_or_default(), ..Fold::default() };
    let mut reader = Reader::after(store, &info.session, fold.overview.seq.0, info.head);
    let mut last = None;
    loop {
        let page = reader.page().await?;
        let Some(end) = page.last() else { break };
        last = end.stored.as_ref().map(|stored| (stored.seq, event_hash(stored)));
        page.iter().for_each(|entry| fold.take(entry));
    }
    let Fold { overview, unreadable, events } = fold;
    // What cannot be read now may be by another version, so nothing is made of it.
    let cache = match (last, serde_json::to_vec(&overview)) {
        (Some((seq, hash)), Ok(body)) if unreadable.is_none() => {
            Some(Snapshot::new(info.session.clone(), SessionOverview::SNAPSHOT, seq, hash, body))
        }
        _ => None,
    };
    Ok(Surveyed { overview, unreadable, cache, events })
}

#[derive(Default)]
struct Fold {
    overview: SessionOverview,
    unreadable: Option<(u64, Unreadable)>,
    events: usize,
}

impl Fold {
    fn take(&mut self, entry: &Entry) {
        self.events += 1;
        match &entry.event {
            Ok(event) => self.overview.apply(event),
            Err(why) if self.unreadable.is_none() => self.unreadable = Some((entry.seq, *why)),
            Err(_) => {}
        }
    }
}
