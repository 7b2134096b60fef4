//! No path of one machine and no registry host in a tracked file.

use crate::tidy::manifests::line_at;
use crate::tidy::tree::Tree;
use crate::tidy::violation::Violation;

const RULE: &str = "words";
/// Folders at the root of somebody's machine. Written apart, so that this file keeps its own rule.
const FOLDERS: [&str; 3] = ["home", "root", "work"];
/// Hosts of package registries, written apart for the same reason.
const HOSTS: [&[&str]; 3] = [&["index", "crates", "io"], &["registry", "npmjs", "org"], &["pypi", "org"]];
/// Written by cargo, not by us.
const EXCEPT: &str = "Cargo.lock";

/// Checks every text file.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let paths: Vec<String> = FOLDERS.iter().map(|folder| format!("/{folder}/")).collect();
    let hosts: Vec<String> = HOSTS.iter().map(|parts| parts.join(".")).collect();
    let mut violations = Vec::new();
    for file in tree.files.iter().filter(|file| !file.path.ends_with(EXCEPT)) {
        let text = file.text.as_str();
        let mut add = |offset, message| {
            violations.push(Violation::error(&file.path, line_at(text, offset), RULE, message));
        };
        for needle in &paths {
            for (offset, _) in
                text.match_indices(needle.as_str()).filter(|(at, _)| is_path(text, *at, needle))
            {
                let message = format!("an absolute path of one machine ({needle}...); use a relative one");
                add(offset, message);
            }
        }
        for needle in &hosts {
            for (offset, _) in text.match_indices(needle.as_str()) {
                let message =
                    format!("the host of a registry ({needle}); leave it to the tool's configuration");
                add(offset, message);
            }
        }
    }
    violations
}

/// Whether the match starts an absolute path and goes on: the middle of a longer path or of a URL does not, nor
/// does the folder alone.
fn is_path(text: &str, start: usize, needle: &str) -> bool {
    let before = &text[..start];
    let after = text[start + needle.len()..].chars().next();
    let middle = |c: char| c.is_alphanumeric() || "_-.~}])>*".contains(c);
    let inside = before.chars().next_back().is_some_and(middle) || before.ends_with(":/");
    !inside && after.is_some_and(|c| c.is_alphanumeric() || "_-.~".contains(c))
}
