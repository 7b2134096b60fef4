//! What a list says of a session: a fold of its events, kept beside them so that a list need not read them all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tau_core::event::{EventBody, SessionConfig, Spending, Timestamp};
use tau_core::{ContentBlock, Money, Prices, RunId, TokenUsage};
use tau_persist::{Holder, SessionInfo, Snapshot, Store, StoreError, event_hash};

use super::entry::{Entry, Unreadable};
use super::read::Reader;

/// The name of the cache. Another form of [`Digest`] needs another name.
const CACHE: &str = "tau-cli.digest.2";

/// Characters of the first prompt that are kept.
const PROMPT: usize = 200;

/// What a list says of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Digest {
    pub(crate) model: String,
    pub(crate) working_dir: Option<String>,
    /// Whether another session started it.
    pub(crate) is_subagent: bool,
    /// The beginning of the first prompt.
    pub(crate) prompt: String,
    pub(crate) turns: u32,
    pub(crate) tool_calls: u32,
    /// Without that of subagents, which may have other prices.
    usage: TokenUsage,
    subagents: Spending,
    prices: Option<Prices>,
    /// When the first event was decided.
    pub(crate) begun: Timestamp,
    /// Prompts whose work has not ended.
    unfinished: BTreeSet<RunId>,
    is_closed: bool,
}

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

impl Digest {
    /// Takes the next event in.
    pub(crate) fn apply(&mut self, time: Timestamp, body: &EventBody) {
        if self.begun == Timestamp::default() {
            self.begun = time;
        }
        match body {
            EventBody::SessionCreated(config) => self.create(config),
            EventBody::SessionForked { .. } => self.is_closed = false,
            EventBody::SessionClosed => self.is_closed = true,
            EventBody::PromptSubmitted { run, content } => {
                self.unfinished.insert(*run);
                if self.prompt.is_empty() {
                    self.prompt = beginning(content);
                }
            }
            EventBody::ModelReplied { response, .. } => {
                self.turns += 1;
                self.usage += response.usage.unwrap_or_default();
            }
            EventBody::ToolRequested { .. } => self.tool_calls += 1,
            EventBody::Compacted { usage, .. } => self.usage += usage.unwrap_or_default(),
            EventBody::SubagentFinished { spent, .. } => self.subagents += *spent,
            EventBody::Rewound { .. } => self.unfinished.clear(),
            EventBody::RunFinished { run, .. } => {
                self.unfinished.remove(run);
            }
            _ => {}
        }
    }

    fn create(&mut self, config: &SessionConfig) {
        self.model.clone_from(&config.model);
        self.prices.clone_from(&config.prices);
        self.is_subagent = config.parent.is_some();
        self.working_dir = config.metadata.get("working_dir").cloned();
    }

    /// Tokens, subagents included.
    pub(crate) fn usage(&self) -> TokenUsage {
        self.usage + self.subagents.usage
    }

    /// What it cost, as far as prices were configured.
    pub(crate) fn cost(&self) -> Option<Money> {
        self.prices.as_ref().map(|prices| prices.cost(&self.usage) + self.subagents.cost)
    }

    /// Whether the session waits for somebody, given who has it open.
    pub(crate) fn state(&self, holder: Option<&Holder>) -> State {
        match holder {
            Some(_) => State::InUse,
            None if self.is_closed => State::Closed,
            None if self.unfinished.is_empty() => State::Idle,
            None => State::Interrupted,
        }
    }
}

/// The digest of events, and why the first that cannot be read cannot.
pub(crate) fn digest_all(entries: &[Entry]) -> (Digest, Option<(u64, Unreadable)>) {
    let mut fold = Fold::default();
    entries.iter().for_each(|entry| fold.take(entry));
    (fold.digest, fold.unreadable)
}

/// What [`digest_of`] found out.
#[derive(Debug)]
pub(crate) struct Digested {
    pub(crate) digest: Digest,
    /// The first event that cannot be read, and why.
    pub(crate) unreadable: Option<(u64, Unreadable)>,
    /// Saves the next reader the work, unless there was nothing to do.
    pub(crate) cache: Option<Snapshot>,
    /// So many events were read.
    pub(crate) events: usize,
}

/// The digest of a session, from the cache as far as that goes.
pub(crate) async fn digest_of(store: &dyn Store, info: &SessionInfo) -> Result<Digested, StoreError> {
    let cached = store.snapshot(&info.session, CACHE).await?;
    let cached = cached.and_then(|cached| Some((cached.seq, serde_json::from_slice(&cached.body).ok()?)));
    let (after, digest) = cached.unwrap_or_default();
    let mut fold = Fold { digest, ..Fold::default() };
    let mut reader = Reader::after(store, &info.session, after, info.head);
    let mut last = None;
    loop {
        let page = reader.page().await?;
        let Some(end) = page.last() else { break };
        last = end.stored.as_ref().map(|stored| (stored.seq, event_hash(stored)));
        page.iter().for_each(|entry| fold.take(entry));
    }
    let Fold { digest, unreadable, events } = fold;
    // What cannot be read now may be by another version, so nothing is made of it.
    let cache = match (last, serde_json::to_vec(&digest)) {
        (Some((seq, hash)), Ok(body)) if unreadable.is_none() => {
            Some(Snapshot::new(info.session.clone(), CACHE, seq, hash, body))
        }
        _ => None,
    };
    Ok(Digested { digest, unreadable, cache, events })
}

#[derive(Default)]
struct Fold {
    digest: Digest,
    unreadable: Option<(u64, Unreadable)>,
    events: usize,
}

impl Fold {
    fn take(&mut self, entry: &Entry) {
        self.events += 1;
        match &entry.event {
            Ok(event) => self.digest.apply(event.header.time, &event.body),
            Err(why) if self.unreadable.is_none() => self.unreadable = Some((entry.seq, *why)),
            Err(_) => {}
        }
    }
}

/// The first words of a prompt, on one line.
fn beginning(content: &[ContentBlock]) -> String {
    let words = content.iter().filter_map(ContentBlock::as_text).flat_map(str::split_whitespace);
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
        if let Some((end, _)) = text.char_indices().nth(PROMPT) {
            text.truncate(end);
            break;
        }
    }
    text
}
