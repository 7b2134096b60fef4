//! The cells of a Jupyter notebook, in the format of nbformat 4.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tau_core::ToolResultBlock;

use crate::builtin::support::{Budget, picture};
use crate::executor::ToolOutput;

/// The most characters of one output, and pictures of all.
const OUTPUT_CHARS: usize = 2_000;
const PICTURES: usize = 4;

/// Every cell with what it put out; `None` for what is no notebook.
pub(super) async fn cells(name: &str, content: &[u8]) -> Option<ToolOutput> {
    let notebook: Value = serde_json::from_slice(content).ok()?;
    let cells = notebook.get("cells")?.as_array()?;
    let mut text = format!(
        "`{name}` is a notebook of {} cells. To change it, edit its JSON text: grep shows lines of it.\n",
        cells.len()
    );
    let mut budget = Budget::default();
    let mut pictures = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let shown = shown(index, cell, &mut pictures).await;
        if !budget.take(shown.len()) {
            let _ = writeln!(text, "[{} more cells]", cells.len() - index);
            break;
        }
        text.push_str(&shown);
    }
    let mut blocks = vec![ToolResultBlock::text(text)];
    blocks.extend(pictures);
    Some(ToolOutput::blocks(blocks))
}

async fn shown(index: usize, cell: &Value, pictures: &mut Vec<ToolResultBlock>) -> String {
    let kind = cell.get("cell_type").and_then(Value::as_str).unwrap_or("unknown");
    let mut text = format!("\n## Cell {index} ({kind})\n{}", joined(cell.get("source")));
    end_line(&mut text);
    for output in cell.get("outputs").and_then(Value::as_array).into_iter().flatten() {
        let words = output_text(output, pictures).await;
        if !words.is_empty() {
            text.push_str("Output:\n");
            text.push_str(&cut(&words));
            end_line(&mut text);
        }
    }
    text
}

async fn output_text(output: &Value, pictures: &mut Vec<ToolResultBlock>) -> String {
    if let Some(error) = output.get("ename").and_then(Value::as_str) {
        return format!("{error}: {}", joined(output.get("evalue")));
    }
    let data = output.get("data");
    let encoded = ["image/png", "image/jpeg"].iter().find_map(|kind| data?.get(kind));
    if let Some(encoded) = encoded.filter(|_| pictures.len() < PICTURES) {
        let encoded: String = joined(Some(encoded)).split_whitespace().collect();
        let decoded = STANDARD.decode(encoded).unwrap_or_default();
        // What a provider could not read would fail the whole request.
        let Ok(picture) = picture(&decoded).await else {
            return "[a picture that cannot be shown]".to_owned();
        };
        pictures.push(picture.block());
        return format!("[picture {} below]", pictures.len());
    }
    let plain = data.and_then(|data| data.get("text/plain"));
    joined(output.get("text").or(plain))
}

/// Text, which the format also lets be a list of lines.
fn joined(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(lines)) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(OUTPUT_CHARS) {
        Some((end, _)) => format!("{}\n[{} more bytes]", &text[..end], text.len() - end),
        None => text.to_owned(),
    }
}

fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}
