use super::check;

const FILE: &str = "crates/tau-core/src/id.rs";

/// What the rule says of an item.
fn missing(line: usize, what: &str, name: &str) -> String {
    format!("{FILE}:{line}: docs: public {what} `{name}` has no doc comment; say in one sentence what it is")
}

#[test]
fn every_public_item_is_documented() {
    for (code, line, what, name) in [
        ("pub const ONE: u8 = 1;", 1, "constant", "ONE"),
        ("pub static ONE: u8 = 1;", 1, "static", "ONE"),
        ("pub type Alias = u8;", 1, "type", "Alias"),
        ("#[inline]\npub fn walk() {}", 2, "function", "walk"),
        ("pub struct Unit;", 1, "struct", "Unit"),
        ("pub union Both { a: u8 }", 1, "union", "Both"),
        ("///\npub struct Empty;", 2, "struct", "Empty"),
        ("/// D.\npub struct S {\npub a: u8,\n}", 3, "field", "a"),
        ("/// D.\npub enum E {\nA,\n}", 3, "variant", "A"),
        ("/// D.\npub enum E {\n/// D.\nA { b: u8 },\n}", 4, "field", "b"),
        ("pub trait T {}", 1, "trait", "T"),
        ("/// D.\npub trait T {\nfn f();\n}", 3, "function", "f"),
        ("/// D.\npub trait T {\nconst C: u8;\n}", 3, "constant", "C"),
        ("/// D.\npub trait T {\ntype A;\n}", 3, "type", "A"),
        ("/// D.\npub struct S;\nimpl S {\npub fn f() {}\n}", 4, "function", "f"),
        ("impl super::Other {\npub const C: u8 = 1;\n}", 2, "constant", "C"),
        ("pub mod inline {}", 1, "module", "inline"),
        ("mod inline {\npub fn f() {}\n}", 2, "function", "f"),
        ("#[macro_export]\nmacro_rules! m { () => {} }", 2, "macro", "m"),
    ] {
        check(&[(FILE, code)], &[&missing(line, what, name)], &[(FILE, "/// An id.\npub struct Id;\n")]);
    }
}

#[test]
fn what_nobody_sees_needs_no_docs() {
    let code = "fn private() {}\npub(crate) struct Inner { pub a: u8 }\nimpl Inner { pub fn f() {} }\n\
        enum Hidden { A }\n#[doc(hidden)]\npub fn internal() {}\n/// D.\npub struct Tuple(pub u8);\n\
        impl Clone for Tuple { fn clone(&self) -> Self { Tuple(self.0) } }\n#[cfg(test)]\npub fn helper() {}\n\
        #[cfg(test)]\nmod tests { pub fn f() {} }\nmod generated;\n#[doc = include_str!(\"x.md\")]\npub fn f() {}\n";
    let generated = "crates/tau-core/src/id/generated/mod.rs";
    check(&[(FILE, code), (generated, "pub fn f() {}\n")], &[], &[]);
    // `any` is not test code alone, and `not` is none.
    for cfg in ["any(test, unix)", "not(test)", "unix"] {
        check(
            &[(FILE, &format!("#[cfg({cfg})]\npub fn f() {{}}\n"))],
            &[&missing(2, "function", "f")],
            &[(FILE, "#[cfg(all(unix, test))]\npub fn f() {}\n")],
        );
    }
}

#[test]
fn a_public_module_is_documented_here_or_in_its_file() {
    let inside = "crates/tau-core/src/id/part.rs";
    let broken = [(FILE, "pub mod part;\n"), (inside, "fn f() {}\n")];
    check(&broken, &[&missing(1, "module", "part")], &[(FILE, "/// A part.\npub mod part;\n")]);
    check(&broken, &[&missing(1, "module", "part")], &[(inside, "//! A part.\n")]);
}

#[test]
fn a_crate_root_begins_with_docs() {
    let root = "crates/tau-agent/src/lib.rs";
    for text in ["", "// A comment.\n//! Talks to models.\n"] {
        check(
            &[(root, text)],
            &[
                "crates/tau-agent/src/lib.rs:1: docs: the crate root does not begin with `//!` docs; say what the crate \
               is and why",
            ],
            &[(root, "//! Talks to models.\n")],
        );
    }
    let main = "crates/tau-agent/src/main.rs";
    check(
        &[(main, "fn main() {}\n")],
        &[
            "crates/tau-agent/src/main.rs:1: docs: the crate root does not begin with `//!` docs; say what the crate is \
           and why",
        ],
        &[(main, "#![doc = \"Talks.\"]\nfn main() {}\n")],
    );
}
