//! What a run shows: for people, as one JSON object, or as a stream of them.

mod json;
mod plain;
mod stream_json;
mod summary;
mod text;
mod time;

use std::io;

use tau_core::event::EventBody;
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
}

/// A way to show a run. An error means that nobody can see it any more.
pub(crate) trait Renderer {
    /// The run is about to start.
    fn start(&mut self, started: &Started) -> io::Result<()>;

    /// Takes in an event that was there before; it is not shown.
    fn catch_up(&mut self, _: &EventBody) {}

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
