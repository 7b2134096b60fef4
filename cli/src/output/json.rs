//! One JSON object, when it is over.

use std::io::{self, Write};

use tau_runtime::Update;

use super::{Renderer, Started, Summary};

/// Says nothing on standard output until the end.
pub(super) struct Json;

impl Renderer for Json {
    fn start(&mut self, _: &Started) -> io::Result<()> {
        Ok(())
    }

    fn update(&mut self, _: &Update) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, text: &str) {
        anstream::eprintln!("{text}");
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        let mut out = io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, summary)?;
        writeln!(out)
    }
}
