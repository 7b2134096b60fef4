use super::check;

// The words themselves are put together here, so that this file keeps the rule it tests.

#[test]
fn no_path_of_one_machine() {
    for folder in ["home", "root", "work"] {
        let needle = format!("/{folder}/");
        for (before, after) in
            [("see ", "ada/notes"), ("\"", "src"), ("(", ".cargo"), ("file://", "x"), ("", "a")]
        {
            check(
                &[("docs/guide.md", &format!("one\n{before}{needle}{after}\n"))],
                &[&format!(
                    "docs/guide.md:2: words: an absolute path of one machine ({needle}...); use a relative one"
                )],
                &[(
                    "docs/guide.md",
                    &format!(
                        "a{needle}b .{needle}c ~{needle}d https:/{needle}e `{needle}` \"/{folder}\" ${{X}}{needle}f\n"
                    ),
                )],
            );
        }
    }
}

#[test]
fn no_host_of_a_registry() {
    for parts in [&["index", "crates", "io"][..], &["registry", "npmjs", "org"], &["pypi", "org"]] {
        let host = parts.join(".");
        check(
            &[("ci.yml", &format!("url: https://{host}/simple\n")), ("Cargo.lock", &format!("# {host}\n"))],
            &[&format!(
                "ci.yml:1: words: the host of a registry ({host}); leave it to the tool's configuration"
            )],
            &[("ci.yml", "url: https://example.org/simple\n")],
        );
    }
}
