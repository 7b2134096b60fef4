//! The kernel's side of the boundary names no extension.

use std::collections::BTreeSet;

use crate::tidy::manifests::line_at;
use crate::tidy::tree::Tree;
use crate::tidy::violation::Violation;

const RULE: &str = "names";

/// Checks every text file of the crates and of the interface for the names of the folders in `extensions/`, as crates and
/// as modules are written. What is named is sooner or later relied on.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let extensions: BTreeSet<&str> = tree
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("extensions/")?.split_once('/'))
        .map(|(name, _)| name)
        .collect();
    let needles: Vec<String> =
        extensions.iter().flat_map(|name| [(*name).to_owned(), name.replace('-', "_")]).collect();
    let is_kernel = |path: &str| path.starts_with("crates/") || path.starts_with("proto/");
    // Manifests are judged by the rule of the layers.
    let kernel = tree.files.iter().filter(|file| is_kernel(&file.path) && !file.path.ends_with("Cargo.toml"));
    let mut violations = Vec::new();
    for file in kernel {
        for needle in &needles {
            for (offset, _) in file.text.match_indices(needle.as_str()) {
                let message =
                    format!("the kernel's side names the extension `{needle}`; say what it does instead");
                violations.push(Violation::error(&file.path, line_at(&file.text, offset), RULE, message));
            }
        }
    }
    violations
}
