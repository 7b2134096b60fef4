//! What a run shows: for people, as one JSON object, or as a stream of them.

mod json;
mod plain;
mod stream_json;
mod summary;
mod text;
mod time;

use std::io;

use tau_core::{Money, Prices};
use tau_proto::runtime::v1 as pb;
use tau_runtime::Update;

use crate::args::OutputFormat;

pub(crate) use plain::{describe, in_full, printable};
pub(crate) use stream_json::{Line, outcome_word};
pub(crate) use summary::{Summary, Tally, Usage, dollars, milliseconds};
pub(crate) use text::{plural, short, took};
pub(crate) use time::{clock, day_and_minute, rfc3339};

/// What is known when a run starts.
#[derive(Debug, Clone)]
pub(crate) struct Started {
    pub(crate) session_id: String,
    pub(crate) model: String,
    pub(crate) working_dir: String,
    pub(crate) tools: Vec<String>,
    /// Of the model, where they are known.
    pub(crate) prices: Option<Prices>,
}

impl Started {
    /// What the interface tells of a session.
    pub(crate) fn of(session: &pb::Session) -> Self {
        let config = &session.config;
        Self {
            session_id: session.session_id.clone(),
            model: config.model.clone(),
            working_dir: session.metadata.get("working_dir").cloned().unwrap_or_default(),
            tools: config.tools.iter().map(|tool| tool.definition.name.clone()).collect(),
            prices: config.prices.as_option().map(prices),
        }
    }
}

fn prices(prices: &pb::Prices) -> Prices {
    let money = |money: &pb::Money| Money::from_nanos(money.nanos);
    let mut read = Prices::new(money(&prices.input), money(&prices.output));
    read.cached_input = prices.cached_input.as_option().map(money);
    read.cache_write = prices.cache_write.as_option().map(money);
    read
}

/// A way to show a run. An error means that nobody can see it any more.
pub(crate) trait Renderer: Send {
    /// The run is about to start.
    fn start(&mut self, started: &Started) -> io::Result<()>;

    /// Something happened, or streams.
    fn update(&mut self, update: &Update) -> io::Result<()>;

    /// Something that people should know. It goes to standard error, so that no program reads it by mistake.
    fn note(&mut self, text: &str);

    /// The run is over.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;
}

/// The renderer of a format.
pub(crate) fn renderer(format: OutputFormat) -> Box<dyn Renderer> {
    match format {
        OutputFormat::Text => Box::new(text::Text::new()),
        OutputFormat::Json => Box::new(json::Json),
        OutputFormat::StreamJson => Box::new(stream_json::StreamJson::default()),
    }
}
