//! `tau memory`: the instructions and notes of a project.

use std::io::{self, IsTerminal, Read};
use std::process::Command;

use tau_core::event::Timestamp;
use tau_memory::WorkingMemory;
use tau_memory::working::{Expected, MemoryError, NotePath};

use crate::args::{DiffMemoryArgs, EditMemoryArgs, MemoryCommand, RestoreMemoryArgs, ShowMemoryArgs};
use crate::config;
use crate::exit::{Exit, UsageError};
use crate::output::{printable, rfc3339};
use crate::{environment, knowledge};

pub(crate) fn run(command: &MemoryCommand) -> miette::Result<Exit> {
    match command {
        MemoryCommand::Show(args) => show(args),
        MemoryCommand::Edit(args) => edit(args),
        MemoryCommand::Diff(args) => diff(args),
        MemoryCommand::Restore(args) => restore(args),
    }
}

fn show(args: &ShowMemoryArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let notes = knowledge::notes(&loaded);
    let Some(path) = &args.path else {
        let context = knowledge::instructions(&loaded).load();
        for section in &context.sections {
            say(&format!("{}  instructions, {} bytes", section.path.display(), section.text.len()));
        }
        for rule in &context.conditional {
            say(&format!("{}  instructions for {}", rule.path.display(), rule.globs.join(", ")));
        }
        for skipped in &context.skipped {
            anstream::eprintln!("! {}", printable(&skipped.to_string()));
        }
        for path in notes.list().map_err(report)? {
            say(&format!("{path}  note"));
        }
        return Ok(Exit::Done);
    };
    let path = note(path)?;
    if args.history {
        for revision in notes.history(&path).map_err(report)?.iter().rev() {
            say(&format!(
                "{}  {}",
                revision.version.short(),
                rfc3339(Timestamp(revision.at.saturating_mul(1_000)))
            ));
        }
    } else {
        let stored = notes.read(&path).map_err(report)?;
        anstream::eprintln!("version {}", stored.version.short());
        say(stored.text.trim_end());
    }
    Ok(Exit::Done)
}

/// The note is replaced only if nobody changed it while it was edited.
fn edit(args: &EditMemoryArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let (notes, path) = (knowledge::notes(&loaded), note(&args.path)?);
    let current = notes.find(&path).map_err(report)?;
    let (old, expected) = match current {
        Some(current) => (current.text, Expected::At(current.version)),
        None => (String::new(), Expected::Absent),
    };
    let text = if io::stdin().is_terminal() { edited(&old)? } else { standard_input()? };
    if text == old {
        anstream::eprintln!("nothing changed");
        return Ok(Exit::Done);
    }
    let version = notes.write(&path, &text, &expected).map_err(report)?;
    say(&format!("{path} is at version {}", version.short()));
    Ok(Exit::Done)
}

fn standard_input() -> miette::Result<String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| miette::miette!("standard input: {error}"))?;
    Ok(text)
}

/// What a text is after the user's editor.
fn edited(text: &str) -> miette::Result<String> {
    let editor = environment::variable("VISUAL").or_else(|| environment::variable("EDITOR"));
    let editor =
        editor.ok_or_else(|| UsageError::new("there is no editor", "set EDITOR, or pipe the text in"))?;
    let io = |error: io::Error| miette::miette!("the note cannot be edited: {error}");
    let file = tempfile::Builder::new().suffix(".md").tempfile().map_err(io)?;
    std::fs::write(file.path(), text).map_err(io)?;
    // As git does: the variable may have arguments in it.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("vi");
    let status = Command::new(program).args(words).arg(file.path()).status().map_err(io)?;
    if !status.success() {
        return Err(miette::miette!("the editor failed; nothing was changed"));
    }
    std::fs::read_to_string(file.path()).map_err(io)
}

fn diff(args: &DiffMemoryArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let (notes, path) = (knowledge::notes(&loaded), note(&args.path)?);
    let version = |prefix: &str| notes.resolve(&path, prefix).map_err(report);
    let diff = notes.diff(&path, &version(&args.from)?, &version(&args.to)?).map_err(report)?;
    say(diff.trim_end());
    Ok(Exit::Done)
}

fn restore(args: &RestoreMemoryArgs) -> miette::Result<Exit> {
    let loaded = config::load(&args.common, None)?;
    let (notes, path) = (knowledge::notes(&loaded), note(&args.path)?);
    let version = notes.resolve(&path, &args.version).map_err(report)?;
    let expected = expected(&notes, &path)?;
    let version = notes.restore(&path, &version, &expected).map_err(report)?;
    say(&format!("{path} is at version {}", version.short()));
    Ok(Exit::Done)
}

fn expected(notes: &WorkingMemory, path: &NotePath) -> miette::Result<Expected> {
    let current = notes.find(path).map_err(report)?;
    Ok(current.map_or(Expected::Absent, |current| Expected::At(current.version)))
}

fn note(path: &str) -> miette::Result<NotePath> {
    NotePath::new(path).map_err(report)
}

fn say(text: &str) {
    anstream::println!("{}", printable(text));
}

fn report(error: MemoryError) -> miette::Report {
    miette::miette!("{error}")
}
