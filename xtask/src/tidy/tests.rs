//! Each rule against a small tree that breaks it, and the same tree mended.

mod architecture;
mod budgets;
mod docs;
mod exports;
mod layers;
mod manifests;
mod modules;
mod names;
mod words;

use std::fs;
use std::path::Path;

use crate::tidy;
use crate::tidy::tree::Tree;

/// A tree of two crates that keeps every rule.
const SOUND: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\n\
         tau-core = { path = \"crates/tau-core\" }\ntau-agent = { path = \"crates/tau-agent\" }\n\n[workspace.lints]\n",
    ),
    (
        "crates/tau-core/Cargo.toml",
        "[package]\nname = \"tau-core\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n",
    ),
    ("crates/tau-core/src/lib.rs", "//! The vocabulary.\n\nmod id;\n\npub use crate::id::Id;\n"),
    ("crates/tau-core/src/id.rs", "/// An id.\npub struct Id;\n"),
    (
        "crates/tau-agent/Cargo.toml",
        "[package]\nname = \"tau-agent\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n\
         [dependencies]\ntau-core.workspace = true\n",
    ),
    ("crates/tau-agent/src/lib.rs", "//! Talks to models.\n"),
    ("xtask/layers.toml", "[tau-core]\n\n[tau-agent]\ndeps = [\"tau-core\"]\n"),
    (
        "ARCHITECTURE.md",
        "# Architecture\n\n### `tau-core`\n\n**Invariant**: does no I/O.\n\n### `tau-agent`\n\n\
         **Invariant**: runs no tool.\n",
    ),
];

/// Stands for the text of a file that is to be removed.
const REMOVED: &str = "\0removed";

/// Breaks the sound tree, expects exactly these violations, mends it, and expects none.
#[track_caller]
fn check(broken: &[(&str, &str)], expected: &[&str], mended: &[(&str, &str)]) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), SOUND);
    write(dir.path(), broken);
    assert_eq!(violations(dir.path()), expected, "broken tree");
    write(dir.path(), mended);
    assert_eq!(violations(dir.path()), [] as [&str; 0], "mended tree");
}

fn violations(root: &Path) -> Vec<String> {
    tidy::check(&Tree::load(root).unwrap()).iter().map(ToString::to_string).collect()
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        if *text == REMOVED {
            fs::remove_file(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn the_sound_tree_has_no_violation() {
    check(&[], &[], &[]);
}

#[test]
fn a_file_that_does_not_parse_is_reported_where_it_breaks() {
    check(
        &[("crates/tau-core/src/id.rs", "/// An id.\npub struct Id = 1;\n")],
        &[
            "crates/tau-core/src/id.rs:2: syntax: does not parse: expected one of: `where`, parentheses, curly braces, \
           `;`; mend the syntax",
        ],
        &[("crates/tau-core/src/id.rs", "/// An id.\npub struct Id;\n")],
    );
}

#[test]
fn ignored_and_binary_files_and_fixtures_are_not_read() {
    let path = ["", "home", "ada"].join("/");
    check(
        &[
            (".gitignore", "/out\n"),
            ("out/notes.md", &path),
            ("image.bin", &format!("\0{path}")),
            ("crates/tau-core/tests/fixtures/broken.rs", "fn"),
        ],
        &[],
        &[],
    );
}
