use super::{REMOVED, check};

const SRC: &str = "crates/tau-core/src";
const TESTS: &str = "crates/tau-core/tests";
const UNREACHED: &str = "no `mod` of the crate reaches this file; declare it in its parent or delete it";

fn it(file: &str) -> String {
    format!("{TESTS}/it/{file}")
}

#[test]
fn every_source_file_is_reached() {
    let lost = format!("{SRC}/id/lost.rs");
    let parent = format!("{SRC}/id.rs");
    check(
        &[(&lost, "fn lost() {}\n")],
        &[&format!("{lost}:1: modules: {UNREACHED}")],
        &[(&parent, "/// An id.\npub struct Id;\nmod lost;\n")],
    );
    check(&[(&lost, "")], &[&format!("{lost}:1: modules: {UNREACHED}")], &[(&lost, REMOVED)]);
}

#[test]
fn every_way_to_name_a_file_counts() {
    let id = "mod nested;\nmod inline {\nmod deep;\n}\n#[path = \"elsewhere/other.rs\"]\nmod renamed;\n\
              #[cfg(windows)]\nmod r#type;\ninclude!(\"table.rs\");\n#[cfg(test)]\nmod tests;\n";
    let files = [
        "id/nested/mod.rs",
        "id/nested/child.rs",
        "id/inline/deep.rs",
        "elsewhere/other.rs",
        "id/type.rs",
        "table.rs",
        "id/tests.rs",
        "bin/tool.rs",
    ];
    let sources = files.map(|file| {
        let text = match file {
            "id/nested/mod.rs" => "mod child;\n",
            "bin/tool.rs" => "//! A tool.\nfn main() {}\n",
            _ => "",
        };
        (format!("{SRC}/{file}"), text)
    });
    let mut tree: Vec<(&str, &str)> = sources.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let parent = format!("{SRC}/id.rs");
    tree.push((&parent, "/// An id.\npub struct Id;\n"));
    // All but the binary of its own are lost as long as the parent names none of them.
    let mut lost: Vec<String> =
        files[..7].iter().map(|file| format!("{SRC}/{file}:1: modules: {UNREACHED}")).collect();
    lost.sort();
    let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
    check(&tree, &lost, &[(&parent, id)]);
}

#[test]
fn no_test_is_forgotten() {
    let main = it("main.rs");
    check(
        &[
            (&main, "//! Tests.\nmod one;\n"),
            (&it("one.rs"), ""),
            (&it("two.rs"), "#[test]\nfn two() {}\n"),
            (&it("three/mod.rs"), "mod inner;\n"),
            (&it("three/inner.rs"), ""),
        ],
        &[
            "crates/tau-core/tests/it/three/inner.rs:1: modules: its tests never run; declare `mod three;` in \
             crates/tau-core/tests/it/main.rs, or the file in its folder",
            "crates/tau-core/tests/it/two.rs:1: modules: its tests never run; declare `mod two;` in \
             crates/tau-core/tests/it/main.rs, or the file in its folder",
        ],
        &[(&main, "//! Tests.\nmod one;\nmod three;\nmod two;\n")],
    );
    check(
        &[(&main, "//! Tests.\nmod one;\n"), (&it("one.rs"), ""), (&it("one/lost.rs"), "")],
        &["crates/tau-core/tests/it/one/lost.rs:1: modules: its tests never run; declare `mod one;` in \
           crates/tau-core/tests/it/main.rs, or the file in its folder"],
        &[(&it("one.rs"), "mod lost;\n")],
    );
}

#[test]
fn a_crate_has_one_integration_binary() {
    for file in ["second.rs", "second/main.rs"] {
        let second = format!("{TESTS}/{file}");
        check(
            &[(&second, "//! Tests.\n")],
            &[&format!(
                "{second}:1: modules: a second integration binary; move it to {TESTS}/it/ and declare it in main.rs"
            )],
            &[(&second, REMOVED), (&it("main.rs"), "//! Tests.\nmod second;\n"), (&it("second.rs"), "")],
        );
    }
}

#[test]
fn cargo_builds_the_integration_binary() {
    let manifest = |auto: &str| {
        format!("[package]\nname = \"tau-core\"\nedition = \"2024\"\n{auto}\n[lints]\nworkspace = true\n")
    };
    check(
        &[
            (&it("main.rs"), "//! Tests.\nmod one;\n"),
            (&it("one.rs"), ""),
            ("crates/tau-core/Cargo.toml", &manifest("autotests = false\n")),
        ],
        &[
            "crates/tau-core/tests/it/main.rs:1: modules: cargo does not build this file as a test; remove `autotests = \
           false` from the manifest",
        ],
        &[("crates/tau-core/Cargo.toml", &manifest(""))],
    );
}
