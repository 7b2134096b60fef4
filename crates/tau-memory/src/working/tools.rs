//! Working memory as a tool of a model: its definition, and what a call does. Whoever runs tools wraps it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::MemoryError;
use super::features::{Feature, FeatureStatus};
use super::notes::NoteKind;
use super::path::NotePath;
use super::store::{Expected, WorkingMemory};
use super::version::Version;

/// The name of the tool.
pub const NAME: &str = "memory";

/// What the model is told of it.
pub const DESCRIPTION: &str = "Notes that outlive this session. Read them before a task that was begun earlier; write \
down what the next session has to know. Commands: list; read (path); write (path, text, and the version that was read, \
or none for a new note); append (path, text); edit (path, old, new); history, diff and restore (path, version: a hash, \
`previous`); note (kind: concept, guide, session or review; title, text); feature (id, and description to add it, or \
status: passes or fails).";

/// Bytes of an answer.
const ANSWER_BYTES: usize = 64 * 1024;

/// The JSON Schema of its arguments.
#[must_use]
pub fn schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "type": "object",
        "properties": {
            "command": {
                "type": "string",
                "enum": ["list", "read", "write", "append", "edit", "history", "diff", "restore", "note", "feature"],
            },
            "path": text("Path of a note, such as progress.md or guides/testing.md."),
            "text": text("The text."),
            "old": text("Text that the note has once."),
            "new": text("What takes its place."),
            "version": text("A version, its first characters, or `previous`."),
            "kind": {"type": "string", "enum": ["concept", "guide", "session", "review"]},
            "title": text("Title of a structured note."),
            "id": text("Name of a feature."),
            "description": text("What works when the feature works."),
            "status": {"type": "string", "enum": ["passes", "fails"]},
        },
        "required": ["command"],
        "additionalProperties": false,
    })
}

/// Whether a call leaves the notes as they are.
#[must_use]
pub fn only_reads(arguments: &Value) -> bool {
    matches!(arguments["command"].as_str(), Some("list" | "read" | "history" | "diff"))
}

#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
enum Call {
    List,
    Read { path: String },
    Write { path: String, text: String, version: Option<String> },
    Append { path: String, text: String },
    Edit { path: String, old: String, new: String },
    History { path: String },
    Diff { path: String, version: Option<String> },
    Restore { path: String, version: String },
    Note { kind: String, title: String, text: String },
    Feature { id: String, description: Option<String>, status: Option<FeatureStatus> },
}

/// Does what a call asks for. Both results are texts for the model.
///
/// # Errors
///
/// What is wrong with the arguments, or why it could not be done.
pub fn call(memory: &WorkingMemory, arguments: &Value) -> Result<String, String> {
    let call = Call::deserialize(arguments).map_err(|error| format!("the arguments are wrong: {error}"))?;
    let answer = answer(memory, call).map_err(|error| error.to_string())?;
    let kept = crate::text::cut_at_line(&answer, ANSWER_BYTES);
    if kept.len() == answer.len() {
        return Ok(answer);
    }
    Ok(format!("{kept}\n[first {} of {} bytes]", kept.len(), answer.len()))
}

fn answer(memory: &WorkingMemory, call: Call) -> Result<String, MemoryError> {
    match call {
        Call::List => overview(memory),
        Call::Read { path } => {
            let note = memory.read(&NotePath::new(&path)?)?;
            Ok(format!("version {}\n\n{}", note.version.short(), note.text))
        }
        Call::Write { path, text, version } => {
            let path = NotePath::new(&path)?;
            let expected = match version {
                Some(version) => Expected::At(memory.resolve(&path, &version)?),
                None => Expected::Absent,
            };
            memory.write(&path, &text, &expected).map(written)
        }
        Call::Append { path, text } => memory.append(&NotePath::new(&path)?, &text).map(written),
        Call::Edit { path, old, new } => memory.edit(&NotePath::new(&path)?, &old, &new).map(written),
        Call::History { path } => {
            let history = memory.history(&NotePath::new(&path)?)?;
            Ok(history.iter().rev().map(|it| format!("{} at {}\n", it.version.short(), it.at)).collect())
        }
        Call::Diff { path, version } => {
            let path = NotePath::new(&path)?;
            let from = memory.resolve(&path, version.as_deref().unwrap_or("previous"))?;
            memory.diff(&path, &from, &memory.resolve(&path, "latest")?)
        }
        Call::Restore { path, version } => {
            let path = NotePath::new(&path)?;
            let version = memory.resolve(&path, &version)?;
            let expected = memory.find(&path)?.map_or(Expected::Absent, |now| Expected::At(now.version));
            memory.restore(&path, &version, &expected).map(written)
        }
        Call::Note { kind, title, text } => {
            let invalid = || MemoryError::new(kind.clone(), super::MemoryErrorKind::InvalidPath);
            let kind = NoteKind::parse(&kind).ok_or_else(invalid)?;
            let (path, version) = memory.add_note(kind, &title, &text)?;
            Ok(format!("{path}: {}", written(version)))
        }
        Call::Feature { id, description, status } => {
            if let Some(description) = description {
                memory.add_features(vec![Feature::new(id.clone(), description, Vec::new())])?;
            }
            if let Some(status) = status {
                memory.set_feature(&id, status)?;
            }
            let (passing, all) = memory.features()?.score();
            Ok(format!("{passing} of {all} features pass"))
        }
    }
}

fn written(version: Version) -> String {
    format!("written, version {}", version.short())
}

fn overview(memory: &WorkingMemory) -> Result<String, MemoryError> {
    let paths = memory.list()?;
    if paths.is_empty() {
        return Ok("there are no notes yet".to_owned());
    }
    let notes: BTreeMap<_, _> = memory.notes()?.into_iter().map(|note| (note.path.clone(), note)).collect();
    let about = |path: &NotePath| {
        let note = notes.get(path);
        note.map(|note| format!(": {}. {}", note.title, note.summary)).unwrap_or_default()
    };
    Ok(paths.iter().map(|path| format!("{path}{}\n", about(path))).collect())
}
