//! What stands in a folder.

use std::fmt::Write;

use crate::builtin::support::{Budget, shown};
use crate::environment::{DirectoryEntry, FileKind};

const ENTRIES: usize = 1_000;

pub(super) fn listing(name: &str, entries: &[DirectoryEntry]) -> String {
    let mut text = format!("`{name}` is a folder with {} entries", entries.len());
    text.push_str(if entries.is_empty() { "." } else { ":" });
    let mut budget = Budget::default();
    for (index, entry) in entries.iter().enumerate() {
        let mark = match entry.kind {
            FileKind::Directory => "/",
            FileKind::File => "",
            FileKind::Other => " (neither file nor folder, or a link that leads nowhere)",
        };
        let line = format!("\n{}{mark}", shown(&entry.name));
        if index == ENTRIES || !budget.take(line.len()) {
            let _ = write!(text, "\n[{} more entries]", entries.len() - index);
            break;
        }
        text.push_str(&line);
    }
    text
}
