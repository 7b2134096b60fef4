//! `tau schema`: formats, described for programs.

use std::io::{self, Write};

use schemars::{Schema, schema_for};
use tau_core::config::Config;
use tau_orchestrate::graph::declared::GraphSpec;

use super::permissions::Answer;
use super::sessions::{Found, Shown, Table};
use crate::args::{SchemaArgs, SchemaOf};
use crate::exit::Exit;
use crate::output::{Line, Summary};

/// Prints the JSON Schema of a format.
pub(crate) fn print(args: &SchemaArgs) -> Exit {
    let (title, mut schema): (&str, Schema) = match args.of {
        SchemaOf::Config => ("Configuration of tau", schema_for!(Config)),
        SchemaOf::Summary => ("Output of tau run --output json", schema_for!(Summary)),
        SchemaOf::StreamJson => ("A line of tau run --output stream-json", schema_for!(Line<'_>)),
        SchemaOf::Sessions => ("Output of tau sessions list --output json", schema_for!(Table)),
        SchemaOf::Session => ("Output of tau sessions show --output json", schema_for!(Shown)),
        SchemaOf::Permissions => ("A line of tau permissions check", schema_for!(Answer)),
        SchemaOf::Graph => ("A graph that tau graph runs", schema_for!(GraphSpec)),
        SchemaOf::Search => ("Output of tau sessions search --output json", schema_for!(Found)),
    };
    schema.insert("title".to_owned(), title.into());
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    // Output that nobody reads is no error of ours.
    let _ = writeln!(io::stdout(), "{text}");
    Exit::Done
}
