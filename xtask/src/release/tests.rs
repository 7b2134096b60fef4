use std::fs;
use std::path::Path;

use super::plan::{Changelog, Plan, Release, ordered};
use crate::process::Cmd;
use crate::workspace::{Dep, Kind, Member, Target, Workspace};

fn member(name: &str, deps: &[&str]) -> Member {
    Member {
        name: name.to_owned(),
        version: "0.1.0".to_owned(),
        dir: format!("crates/{name}"),
        manifest: format!("crates/{name}/Cargo.toml"),
        publishable: true,
        targets: vec![Target {
            kind: Kind::Lib,
            name: name.to_owned(),
            path: format!("crates/{name}/src/lib.rs"),
        }],
        deps: deps.iter().map(|name| Dep { name: (*name).to_owned(), dev: false, optional: false }).collect(),
    }
}

fn workspace(members: Vec<Member>) -> Workspace {
    Workspace { target_dir: "target".into(), members }
}

fn names(workspace: &Workspace) -> Vec<&str> {
    ordered(workspace).unwrap().into_iter().map(|member| member.name.as_str()).collect()
}

#[test]
fn a_library_comes_after_what_it_depends_on() {
    let mut hidden = member("support", &[]);
    hidden.publishable = false;
    let mut tool = member("tool", &["core"]);
    tool.targets[0].kind = Kind::Bin;
    let mut agent = member("agent", &["core", "serde"]);
    agent.deps.push(Dep { name: "runtime".to_owned(), dev: true, optional: false });
    let members = vec![
        agent,
        member("runtime", &["agent", "memory"]),
        member("memory", &[]),
        member("core", &[]),
        hidden,
        tool,
    ];
    assert_eq!(names(&workspace(members)), ["core", "agent", "memory", "runtime"]);
}

#[test]
fn a_circle_is_named() {
    let workspace = workspace(vec![member("a", &["b"]), member("b", &["a"]), member("c", &[])]);
    let error = ordered(&workspace).unwrap_err().to_string();
    assert_eq!(error, r#"these depend on each other in a circle: {"a", "b"}"#);
}

#[test]
fn the_changelog_has_a_heading_for_the_version() {
    for (text, expected) in [
        ("", Changelog::Silent),
        ("# Changes\n\n## 0.1.0 (unreleased)\n", Changelog::Unreleased),
        ("## 0.1.0\n", Changelog::Released),
        ("## [v0.1.0] 2026-11-20\n", Changelog::Released),
        ("## Unreleased\n\n## 0.1.0\n", Changelog::Released),
        ("## 0.1.01\n## 10.1.0\n## 0.1\n", Changelog::Silent),
        ("Since 0.1.0 there is more.\n", Changelog::Silent),
    ] {
        assert_eq!(Changelog::read(text, "0.1.0"), expected, "{text:?}");
    }
}

fn git(root: &Path, args: &[&str]) {
    let settings =
        ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let cmd = Cmd::new("git", settings).args(args.iter().copied());
    let output = cmd.output(root).unwrap();
    assert!(output.status.success(), "{cmd}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_released_library_that_changed_needs_a_new_version() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let workspace = workspace(vec![member("core", &[])]);
    let plan = || Plan::new(root, &workspace).unwrap().releases.remove(0);
    let folder = root.join("crates/core");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("lib.rs"), "one").unwrap();
    git(root, &["init", "--quiet"]);

    let expected = Release {
        name: "core".to_owned(),
        version: "0.1.0".to_owned(),
        tag: "core@v0.1.0".to_owned(),
        tagged: false,
        changed: false,
        changelog: Changelog::Missing,
    };
    assert_eq!(plan(), expected);
    assert_eq!(plan().problems(), ["there is no CHANGELOG.md; write one"]);

    fs::write(folder.join("CHANGELOG.md"), "# Changes\n").unwrap();
    assert_eq!(plan().problems(), ["CHANGELOG.md has no heading for 0.1.0; add one"]);
    assert_eq!(plan().unreleasable(), None);

    fs::write(folder.join("CHANGELOG.md"), "## 0.1.0 (unreleased)\n").unwrap();
    assert_eq!(plan().problems(), [] as [&str; 0]);
    let reason = "CHANGELOG.md calls 0.1.0 unreleased; write the date in its place";
    assert_eq!(plan().unreleasable().as_deref(), Some(reason));

    fs::write(folder.join("CHANGELOG.md"), "## 0.1.0\n").unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "-m", "one"]);
    git(root, &["tag", "-a", "core@v0.1.0", "-m", "core@v0.1.0"]);
    assert_eq!((plan().state(), plan().problems()), ("released, unchanged since", vec![]));

    fs::write(folder.join("lib.rs"), "two").unwrap();
    assert_eq!(plan().state(), "released, changed since");
    assert_eq!(plan().problems(), ["changed since core@v0.1.0; raise the version"]);
    assert!(!super::is_clean(root).unwrap());
    git(root, &["checkout", "--quiet", "."]);
    assert!(super::is_clean(root).unwrap());
}
