//! `tau config`: what is set, where from, and whether it is right.

use std::io::{self, Write};

use crate::args::{CheckArgs, ShowArgs};
use crate::config::{self, LoadError, Loaded, Setting};
use crate::exit::Exit;
use crate::session;

/// Prints the configuration in force.
pub(crate) fn show(args: &ShowArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let text = if args.origin {
        with_origins(&loaded.settings())
    } else {
        toml::to_string_pretty(&loaded.shown())
            .map_err(|error| miette::miette!("the configuration cannot be written as TOML: {error}"))?
    };
    print(&text);
    print_distrusted(&loaded);
    Ok(Exit::Done)
}

/// Checks every layer.
pub(crate) fn check(args: &CheckArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let problems = loaded.problems();
    if !problems.is_empty() {
        return Err(LoadError::from_problems(&problems).into());
    }
    session::check_names(&loaded)?;
    for file in &loaded.files {
        print(&format!("{}: ok\n", file.display()));
    }
    print("the configuration is right\n");
    print_distrusted(&loaded);
    Ok(Exit::Done)
}

/// One line for each value, with the layer it comes from.
fn with_origins(settings: &[Setting]) -> String {
    let width =
        settings.iter().map(|setting| setting.key.len() + setting.value.len() + 3).max().unwrap_or(0).min(60);
    settings
        .iter()
        .map(|Setting { key, value, origin }| format!("{:width$}  # {origin}\n", format!("{key} = {value}")))
        .collect()
}

fn print_distrusted(loaded: &Loaded) {
    if let Some(note) = loaded.distrust_note() {
        anstream::eprintln!("{note}");
    }
}

fn print(text: &str) {
    // Output that nobody reads is no error of ours.
    let _ = io::stdout().write_all(text.as_bytes());
}
