//! The extension meets the runtime through the interface alone.

#[test]
fn depends_on_no_crate_of_ours_but_the_interface() {
    let manifest = include_str!("../../Cargo.toml");
    let ours: Vec<&str> = manifest.lines().filter(|line| line.starts_with("tau-")).collect();
    assert_eq!(ours, ["tau-proto.workspace = true"]);
    assert!(manifest.contains("\n[dependencies]\n"), "the manifest is not what this test reads");
}
