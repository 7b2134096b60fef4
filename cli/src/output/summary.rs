//! What a run came to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;
use tau_core::event::{BudgetLimit, DenialReason, EventBody, RunOutcome, Spending, ToolOutcome};
use tau_core::{Message, Money, Prices, RunId, TokenUsage};
use tau_runtime::Update;

use crate::exit::Exit;

/// What a run came to, as `--output json` prints it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// How the run ended.
    pub(crate) outcome: Outcome,
    /// The words of the model's last reply.
    pub(crate) result: String,
    /// What went wrong, when it failed, or which budget is used up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// Replies of the model.
    pub(crate) turns: u32,
    /// Calls of tools.
    pub(crate) tool_calls: u32,
    /// Tools that needed permission when nobody was there to give it.
    pub(crate) denied: Vec<String>,
    /// Tokens, as the provider counted them, those of shortening the conversation included.
    pub(crate) usage: Usage,
    /// US dollars, as a decimal number; absent for models whose prices are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<String>,
    /// What the run and its subagents took together; absent when it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tree: Option<Tree>,
    /// Milliseconds from the prompt to the end.
    pub(crate) duration_ms: u64,
    /// What the program exits with.
    pub(crate) exit_code: u8,
}

/// What a run and its subagents took together.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Tree {
    /// Replies of models.
    pub(crate) turns: u32,
    /// Calls of tools.
    pub(crate) tool_calls: u32,
    /// Tokens, as the providers counted them.
    pub(crate) usage: Usage,
    /// US dollars, as a decimal number, as far as prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<String>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The model had nothing more to do.
    Completed,
    /// The limit of turns was met.
    TurnLimit,
    /// The budget of tokens, money, tool calls or time was used up.
    BudgetExceeded,
    /// It was cancelled.
    Cancelled,
    /// It failed.
    Failed,
}

/// Tokens, as the provider counted them.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct Usage {
    /// Tokens read, cached ones included.
    pub(crate) input: u64,
    /// Of the input: read from the provider's cache.
    pub(crate) cached_input: u64,
    /// Of the input: written to the provider's cache.
    pub(crate) cache_write: u64,
    /// Tokens written, reasoning included.
    pub(crate) output: u64,
    /// Of the output: reasoning.
    pub(crate) reasoning: u64,
}

impl From<TokenUsage> for Usage {
    fn from(usage: TokenUsage) -> Self {
        let TokenUsage { input, cached_input, cache_write, output, reasoning } = usage;
        Self { input, cached_input, cache_write, output, reasoning }
    }
}

impl Summary {
    pub(crate) fn exit(&self) -> Exit {
        match self.outcome {
            Outcome::Failed => Exit::Failed,
            Outcome::Cancelled => Exit::Interrupted,
            Outcome::BudgetExceeded => Exit::Budget,
            Outcome::TurnLimit => Exit::TurnLimit,
            Outcome::Completed if !self.denied.is_empty() => Exit::Denied,
            Outcome::Completed => Exit::Done,
        }
    }
}

/// Counts while a run goes on.
#[derive(Debug)]
pub(crate) struct Tally {
    started: Instant,
    turns: u32,
    tool_calls: u32,
    usage: TokenUsage,
    /// Those at the prices of the session's model.
    priced: TokenUsage,
    /// What other models cost that answered in its place.
    others: Option<Money>,
    /// What subagents took that ended.
    subagents: Option<Spending>,
    result: String,
    /// The tools of calls, by the ids of those.
    calls: BTreeMap<String, String>,
    denied: BTreeSet<String>,
    outcome: Option<RunOutcome>,
    /// Why the session could not go on.
    failure: Option<String>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            turns: 0,
            tool_calls: 0,
            usage: TokenUsage::default(),
            priced: TokenUsage::default(),
            others: None,
            subagents: None,
            result: String::new(),
            calls: BTreeMap::new(),
            denied: BTreeSet::new(),
            outcome: None,
            failure: None,
        }
    }

    /// Counts an update. Gives the run that it ends.
    pub(crate) fn count(&mut self, update: &Update) -> Option<RunId> {
        let Update::Event(event) = update else { return None };
        match &event.body {
            EventBody::ModelReplied { response, .. } => {
                self.turns += 1;
                let usage = response.usage.unwrap_or_default();
                self.usage += usage;
                match response.cost {
                    Some(cost) => *self.others.get_or_insert_default() += cost,
                    None => self.priced += usage,
                }
                self.result = Message::assistant(response.content.clone()).text();
            }
            EventBody::Compacted { usage, .. } => {
                self.usage += usage.unwrap_or_default();
                self.priced += usage.unwrap_or_default();
            }
            EventBody::SubagentFinished { spent, .. } => {
                *self.subagents.get_or_insert_default() += *spent;
            }
            EventBody::ToolRequested { call, .. } => {
                self.tool_calls += 1;
                self.learn(call.id.as_str(), &call.name);
            }
            EventBody::ToolFinished {
                outcome: ToolOutcome::Denied { reason: DenialReason::NobodyToAsk },
                result,
                ..
            } => {
                self.denied.extend(self.calls.get(result.call_id.as_str()).cloned());
            }
            EventBody::RunStarted { .. } => self.outcome = None,
            EventBody::RunFinished { run, outcome } => {
                self.outcome = Some(outcome.clone());
                return Some(*run);
            }
            _ => {}
        }
        None
    }

    /// Remembers the tool of a call that was there before; it is not counted.
    pub(crate) fn learn(&mut self, call_id: &str, tool: &str) {
        self.calls.insert(call_id.to_owned(), tool.to_owned());
    }

    /// A tool of a subagent needed permission when nobody was there to give it.
    pub(crate) fn deny(&mut self, tool: &str) {
        self.denied.insert(tool.to_owned());
    }

    /// Whether the run came to its own end.
    pub(crate) const fn is_finished(&self) -> bool {
        self.outcome.is_some()
    }

    /// The session could not go on.
    pub(crate) fn fail(&mut self, why: String) {
        self.failure = Some(why);
    }

    /// What it came to. A run that was torn down before it ended counts as cancelled.
    pub(crate) fn summary(self, prices: Option<&Prices>) -> Summary {
        let (outcome, error) = match self.outcome {
            None if self.failure.is_some() => (Outcome::Failed, self.failure),
            Some(RunOutcome::Completed) => (Outcome::Completed, None),
            Some(RunOutcome::TurnLimit { .. }) => (Outcome::TurnLimit, None),
            Some(RunOutcome::BudgetExceeded { limit }) => {
                (Outcome::BudgetExceeded, Some(used_up(limit).to_owned()))
            }
            Some(RunOutcome::Failed { failure }) => (Outcome::Failed, Some(failure.message)),
            Some(RunOutcome::Denied { message }) => {
                (Outcome::Failed, Some(format!("a hook did not let the run go on: {message}")))
            }
            _ => (Outcome::Cancelled, None),
        };
        let own = prices.map(|prices| prices.cost(&self.priced));
        let cost = self.others.map_or(own, |others| Some(own.unwrap_or_default() + others));
        let tree = self.subagents.map(|spent| {
            let total = cost.unwrap_or_default() + spent.cost;
            Tree {
                turns: self.turns + spent.turns,
                tool_calls: self.tool_calls + spent.tool_calls,
                usage: (self.usage + spent.usage).into(),
                cost: (cost.is_some() || total > Money::ZERO).then(|| dollars(total)),
            }
        });
        let mut summary = Summary {
            outcome,
            result: self.result,
            error,
            turns: self.turns,
            tool_calls: self.tool_calls,
            denied: self.denied.into_iter().collect(),
            usage: self.usage.into(),
            cost: cost.map(dollars),
            tree,
            duration_ms: milliseconds(self.started.elapsed()),
            exit_code: 0,
        };
        summary.exit_code = summary.exit() as u8;
        summary
    }
}

const fn used_up(limit: BudgetLimit) -> &'static str {
    match limit {
        BudgetLimit::Tokens => "the budget of tokens is used up (raise it with --max-tokens)",
        BudgetLimit::Cost => "the budget of money is used up (raise it with --max-cost)",
        BudgetLimit::ToolCalls => "the budget of tool calls is used up (raise it with --max-tool-calls)",
        BudgetLimit::WallTime => "the time for the run is used up",
        _ => "the budget is used up",
    }
}

/// An amount as a decimal number.
pub(crate) fn dollars(cost: Money) -> String {
    cost.to_string().trim_start_matches('$').to_owned()
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
