//! Context: what callers add to a session, and what fills the model's window.

use std::sync::Arc;

use tau_core::event::{Event, Seq};
use tau_core::{ContentBlock, Message, SessionId, ToolDefinition};
use tau_proto::runtime::v1 as pb;
use tau_session::ContextReport;
use tau_tools::environment::{EnvironmentErrorKind, WorkspacePath};

use super::{Core, session_id};
use crate::kernel::State;
use crate::server::failure::Failure;
use crate::server::reason::Reason;
use crate::server::wire::{self, Entry, Reference};

/// The largest file that is taken as context, in bytes.
const FILE_BYTES: u64 = 4 << 20;

impl Core {
    pub(super) async fn inject(
        &self,
        request: pb::InjectContextRequest,
    ) -> Result<pb::InjectContextResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let handle = self.live(id).await?;
        let content = self.content(id, wire::read_entries("context", request.context)?).await?;
        let seq = handle.inject(content).await.map_err(|error| Failure::of_handle(id, &error))?;
        Ok(pb::InjectContextResponse { seq: seq.0, ..Default::default() })
    }

    /// What entries say, as the journal will hold it: references are looked up now, once.
    pub(super) async fn content(
        &self,
        session: SessionId,
        entries: Vec<Entry>,
    ) -> Result<Vec<ContentBlock>, Failure> {
        let mut content = Vec::new();
        for entry in entries {
            match entry {
                Entry::Content(blocks) => content.extend(blocks),
                Entry::Reference { name, target: Reference::File(path) } => {
                    content.extend(self.file(session, &name, &path).await?);
                }
                Entry::Reference { name, target: Reference::Session { session, after, through } } => {
                    let events = self.runtime.events(session).await?;
                    content.extend(wire::quotation(&name, &conversation(&events, after, through)));
                }
            }
        }
        Ok(content)
    }

    /// A file of the session's environment, read with the session's own rights.
    async fn file(&self, session: SessionId, name: &str, path: &str) -> Result<Vec<ContentBlock>, Failure> {
        let live = self.session(session).await?;
        let files = live.files();
        let place = WorkspacePath::parse(files.root(), path);
        let place =
            place.map_err(|error| Failure::new(Reason::OutsideEnvironment, format!("{path}: {error}")))?;
        let bytes = files.read(&place, FILE_BYTES).await.map_err(|error| {
            let reason = match error.kind() {
                EnvironmentErrorKind::Outside => Reason::OutsideEnvironment,
                EnvironmentErrorKind::Lost => Reason::EnvironmentLost,
                EnvironmentErrorKind::TooLarge => Reason::ContextNotSupported,
                _ => Reason::FileNotFound,
            };
            Failure::new(reason, format!("{path}: {error}"))
        })?;
        let name = if name.is_empty() { path } else { name };
        Ok(wire::file(name, "text/plain", &bytes).map_err(|error| error.within("reference"))?)
    }

    pub(super) async fn inspect(
        &self,
        request: &pb::InspectContextRequest,
    ) -> Result<pb::InspectContextResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let events = match self.runtime.handle(id).await {
            Some(handle) => handle.events(Seq::default()),
            None => self.runtime.events(id).await?,
        };
        let state = State::fold(events.iter().map(|event| &event.body));
        let config = state.config();
        let told = config.into_iter().flat_map(|config| &config.tools).filter(|tool| !tool.deferred);
        let tools: Vec<ToolDefinition> = told.map(|tool| tool.definition.clone()).collect();
        let system = config.map(|config| config.system.as_str()).unwrap_or_default();
        let report = ContextReport::new(system, &tools, state.history());
        let messages = request.include_messages.then(|| state.history().messages());
        let compaction = config.and_then(|config| config.compaction.as_ref());
        Ok(pb::InspectContextResponse {
            seq: state.seq().0,
            report: Some(wire::context_report(&report)).into(),
            context_tokens: state.history().context_tokens(),
            compact_at_tokens: compaction.map(|compaction| compaction.at_tokens),
            messages: messages.into_iter().flatten().map(|message| wire::message(message)).collect(),
            ..Default::default()
        })
    }
}

/// A part of a session's conversation.
fn conversation(events: &[Arc<Event>], after: Seq, through: Option<Seq>) -> Vec<Message> {
    let fold = |place: Seq| {
        let count = usize::try_from(place.0).unwrap_or(usize::MAX);
        State::fold(events.iter().take(count).map(|event| &event.body))
    };
    let (before, all) = (fold(after), fold(through.unwrap_or(Seq(u64::MAX))));
    let skipped = before.history().messages().len();
    all.history().messages().iter().skip(skipped).map(|message| (**message).clone()).collect()
}
