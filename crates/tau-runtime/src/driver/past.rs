//! What happened in a session before it is taken up.

use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::{Event, EventBody, Seq};
use tau_session::SessionOverview;

use super::open::ResumeError;
use crate::kernel::State;

/// The events of one session from its first on, and what they come to.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub(super) events: Vec<Arc<Event>>,
    pub(super) state: State,
    pub(super) overview: SessionOverview,
}

impl Past {
    /// The past that events make.
    ///
    /// # Errors
    /// When they are not those of one session from its first on.
    pub fn of<E: Into<Arc<Event>>>(events: impl IntoIterator<Item = E>) -> Result<Self, ResumeError> {
        let events = events.into_iter();
        let mut past = PastBuilder::with_capacity(events.size_hint().0);
        events.into_iter().try_for_each(|event| past.push(event))?;
        Ok(past.build())
    }

    /// The events. Places are contiguous from 1.
    #[must_use]
    pub fn events(&self) -> &[Arc<Event>] {
        &self.events
    }

    /// The place of the newest event; 0 where there is none.
    #[must_use]
    pub fn seq(&self) -> Seq {
        Seq(self.events.len() as u64)
    }

    /// Whose it is; `None` where there is no event.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.events.first().map(|event| event.header.session)
    }

    /// What the events come to.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The same, for whoever needs nothing else.
    #[must_use]
    pub fn into_state(self) -> State {
        self.state
    }

    /// What a list says of them.
    #[must_use]
    pub const fn overview(&self) -> &SessionOverview {
        &self.overview
    }

    /// What happened up to a place; `None` where there is no such place.
    #[must_use]
    pub fn until(&self, at: Seq) -> Option<Self> {
        let events = self.events.get(..usize::try_from(at.0).ok()?)?;
        Self::of(events.iter().cloned()).ok()
    }
}

/// Makes a [`Past`] while its events are read: whoever reads a long journal page by page folds one page while the next is
/// on its way.
#[derive(Debug, Default)]
pub struct PastBuilder {
    past: Past,
    /// A rewind leaves out events that were folded by then.
    has_rewinds: bool,
}

impl PastBuilder {
    /// A builder with room for so many events.
    #[must_use]
    pub fn with_capacity(events: usize) -> Self {
        let past = Past { events: Vec::with_capacity(events), ..Past::default() };
        Self { past, has_rewinds: false }
    }

    /// Takes the next event in.
    ///
    /// # Errors
    /// When it is another session's, or does not follow the one before.
    pub fn push(&mut self, event: impl Into<Arc<Event>>) -> Result<(), ResumeError> {
        let event = event.into();
        let (expected, found) = (self.past.seq().next(), event.header.seq);
        if self.past.session().is_some_and(|session| session != event.header.session) {
            return Err(ResumeError::OtherSession { seq: found });
        }
        if found != expected {
            return Err(ResumeError::Gap { expected, found });
        }
        self.has_rewinds |= matches!(event.body, EventBody::Rewound { .. });
        if !self.has_rewinds {
            self.past.state.apply(&event.body);
        }
        self.past.overview.apply(&event);
        self.past.events.push(event);
        Ok(())
    }

    /// The newest event.
    #[must_use]
    pub fn last(&self) -> Option<&Event> {
        self.past.events.last().map(|event| &**event)
    }

    /// What happened.
    #[must_use]
    pub fn build(mut self) -> Past {
        if self.has_rewinds {
            self.past.state = State::fold(self.past.events.iter().map(|event| &event.body));
        }
        self.past
    }
}
