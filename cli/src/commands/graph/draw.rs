//! `tau graph draw`.

use std::io::Write;
use std::path::Path;

use super::declaration;
use super::progress::print;
use crate::args::DrawGraphArgs;
use crate::exit::{Exit, UsageError};

/// Draws a graph.
pub(super) fn draw(args: &DrawGraphArgs) -> miette::Result<Exit> {
    let spec = declaration::read(&args.file)?;
    let graph = declaration::build(&spec, None, &args.file.display().to_string())?;
    let drawn = if args.svg { graph.to_svg() } else { graph.to_mermaid() };
    if args.output == Path::new("-") {
        print(&drawn);
        return Ok(Exit::Done);
    }
    let written =
        std::fs::File::create_new(&args.output).and_then(|mut file| file.write_all(drawn.as_bytes()));
    written.map_err(|error| {
        let message = format!("{} cannot be written: {error}", args.output.display());
        UsageError::new(message, "give a file that does not exist yet")
    })?;
    Ok(Exit::Done)
}
