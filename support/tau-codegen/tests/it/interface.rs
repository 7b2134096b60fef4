//! The interface of this workspace.

use std::path::Path;

use tau_codegen::GeneratedTree;

#[test]
fn checked_in_code_is_fresh() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tree = GeneratedTree::from_proto(&workspace.join("proto")).unwrap();
    let stale = tree.compare(&workspace.join("crates/tau-proto/src/gen")).unwrap();
    assert!(stale.is_empty(), "run `cargo xtask codegen`: {stale:#?}");
}
