//! Scripts in words.

use std::fmt;

use super::{CallSpec, JobPick, Op, Script, Setup};

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
        if !self.hooked.is_empty() {
            write!(f, ", hooks at {:?}", self.hooked)?;
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
            Self::Import { session, calls, flaw } => {
                write!(f, "import into session {}: {calls:?}", session.0)?;
                flaw.map_or(Ok(()), |flaw| write!(f, ", flawed: {flaw:?}"))
            }
            Self::Describe { session } => write!(f, "describe session {}", session.0),
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
            Self::Decide { job, ruling, twice: again } => {
                write!(f, "hooks decide {job}: {ruling:?}{}", twice(again))
            }
            Self::Rehook { which } => write!(f, "hooks come or go: {}", which.0),
            Self::Stray { session, what } => write!(f, "stray input {} to session {}", what.0, session.0),
            Self::CancelCall { call } => write!(f, "cancel call {call}"),
            Self::CancelRun { session } => write!(f, "cancel the run of session {}", session.0),
            Self::CancelQueued { run } => write!(f, "cancel the waiting run {run}"),
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
