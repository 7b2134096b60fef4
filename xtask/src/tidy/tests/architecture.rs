use super::{REMOVED, check};

const FILE: &str = "ARCHITECTURE.md";
const SOUND: &str = "# Architecture\n\n## `tau-core`\n\n#### More\n\nProse. **Invariant:** does no I/O.\n\n\
                     ## `tau-agent`\n\n**Invariant**: runs no tool.\n";

#[test]
fn the_document_is_there() {
    check(
        &[(FILE, REMOVED)],
        &["ARCHITECTURE.md:1: architecture: is missing; write a section with an invariant for each crate"],
        &[(FILE, SOUND)],
    );
}

#[test]
fn each_crate_has_a_section() {
    let no_section = "ARCHITECTURE.md:1: architecture: has no section for `tau-core`; add a heading with the name and \
                      an invariant below";
    let agent = "## `tau-agent`\n\n**Invariant**: runs no tool.\n";
    for core in [
        "",
        "## tau-core\n\n**Invariant**: does no I/O.\n",
        "Says `tau-core`.\n\n**Invariant**: does no I/O.\n",
        "```\n## `tau-core`\n**Invariant**: does no I/O.\n```\n",
    ] {
        check(&[(FILE, &format!("{agent}{core}"))], &[no_section], &[(FILE, SOUND)]);
    }
}

#[test]
fn each_section_states_an_invariant() {
    for body in
        ["Prose.\n", "**Invariant**\n", "Its invariant: none.\n", "```\n**Invariant**: does no I/O.\n```\n"]
    {
        check(
            &[(FILE, &format!("## `tau-core`\n\n{body}\n## `tau-agent`\n\n**Invariant**: runs no tool.\n"))],
            &[
                "ARCHITECTURE.md:1: architecture: the section of `tau-core` states no invariant; add a paragraph \
               `**Invariant**: ...`",
            ],
            &[(FILE, SOUND)],
        );
    }
}

#[test]
fn no_crate_is_named_that_is_gone() {
    for (text, word) in [
        ("### `tau-gone`", "tau-gone"),
        ("See `tau-gone`.", "tau-gone"),
        ("See `tau-gone::Event`.", "tau-gone"),
        ("See `tau-gone/src/lib.rs`.", "tau-gone/src/lib.rs"),
        ("See `crates/tau-core/src/gone.rs`.", "crates/tau-core/src/gone.rs"),
        ("See `crates/gone/`.", "crates/gone"),
        ("`tau-core` -> `extensions/gone`", "extensions/gone"),
    ] {
        check(
            &[(FILE, &format!("{SOUND}\n{text}\n"))],
            &[&format!(
                "ARCHITECTURE.md:13: architecture: names `{word}`, which does not exist; mend the name or remove it"
            )],
            &[(
                FILE,
                &format!(
                    "{SOUND}\nSee `tau-core::Id`, `crates/tau-core/src/`, `crates/*`, `tau-<lib>@v1`.\n"
                ),
            )],
        );
    }
}
