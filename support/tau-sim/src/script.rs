//! A script: everything that happens in a simulation, as data that can be cut down and printed.

mod words;

use std::collections::BTreeSet;

use tau_core::event::{HookPoint, ModelFailureKind};

/// Picks one of the things there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pick(pub(crate) u16);

impl Pick {
    /// The place of one of so many; `None` when there are none.
    pub(crate) const fn of(self, count: usize) -> Option<usize> {
        if count == 0 { None } else { Some(self.0 as usize % count) }
    }
}

/// Picks a job of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JobPick {
    pub(crate) pick: Pick,
    /// One of all that ever were, as late and double answers do; else one that is on.
    pub(crate) late: bool,
}

/// What a session is created with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    pub(crate) max_turns: Option<u32>,
    pub(crate) max_tokens: Option<u64>,
    /// In nano-dollars; a token costs 1,000 of them.
    pub(crate) max_cost: Option<u64>,
    pub(crate) max_tool_calls: Option<u32>,
    pub(crate) timed: bool,
    /// From how many tokens on, down to how many, and how.
    pub(crate) compaction: Option<(u64, u64, Shorter)>,
    pub(crate) depth: u32,
    /// Journals there are, and how many of them must acknowledge.
    pub(crate) journals: usize,
    pub(crate) required: usize,
    /// Whether the journals of the first session store nothing until they are told to.
    pub(crate) starts_stalled: bool,
    /// Where hooks are asked or told.
    pub(crate) hooked: BTreeSet<HookPoint>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Default,
    DontAsk,
    Bypass,
}

/// A way to make a history shorter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shorter {
    Truncation,
    Window,
    Summary,
    /// There is none.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallSpec {
    pub(crate) tool: &'static str,
    pub(crate) id: &'static str,
    /// Whether the arguments are none that the tool can read.
    pub(crate) bad: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Succeeds,
    Fails,
    TimesOut,
    /// It succeeds with very many words.
    Floods,
}

/// What a person says, to whatever kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    Always,
    No,
    Edit,
    Nobody,
}

/// What hooks decide, where their point allows it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ruling {
    Nothing,
    Allow,
    Ask,
    Deny,
    Change,
    Context,
}

/// What an acknowledger of a journal does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JournalOp {
    /// It stores nothing more for now.
    Stall,
    /// It stores so many more events; the acknowledgement is on its way.
    Store(u16),
    /// One of the acknowledgements on their way arrives, in any order.
    Arrive(Pick),
    /// One of the acknowledgements on their way is lost.
    Lose(Pick),
    /// An acknowledgement that came before comes again.
    Repeat,
    /// One of another writer comes.
    Foreign,
    /// One comes of an event that there is not.
    Beyond,
    /// Its disk is full.
    Full,
    /// It misses events.
    Gap,
    /// It goes away.
    Detach,
    /// It is there, stores all and says so at once.
    Flow,
}

/// What makes a conversation none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    /// The model speaks first.
    NotAsked,
    /// Instructions are among the messages.
    Instructed,
    /// The last message says nothing.
    Blank,
    /// A person makes a call.
    Smuggled,
    /// The last call has no result.
    Unanswered,
    /// A result is of no call.
    Stray,
    /// Two calls have one id.
    Repeated,
}

/// One thing that happens.
// tidy: enum-variants: one for each thing that a script can say; groups would only hide them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    Prompt {
        session: Pick,
    },
    PromptAgain {
        session: Pick,
        which: Pick,
    },
    PromptEmpty {
        session: Pick,
    },
    CreateAgain {
        session: Pick,
    },
    Inject {
        session: Pick,
    },
    /// A conversation that was held elsewhere is brought.
    Import {
        session: Pick,
        /// Ids of the calls in it.
        calls: Vec<&'static str>,
        flaw: Option<Flaw>,
    },
    /// What the session is found by changes.
    Describe {
        session: Pick,
    },
    Reply {
        job: JobPick,
        calls: Vec<CallSpec>,
        usage: Option<(u64, u64)>,
    },
    Fail {
        job: JobPick,
        kind: ModelFailureKind,
    },
    Shorten {
        job: JobPick,
        how: Shorter,
        usage: Option<u64>,
    },
    Finish {
        job: JobPick,
        end: End,
        twice: bool,
    },
    Answer {
        call: JobPick,
        answer: Answer,
        twice: bool,
    },
    /// Hooks decide.
    Decide {
        job: JobPick,
        ruling: Ruling,
        twice: bool,
    },
    /// Hooks come or go.
    Rehook {
        which: Pick,
    },
    Stray {
        session: Pick,
        what: Pick,
    },
    CancelCall {
        call: JobPick,
    },
    CancelRun {
        session: Pick,
    },
    /// A run that waits is cancelled; a late one waits no more.
    CancelQueued {
        run: JobPick,
    },
    CancelSession {
        session: Pick,
    },
    TimeUp {
        job: JobPick,
    },
    Rewind {
        session: Pick,
        to: Pick,
    },
    Fork {
        session: Pick,
        at: Pick,
    },
    /// The process ends and is started again; of what was not acknowledged, so much is there.
    Crash {
        kept: Pick,
    },
    /// Another process takes a tree of sessions over; the one before does not know.
    TakeOver {
        session: Pick,
        kept: Pick,
    },
    /// The process before goes on.
    Old {
        pick: Pick,
    },
    Journal {
        session: Pick,
        journal: Pick,
        op: JournalOp,
    },
}

/// What happens in a simulation, from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub(crate) setup: Setup,
    pub(crate) ops: Vec<Op>,
}

impl Script {
    /// How many operations there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ops.len()
    }

    /// Whether nothing happens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }
}
