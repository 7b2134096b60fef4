//! The extension meets the runtime through the interface alone.

#[test]
fn depends_on_no_crate_of_ours_but_the_interface_and_its_client() {
    let manifest = include_str!("../../Cargo.toml");
    let ours: Vec<&str> = manifest.lines().filter(|line| line.starts_with("tau-")).collect();
    let expected = ["tau-client = { workspace = true, optional = true }", "tau-proto.workspace = true"];
    assert_eq!(ours, expected);
    assert!(manifest.contains("\n[dependencies]\n"), "the manifest is not what this test reads");
}
