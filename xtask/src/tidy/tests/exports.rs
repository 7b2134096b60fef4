use super::check;

const LIB: &str = "crates/tau-core/src/lib.rs";
const FILE: &str = "crates/tau-core/src/id.rs";

#[test]
fn lib_rs_only_exports() {
    let sound = "//! The vocabulary.\n\nmod id;\n\npub use crate::id::Id;\n";
    for item in [
        "/// One.\npub const ONE: u8 = 1;\n",
        "/// A unit.\n#[derive(Debug)]\npub struct Unit;\n",
        "// Names it.\n#[inline]\npub(crate) fn name() {}\n",
        "\n\nuse std::fmt;\n",
        "/// Inline.\npub mod inline {\nfn hidden() {}\n}\n",
    ] {
        let line = 6
            + item.lines().position(|line| line.starts_with("pub ") || line.starts_with("use ")).unwrap_or(2)
            + usize::from(item.contains("pub mod"));
        check(
            &[(LIB, &format!("{sound}{item}"))],
            &[&format!(
                "{LIB}:{line}: exports: lib.rs holds docs, `mod` and named `pub use` only; move the item to a module"
            )],
            &[(LIB, &format!("{sound}/// For callers.\npub mod prelude {{\npub use crate::id::Id;\n}}\n"))],
        );
    }
}

#[test]
fn a_re_export_names_its_items() {
    for glob in ["pub use crate::id::*;", "pub use crate::{id::*, id::Id};", "pub(crate) use crate::id::*;"] {
        check(
            &[(LIB, &format!("//! The vocabulary.\nmod id;\n{glob}\n"))],
            &[&format!("{LIB}:3: exports: a glob re-export hides what is exported; name each item")],
            &[(LIB, "//! The vocabulary.\nmod id;\npub use crate::id::{Id};\n")],
        );
    }
}

#[test]
fn super_is_imported_by_name_outside_tests() {
    for glob in ["use super::*;", "use super::super::*;", "use super::{*};", "fn f() { use super::*; }"] {
        check(
            &[(FILE, &format!("/// An id.\npub struct Id;\nmod inner {{\n{glob}\n}}\n"))],
            &[&format!("{FILE}:4: exports: `use super::*` outside tests; name what is used")],
            &[
                (
                    FILE,
                    "/// An id.\npub struct Id;\nmod inner {\nuse super::Id;\n}\n#[cfg(test)]\nmod tests;\n\
                     #[cfg(test)]\nmod more {\nuse super::*;\n}\n",
                ),
                ("crates/tau-core/src/id/tests.rs", "use super::*;\npub use super::*;\n"),
            ],
        );
    }
}
