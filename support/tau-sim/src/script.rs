//! A script: everything that happens in a simulation, as data that can be cut down and printed.

use std::fmt;

use tau_core::event::ModelFailureKind;

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

/// One thing that happens.
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

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.setup)?;
        self.ops.iter().try_for_each(|op| writeln!(f, "{op}"))
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session: mode {:?}, subagents {} deep", self.mode, self.depth)?;
        let mut limit = |name: &str, limit: Option<u64>| match limit {
            Some(limit) => write!(f, ", {limit} {name}"),
            None => Ok(()),
        };
        limit("turns", self.max_turns.map(u64::from))?;
        limit("tokens", self.max_tokens)?;
        limit("nano-dollars", self.max_cost)?;
        limit("tool calls", self.max_tool_calls.map(u64::from))?;
        if self.timed {
            write!(f, ", timed")?;
        }
        if let Some((at, to, how)) = self.compaction {
            write!(f, ", {how:?} from {at} to {to} tokens")?;
        }
        if (self.required, self.journals) != (1, 1) {
            write!(f, ", {} of {} journals", self.required, self.journals)?;
        }
        if self.starts_stalled {
            write!(f, ", journals stalled at first")?;
        }
        Ok(())
    }
}

impl fmt::Display for JobPick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.late { "any " } else { "" }, self.pick.0)
    }
}

impl fmt::Display for CallSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}{}", self.tool, self.id, if self.bad { " (bad)" } else { "" })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let twice = |twice: &bool| if *twice { ", twice" } else { "" };
        match self {
            Self::Prompt { session } => write!(f, "prompt to session {}", session.0),
            Self::PromptAgain { session, which } => write!(f, "prompt {} again to {}", which.0, session.0),
            Self::PromptEmpty { session } => write!(f, "empty prompt to session {}", session.0),
            Self::CreateAgain { session } => write!(f, "create session {} again", session.0),
            Self::Inject { session } => write!(f, "inject into session {}", session.0),
            Self::Reply { job, calls, usage } => {
                let calls: Vec<String> = calls.iter().map(ToString::to_string).collect();
                write!(f, "reply to {job}: [{}]", calls.join(", "))?;
                usage.map_or(Ok(()), |(input, output)| write!(f, ", {input} + {output} tokens"))
            }
            Self::Fail { job, kind } => write!(f, "model call {job} fails: {kind:?}"),
            Self::Shorten { job, how, usage } => {
                write!(f, "compaction {job}: {how:?}, {} tokens", usage.unwrap_or_default())
            }
            Self::Finish { job, end, twice: again } => write!(f, "tool {job} {end:?}{}", twice(again)),
            Self::Answer { call, answer, twice: again } => {
                write!(f, "answer to call {call}: {answer:?}{}", twice(again))
            }
            Self::Stray { session, what } => write!(f, "stray input {} to session {}", what.0, session.0),
            Self::CancelCall { call } => write!(f, "cancel call {call}"),
            Self::CancelRun { session } => write!(f, "cancel the run of session {}", session.0),
            Self::CancelSession { session } => write!(f, "cancel session {}", session.0),
            Self::TimeUp { job } => write!(f, "timer {job} goes off"),
            Self::Rewind { session, to } => write!(f, "rewind session {} to {}", session.0, to.0),
            Self::Fork { session, at } => write!(f, "fork session {} at {}", session.0, at.0),
            Self::Crash { kept } => write!(f, "crash, {} more kept", kept.0),
            Self::TakeOver { session, kept } => {
                write!(f, "take the tree of session {} over, {} more kept", session.0, kept.0)
            }
            Self::Old { pick } => write!(f, "the writer before goes on with {}", pick.0),
            Self::Journal { session, journal, op } => {
                write!(f, "journal {} of session {}: {op:?}", journal.0, session.0)
            }
        }
    }
}
