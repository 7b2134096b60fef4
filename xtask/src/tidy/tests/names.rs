use super::check;

#[test]
fn the_kernel_names_no_extension() {
    let named = |name: &str| {
        format!("names: the kernel's side names the extension `{name}`; say what it does instead")
    };
    check(
        &[
            ("extensions/tau-cellar/README.md", "# tau-cellar\n"),
            (
                "crates/tau-agent/src/lib.rs",
                "//! Talks to models.\n\n// As tau-cellar does.\n// And tau_cellar too.\n",
            ),
            ("proto/tau/one.proto", "// for example `tau-cellar`\n"),
        ],
        &[
            &format!("crates/tau-agent/src/lib.rs:3: {}", named("tau-cellar")),
            &format!("crates/tau-agent/src/lib.rs:4: {}", named("tau_cellar")),
            &format!("proto/tau/one.proto:1: {}", named("tau-cellar")),
        ],
        &[
            ("crates/tau-agent/src/lib.rs", "//! Talks to models.\n"),
            ("proto/tau/one.proto", "// for example a journal\n"),
            ("docs/one.md", "tau-cellar stores.\n"),
        ],
    );
}
