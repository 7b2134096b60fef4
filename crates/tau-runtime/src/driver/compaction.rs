//! Making the history shorter: by rule at once, or by asking the model for a summary.

use tau_agent::{ChatRequest, WireCache};
use tau_core::event::CompactionStrategy;
use tau_core::{ChatResponse, Message, RunId};
use tau_session::compaction::{
    Compaction, Compactor, Pinned, SlidingWindow, Summary, SummaryRequest, Truncation,
};

use super::Session;
use super::model::{ModelCall, Purpose};
use crate::kernel::Input;

/// Messages that a sliding window keeps.
const WINDOW: usize = 20;

impl Session {
    /// Makes the history shorter before the request of a turn. Whatever goes wrong, the run goes on.
    pub(super) fn compact(&mut self, run: RunId, turn: u32, keep: String) {
        let strategy = self.policy().map(|(strategy, _)| strategy);
        let request = match strategy {
            Some(CompactionStrategy::Summary) => self.summary().request(self.state.history()),
            _ => None,
        };
        match request {
            Some(request) => {
                let system = self.state.config().map_or("", |config| &config.system);
                let chat = ChatRequest::new(&request.messages)
                    .with_system(system)
                    .with_tools(&self.client.definitions);
                // A cache of its own: that of the conversation holds what the next turns add to.
                let stream = self.client.agent.stream(chat, &mut WireCache::default());
                self.model =
                    Some(ModelCall { run, turn, stream, purpose: Purpose::Summary { request, keep } });
            }
            None => {
                let compaction = self.by_rule(strategy, &keep);
                self.queued.push_back(Input::Compacted { run, turn, compaction });
            }
        }
    }

    /// What the model's summary makes of the history; by rule when it gave none.
    pub(super) fn summarised(
        &self,
        request: SummaryRequest,
        keep: &str,
        reply: Option<&ChatResponse>,
    ) -> Option<Compaction> {
        let summary = reply.map(|reply| Message::assistant(reply.content.clone()).text()).unwrap_or_default();
        let usage = reply.and_then(|reply| reply.usage);
        request
            .answered(self.state.history(), &self.pinned(keep), &summary)
            .or_else(|| self.by_rule(None, keep))
            .map(|compaction| compaction.with_usage(usage))
    }

    fn by_rule(&self, strategy: Option<CompactionStrategy>, keep: &str) -> Option<Compaction> {
        let (_, target) = self.policy()?;
        let history = self.state.history();
        match strategy {
            Some(CompactionStrategy::SlidingWindow) => {
                SlidingWindow::new(WINDOW).compact(history, &self.pinned(keep), target)
            }
            _ => Truncation.compact(history, &self.pinned(keep), target),
        }
    }

    /// What outlives a compaction beside what people asked for.
    fn pinned(&self, keep: &str) -> Pinned {
        let plan = self.state.plan();
        let pinned = plan
            .map(|plan| Pinned::default().with("The plan that the user approved", plan))
            .unwrap_or_default();
        let skills = self.state.skills_in_use();
        let pinned = skills.fold(pinned, |pinned, (name, text)| {
            pinned.with(format!("The skill `{name}`, which is in use"), text)
        });
        if keep.is_empty() { pinned } else { pinned.with("What must not be lost", keep) }
    }

    /// A summary leaves half of what may stay to the newest messages.
    fn summary(&self) -> Summary {
        self.policy().map(|(_, target)| Summary::new(target / 2)).unwrap_or_default()
    }

    fn policy(&self) -> Option<(CompactionStrategy, u64)> {
        let policy = self.state.config()?.compaction.as_ref()?;
        Some((policy.strategy.clone(), policy.to_tokens))
    }
}
