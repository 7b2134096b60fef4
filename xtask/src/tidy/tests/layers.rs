use super::{REMOVED, check};

const CORE: &str = "[package]\nname = \"tau-core\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n";
const AGENT: &str = "[package]\nname = \"tau-agent\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n";
const ARCHITECTURE: &str = "# `tau-core`, `tau-agent`, `tau-proto`, `tau-store`\n\n**Invariant**: one.\n";

/// The root manifest of a tree with an extension and the interface.
const WITH_EXTENSION: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\", \"extensions/*\"]\n\n\
    [workspace.dependencies]\ntau-core = { path = \"crates/tau-core\" }\n\
    tau-proto = { path = \"crates/tau-proto\" }\ntau-store = { path = \"extensions/tau-store\" }\n\n[workspace.lints]\n";

fn manifest(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n{rest}")
}

#[test]
fn an_edge_has_to_be_allowed_for_its_kind() {
    for (table, line, how) in [
        ("dependencies", 9, "depend"),
        ("build-dependencies", 9, "depend"),
        ("target.'cfg(unix)'.dependencies", 9, "depend"),
        ("dev-dependencies", 9, "dev-depend"),
    ] {
        let agent = manifest("tau-agent", &format!("[{table}]\ntau-core.workspace = true\n"));
        check(
            &[("crates/tau-agent/Cargo.toml", &agent), ("xtask/layers.toml", "[tau-core]\n[tau-agent]\n")],
            &[&format!(
                "crates/tau-agent/Cargo.toml:{line}: layers: tau-agent may not {how} on tau-core; remove the edge, \
                 or allow it in xtask/layers.toml if the design changed"
            )],
            &[("crates/tau-agent/Cargo.toml", AGENT)],
        );
    }
}

#[test]
fn an_edge_of_tests_is_no_edge_of_the_crate() {
    check(
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\ndev = [\"tau-core\"]\n")],
        &[
            "crates/tau-agent/Cargo.toml:9: layers: tau-agent may not depend on tau-core; remove the edge, or allow \
           it in xtask/layers.toml if the design changed",
        ],
        &[(
            "crates/tau-agent/Cargo.toml",
            &manifest("tau-agent", "[dev-dependencies]\ntau-core.workspace = true\n"),
        )],
    );
}

#[test]
fn an_optional_edge_stays_behind_its_feature() {
    check(
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\noptional = [\"tau-core\"]\n")],
        &[
            "crates/tau-agent/Cargo.toml:9: layers: tau-agent may depend on tau-core behind a feature only; make it \
           `optional = true`",
        ],
        &[(
            "crates/tau-agent/Cargo.toml",
            &manifest("tau-agent", "[dependencies]\ntau-core = { workspace = true, optional = true }\n"),
        )],
    );
}

#[test]
fn the_table_and_the_workspace_name_the_same_crates() {
    check(
        &[("xtask/layers.toml", "[tau-agent]\ndeps = [\"*\", \"tau-lost\"]\n\n[tau-gone]\n")],
        &[
            "crates/tau-core/Cargo.toml:1: layers: tau-core has no entry in xtask/layers.toml; add [tau-core] with \
             the crates it may depend on",
            "xtask/layers.toml:2: layers: tau-agent may depend on tau-lost, which is not a member of the workspace; \
             remove the name",
            "xtask/layers.toml:4: layers: tau-gone is not a member of the workspace; remove its entry",
        ],
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\ndeps = [\"*\"]\n")],
    );
}

#[test]
fn the_table_has_to_be_there_and_readable() {
    check(
        &[("xtask/layers.toml", REMOVED)],
        &[
            "xtask/layers.toml:1: layers: is missing; write one table per crate with its allowed deps, optional and dev",
        ],
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\ndeps = [\"tau-core\"]\n")],
    );
    check(
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\ndep = [\"tau-core\"]\n")],
        &[
            "xtask/layers.toml:3: layers: cannot be read: unknown field `dep`, expected one of `deps`, `optional`, \
           `dev`; mend the table",
        ],
        &[("xtask/layers.toml", "[tau-core]\n[tau-agent]\ndeps = [\"tau-core\"]\n")],
    );
}

#[test]
fn no_table_opens_the_boundary_of_the_kernel() {
    let extension =
        |dependency: &str| manifest("tau-store", &format!("[dependencies]\n{dependency}.workspace = true\n"));
    let layers = "[tau-core]\ndeps = [\"*\"]\n[tau-agent]\n[tau-proto]\n[tau-store]\ndeps = [\"*\"]\n";
    check(
        &[
            ("Cargo.toml", WITH_EXTENSION),
            ("crates/tau-agent/Cargo.toml", AGENT),
            ("crates/tau-proto/Cargo.toml", &manifest("tau-proto", "")),
            ("crates/tau-proto/src/lib.rs", "//! The interface.\n"),
            ("extensions/tau-store/Cargo.toml", &extension("tau-proto")),
            ("extensions/tau-store/src/lib.rs", "//! Stores events.\n"),
            ("crates/tau-core/Cargo.toml", &format!("{CORE}\n[dependencies]\ntau-store.workspace = true\n")),
            ("xtask/layers.toml", layers),
            ("ARCHITECTURE.md", ARCHITECTURE),
        ],
        &[
            "crates/tau-core/Cargo.toml:9: layers: tau-core depends on the extension tau-store; the kernel knows no \
           extension: turn the edge around through tau-proto",
        ],
        &[("crates/tau-core/Cargo.toml", CORE)],
    );
    check(
        &[
            ("Cargo.toml", WITH_EXTENSION),
            ("crates/tau-agent/Cargo.toml", AGENT),
            ("crates/tau-proto/Cargo.toml", &manifest("tau-proto", "")),
            ("crates/tau-proto/src/lib.rs", "//! The interface.\n"),
            ("extensions/tau-store/Cargo.toml", &extension("tau-core")),
            ("extensions/tau-store/src/lib.rs", "//! Stores events.\n"),
            ("xtask/layers.toml", layers),
            ("ARCHITECTURE.md", ARCHITECTURE),
        ],
        &[
            "extensions/tau-store/Cargo.toml:9: layers: tau-store is an extension and depends on tau-core; of our \
           crates it may use tau-proto and tau-client only",
        ],
        &[("extensions/tau-store/Cargo.toml", &extension("tau-proto"))],
    );
}
