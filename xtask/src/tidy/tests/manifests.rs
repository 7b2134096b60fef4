use super::check;

const AGENT: &str = "crates/tau-agent/Cargo.toml";
const HEAD: &str = "[package]\nname = \"tau-agent\"\nedition = \"2024\"\n\n[lints]\nworkspace = true\n\n";

#[test]
fn a_dependency_comes_from_the_workspace() {
    for (entry, name) in [
        ("[dependencies]\nserde = \"1\"\n", "serde"),
        ("[dependencies]\nserde = { version = \"1\", features = [\"derive\"] }\n", "serde"),
        ("[dev-dependencies]\ntau-core = { path = \"../tau-core\" }\n", "tau-core"),
        ("[build-dependencies]\ncc.version = \"1\"\n", "cc"),
        ("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n", "libc"),
    ] {
        check(
            &[(AGENT, &format!("{HEAD}{entry}"))],
            &[&format!(
                "{AGENT}:9: dependencies: {name} does not come from the workspace; declare it in \
                 [workspace.dependencies] and write `{name}.workspace = true`"
            )],
            &[(AGENT, HEAD)],
        );
    }
}

#[test]
fn an_external_dependency_has_a_reason_on_its_line() {
    let root = |serde: &str| {
        format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n\n[workspace.dependencies]\n\
             tau-core = {{ path = \"crates/tau-core\" }}\n# Data\n{serde}\n\n[workspace.lints]\n"
        )
    };
    let expected = "Cargo.toml:8: dependencies: serde has no reason; end its line with `# why it is needed`";
    let mended =
        root("serde = { version = \"1\", features = [\n  \"derive\",\n] } # the ecosystem's framework");
    for serde in ["serde = \"1\"", "serde = \"1\" #", "serde = \"1#\"", "serde = { version = \"1\" }"] {
        check(&[("Cargo.toml", &root(serde))], &[expected], &[("Cargo.toml", &mended)]);
    }
}

#[test]
fn a_member_takes_the_lints_of_the_workspace() {
    let rest = "\n[dependencies]\ntau-core.workspace = true\n";
    let package = "[package]\nname = \"tau-agent\"\nedition = \"2024\"\n";
    for (lints, line) in [("", 1), ("\n[lints]\n", 5), ("\n[lints.rust]\nunused = \"deny\"\n", 5)] {
        check(
            &[(AGENT, &format!("{package}{lints}{rest}"))],
            &[&format!(
                "{AGENT}:{line}: lints: the lints do not come from the workspace; write `[lints]` with \
                 `workspace = true`"
            )],
            &[(AGENT, &format!("{package}\n[lints]\nworkspace = true\n{rest}"))],
        );
    }
}
