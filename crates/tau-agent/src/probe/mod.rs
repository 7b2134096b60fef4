//! Finding out what a model can do, by asking it a few small things.
//!
//! What a provider says of a model and what its server does differ often enough, above all for local models. A probe asks
//! and looks at what really comes: whether it streams, calls tools, calls several at once, goes on with a result, sees
//! pictures, and answers in a given shape.

mod ask;
mod checks;

use std::fmt;
use std::time::Duration;

use crate::agent::Agent;
use crate::error::AgentError;
use ask::Asking;

/// What can be found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ability {
    /// It answers in words.
    Chat,
    /// Its words come one after the other, not all at the end.
    Streaming,
    /// It calls a tool when it is told to.
    Tools,
    /// It goes on with what a tool gave.
    ToolResults,
    /// It calls several tools in one reply.
    ParallelTools,
    /// It sees pictures.
    Vision,
    /// It answers with JSON of a given schema.
    StructuredOutput,
}

impl Ability {
    /// All of them, in the order they are asked for.
    pub const ALL: [Self; 7] = [
        Self::Chat,
        Self::Streaming,
        Self::Tools,
        Self::ToolResults,
        Self::ParallelTools,
        Self::Vision,
        Self::StructuredOutput,
    ];

    /// Its name, for people and programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Streaming => "streaming",
            Self::Tools => "tools",
            Self::ToolResults => "tool_results",
            Self::ParallelTools => "parallel_tools",
            Self::Vision => "vision",
            Self::StructuredOutput => "structured_output",
        }
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of asking for an ability.
#[derive(Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It does it.
    Works {
        /// What it did.
        detail: String,
    },
    /// It answered, and did something else. A model may do better another time.
    Missed {
        /// What it did instead.
        detail: String,
    },
    /// It could not be asked.
    Failed {
        /// Why.
        error: AgentError,
    },
    /// It was not asked, because something that it needs does not work.
    Skipped {
        /// What it needs.
        detail: String,
    },
}

impl Verdict {
    fn works(detail: impl Into<String>) -> Self {
        Self::Works { detail: detail.into() }
    }

    fn missed(detail: impl Into<String>) -> Self {
        Self::Missed { detail: detail.into() }
    }

    fn skipped(detail: impl Into<String>) -> Self {
        Self::Skipped { detail: detail.into() }
    }

    /// Whether the model does it.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Works { .. })
    }
}

/// What was found out about a model.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// Each ability with what came of it, in the order of [`Ability::ALL`].
    pub verdicts: Vec<(Ability, Verdict)>,
    /// Whether any answer held reasoning.
    pub reasons: bool,
    /// Whether the server told how many tokens it took.
    pub tells_usage: bool,
    /// How long until the first words of the first answer.
    pub first_words: Option<Duration>,
}

impl Report {
    /// Whether the model has an ability.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.verdicts.iter().any(|(held, verdict)| *held == ability && verdict.is_good())
    }
}

/// Asks a model for everything it may be able to do: at most six requests, of a few hundred tokens together.
///
/// What was found is told as it is found, to `heard`.
pub async fn probe(agent: &Agent, mut heard: impl FnMut(Ability, &Verdict)) -> Report {
    let mut asking = Asking::new(agent);
    let mut verdicts = Vec::new();
    for ability in Ability::ALL {
        let found = verdicts
            .iter()
            .any(|(held, verdict): &(Ability, Verdict)| *held == Ability::Chat && !verdict.is_good());
        let verdict = if found {
            Verdict::skipped("it does not answer")
        } else {
            checks::check(ability, &mut asking).await
        };
        heard(ability, &verdict);
        verdicts.push((ability, verdict));
    }
    Report {
        verdicts,
        reasons: asking.reasons,
        tells_usage: asking.tells_usage,
        first_words: asking.first_words,
    }
}
