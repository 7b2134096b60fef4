//! What nodes work through: sessions of tau in this process, one for each task.
//!
//! The id of a session is made of that of the run, the task and a number, so whoever goes on with a run finds what its nodes did: a
//! session that came to its end is not asked again, and one that was interrupted goes on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;
use tau_core::SessionId;
use tau_core::config::Config;
use tau_orchestrate::graph::Context;
use tau_persist::SqliteStore;
use tau_persist::Store as _;
use tau_proto::runtime::v1 as pb;
use tau_runtime::{SessionOptions, Update};
use tokio::sync::mpsc;

use super::call::{Call, MODEL};
use super::error::NodeError;
use super::record::Record;
use crate::args::OutputFormat;
use crate::commands::work::{Begin, Work};
use crate::config::Loaded;
use crate::follow::{Audience, Lines, Updates};
use crate::host::{Keep, Local};
use crate::output::{Renderer, Started, Summary, describe};
use crate::remote;
use crate::session::{self, ChosenModel};
use crate::store::{Place, Reader};

/// The most sessions that one task may have had: one for each attempt.
const MOST: u32 = 1_000;

/// What a node wants done.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// That an agent works on a prompt.
    Agent { prompt: String, model: Option<String>, system: Option<String>, tools: Option<Vec<String>> },
    /// One call of a tool.
    Call { call: Call, repeatable: bool },
}

/// Sessions of tau in this process, as its configuration says.
pub(super) struct Hands {
    /// That of the run.
    id: String,
    local: Local,
    loaded: Loaded,
    place: Place,
    store: Arc<SqliteStore>,
    audience: Audience,
    /// Only one asks at a time.
    turn: Arc<Mutex<()>>,
}

/// How a task's session is found.
enum Found {
    /// There is none yet.
    Nothing,
    /// It was made and has no prompt.
    Unprompted,
    /// Its work is not over. So much of it is done.
    Interrupted(Record),
    Over(Record),
}

impl Hands {
    pub(super) async fn start(
        id: &str,
        loaded: Loaded,
        place: Place,
        audience: Audience,
    ) -> miette::Result<Self> {
        let store = Arc::new(place.open_to_write()?);
        let model = loaded.config.model.clone().unwrap_or_default();
        let local = Local::start_empty(Keep::Here(Arc::clone(&store)), &model, Vec::new()).await?;
        Ok(Self { id: id.to_owned(), local, loaded, place, store, audience, turn: Arc::default() })
    }

    /// Ends what is under way, to go on when the run is resumed.
    pub(super) async fn end(self) {
        self.local.end().await;
    }

    /// Does what a node wants, unless it was done before.
    pub(super) async fn work(&self, context: &Context, order: &Order) -> Result<Record, NodeError> {
        let run = context.idempotency_key().ok_or_else(|| NodeError::failed("the run is kept nowhere"))?;
        for number in 1..=MOST {
            let id = SessionId::derive(&[self.id.as_bytes(), run.as_bytes(), &number.to_be_bytes()]);
            let found = self.find(id).await.map_err(failed)?;
            let record = match found {
                Found::Over(record) if order.check(&record).is_ok() => return Ok(record),
                // What failed before is tried again.
                Found::Over(_) => continue,
                found => self.work_in(id, found, context, order).await.map_err(failed)?,
            };
            if record.is_unknown() && matches!(order, Order::Call { repeatable: true, .. }) {
                continue;
            }
            return order.check(&record).map(|()| record);
        }
        Err(NodeError::failed(format!("it was tried {MOST} times")))
    }

    async fn find(&self, id: SessionId) -> miette::Result<Found> {
        let session =
            tau_persist::SessionId::new(id.to_string()).map_err(|error| miette::miette!("{error}"))?;
        let store = &*self.store;
        let head = store.head(&session).await.map_err(|error| self.place.failed(&error))?;
        let Some(head) = head else { return Ok(Found::Nothing) };
        let entries = Reader::after(store, &session, 0, head).rest().await;
        let entries = entries.map_err(|error| self.place.failed(&error))?;
        let mut record = Record::default();
        for entry in &entries {
            match &entry.event {
                Ok(event) => record.take(&event.body),
                Err(_) => return Err(miette::miette!("session {id} is damaged: `tau sessions verify {id}`")),
            }
        }
        Ok(match (entries.is_empty(), record.is_over(), record.is_prompted) {
            (true, ..) => Found::Nothing,
            (_, true, _) => Found::Over(record),
            (_, _, true) => Found::Interrupted(record),
            (_, _, false) => Found::Unprompted,
        })
    }

    async fn work_in(
        &self,
        id: SessionId,
        found: Found,
        context: &Context,
        order: &Order,
    ) -> miette::Result<Record> {
        let mut options = self.options(id, order).await?;
        let metadata = &mut options.config.metadata;
        let run = context.run().map(ToString::to_string).unwrap_or_default();
        metadata.insert("graph_run".to_owned(), run);
        metadata.insert("graph_node".to_owned(), context.node().to_owned());
        self.local.prepare(id, options);
        let new = || Some(order.prompt(context.node()));
        let (begin, prompt, record) = match found {
            Found::Nothing => {
                let request = pb::CreateSessionRequest { session_id: id.to_string(), ..Default::default() };
                (Begin::Create(Box::new(request)), new(), Record::default())
            }
            Found::Unprompted => (Begin::Resume(Box::default()), new(), Record::default()),
            Found::Interrupted(record) | Found::Over(record) => (Begin::Resume(Box::default()), None, record),
        };
        let record = Arc::new(Mutex::new(record));
        let session = self.local.client().session(id.to_string());
        let updates = Updates::when_live(&session).await.map_err(remote::failed)?;
        let watch = Watch { context: context.clone(), record: Arc::clone(&record) };
        let renderer: Box<dyn Renderer> = Box::new(watch);
        let work = Work { session, begin, updates, prompt, renderer, output: OutputFormat::StreamJson };
        let who = context.node().into();
        let lines = Lines::Shared { turn: Arc::clone(&self.turn), who };
        // Nobody sends: whoever interrupts stops the run, and its sessions with it.
        let (_nobody, mut interrupts) = mpsc::channel(1);
        let summary = work.run_among(self.audience, lines, &mut interrupts).await?.into_summary();
        let record = lock(&record).clone();
        if record.is_over() {
            return Ok(record);
        }
        Err(miette::miette!("{}", summary.error.unwrap_or_else(|| "its session was cut short".to_owned())))
    }

    async fn options(&self, id: SessionId, order: &Order) -> miette::Result<SessionOptions> {
        let kept = Some((&self.place, id));
        match order {
            Order::Agent { model, system, tools, .. } => {
                let mut layer = Config::default();
                layer.model.clone_from(model);
                layer.agent.system_prompt.clone_from(system);
                layer.agent.tools.clone_from(tools);
                let Loaded { working_dir, project_root, .. } = &self.loaded;
                let loaded = self.loaded.with_request(layer, working_dir.clone(), project_root);
                Ok(session::options(&loaded, kept).await?.0)
            }
            Order::Call { call, .. } => {
                let chosen = ChosenModel { agent: call.agent()?, name: MODEL.to_owned(), note: None };
                let (mut options, notes) =
                    session::options_for_call(&self.loaded, chosen, kept, &call.tool).await?;
                let only = options.tools.select(std::slice::from_ref(&call.tool));
                options.tools =
                    only.map_err(|problem| miette::miette!(help = notes.join("\n"), "{problem}"))?;
                // Nobody reads them.
                options.config.tools.clear();
                options.config.system.clear();
                Ok(options)
            }
        }
    }
}

impl Order {
    fn prompt(&self, node: &str) -> String {
        match self {
            Self::Agent { prompt, .. } => prompt.clone(),
            Self::Call { call, .. } => call.prompt(node),
        }
    }

    fn check(&self, record: &Record) -> Result<(), NodeError> {
        match self {
            Self::Agent { .. } => record.check(),
            Self::Call { .. } => record.check_call(),
        }
    }
}

fn failed(report: miette::Report) -> NodeError {
    let help = report.help().map(|help| format!("; {help}")).unwrap_or_default();
    NodeError::new(format!("{report}{help}"), crate::exit::of_report(&report))
}

/// Nothing that panics is done under the lock.
fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells whoever follows the run what a session does.
struct Watch {
    context: Context,
    record: Arc<Mutex<Record>>,
}

impl Watch {
    /// Nobody need listen.
    fn tell(&self, message: serde_json::Value) {
        let _ = self.context.emit(message);
    }
}

impl Renderer for Watch {
    fn start(&mut self, started: &Started) -> std::io::Result<()> {
        self.tell(json!({ "session": started.session_id }));
        Ok(())
    }

    fn update(&mut self, update: &Update) -> std::io::Result<()> {
        use tau_core::event::EventBody;
        let Update::Event(event) = update else { return Ok(()) };
        let mut record = lock(&self.record);
        record.take(&event.body);
        match &event.body {
            EventBody::ToolRequested { call, .. } => {
                self.tell(json!({ "tool": call.name, "about": describe(call) }));
            }
            EventBody::ToolFinished { result, .. } if result.is_error => {
                let tool = record.tool(result.call_id.as_str());
                self.tell(json!({ "tool": tool, "failed": true }));
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, text: &str) {
        self.tell(json!({ "note": text }));
    }

    fn finish(&mut self, _: &Summary) -> std::io::Result<()> {
        Ok(())
    }
}
