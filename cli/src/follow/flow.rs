//! What happens while a run is followed, and whether that goes on.

use std::io;

use tau_core::RunId;
use tau_core::event::EventBody;
use tau_proto::runtime::v1 as pb;
use tau_runtime::Update;

use super::person::Said;
use super::updates::Told;

/// Whether somebody is there to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A person at a terminal.
    Person,
    /// Nobody: what is asked is answered so.
    Nobody,
    /// Others: what is asked is theirs to answer.
    Others,
}

/// A step of what is asked of a session.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is live, and stands so.
    Live(Box<pb::Session>),
    /// It has its prompt, which started a run.
    Asked(Option<RunId>),
}

/// The run whose end is the end of following.
#[derive(Debug, Default)]
pub(super) enum Awaited {
    /// Whichever ends first.
    #[default]
    Any,
    /// That of the prompt, which is not known yet. These have ended meanwhile.
    Prompt(Vec<RunId>),
    /// This one.
    Run(RunId),
}

impl Awaited {
    /// Whether the end of a run is the end of following.
    pub(super) fn ends_with(&mut self, run: RunId) -> bool {
        match self {
            Self::Any => true,
            Self::Prompt(ended) => {
                ended.push(run);
                false
            }
            Self::Run(awaited) => *awaited == run,
        }
    }

    /// Takes in which run the prompt started. True when that has ended already.
    pub(super) fn know(&mut self, run: Option<RunId>) -> bool {
        let Self::Prompt(ended) = self else { return false };
        let (is_over, is_any_over) = (run.is_some_and(|run| ended.contains(&run)), !ended.is_empty());
        *self = run.map_or(Self::Any, Self::Run);
        is_over || (run.is_none() && is_any_over)
    }
}

/// Why a run is shown no further before its end.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Nobody reads what is shown any more.
    Unread,
    /// What was asked for is refused.
    Refused(tau_client::Error),
}

impl From<io::Error> for Stopped {
    fn from(_: io::Error) -> Self {
        Self::Unread
    }
}

/// What a follower waits for.
#[derive(Debug)]
pub(crate) enum Next {
    Interrupt,
    Answered(Option<Said>),
    /// What the session tells; nothing when it is followed no further.
    Told(Option<Told>),
}

impl Next {
    /// Whether the person at the terminal wants to end.
    pub(crate) const fn is_interrupt(&self) -> bool {
        matches!(self, Self::Interrupt)
    }

    /// The event of the session itself that it is, if it is one.
    pub(crate) fn event(&self) -> Option<&EventBody> {
        match self {
            Self::Told(Some(Told::Own(Update::Event(event)))) => Some(&event.body),
            _ => None,
        }
    }
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    /// The run is over.
    Over,
    /// The session is followed no further.
    Ended,
}
