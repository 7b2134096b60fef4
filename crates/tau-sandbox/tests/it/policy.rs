//! Policies that cannot be kept are refused.

use std::path::PathBuf;

use tau_sandbox::policy::{EnvironmentRules, PolicyErrorKind, Protected};
use tau_sandbox::{Policy, Sandbox, SandboxErrorKind};

fn check(change: impl FnOnce(&mut Policy), expected: Result<(), PolicyErrorKind>) {
    let mut policy = Policy::for_workspace("/srv/project");
    change(&mut policy);
    assert_eq!(policy.validate().map_err(|error| error.kind()), expected);
    if expected.is_err() {
        let error = Sandbox::start(&policy, &super::helper()).unwrap_err();
        assert_eq!(error.kind(), SandboxErrorKind::Policy);
    }
}

#[test]
fn workspaces_are_folders_of_the_user() {
    let workspaces = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
    check(|_| (), Ok(()));
    check(|policy| policy.workspaces = workspaces(&["/srv/a", "/srv/b", "/tmp/c"]), Ok(()));
    for path in ["/", "/usr", "/etc", "/proc/self", "/dev/shm", "/tmp", "/run"] {
        let kind = if ["/usr", "/etc"].contains(&path) {
            PolicyErrorKind::System
        } else {
            PolicyErrorKind::Reserved
        };
        check(|policy| policy.workspaces = workspaces(&[path]), Err(kind));
    }
    for path in ["project", "/srv/../etc", ""] {
        check(|policy| policy.workspaces = workspaces(&[path]), Err(PolicyErrorKind::NotAbsolute));
    }
    check(|policy| policy.workspaces = workspaces(&["/srv/a", "/srv/a/b"]), Err(PolicyErrorKind::Overlaps));
    check(|policy| policy.workspaces = workspaces(&["/srv/a", "/srv/a"]), Err(PolicyErrorKind::Overlaps));
}

#[test]
fn protected_paths_stay_in_the_workspace() {
    for path in ["/etc", "../x", "a/../../b", "", "."] {
        check(|policy| policy.protected.push(Protected::new(path)), Err(PolicyErrorKind::NotRelative));
    }
}

#[test]
fn visible_paths_are_absolute_and_not_the_sandbox_s_own() {
    check(|policy| policy.visible.push("/opt/tool".into()), Ok(()));
    check(|policy| policy.visible.push("/".into()), Err(PolicyErrorKind::Reserved));
    check(|policy| policy.visible.push("/proc".into()), Err(PolicyErrorKind::Reserved));
    check(|policy| policy.hidden.push("secret".into()), Err(PolicyErrorKind::NotAbsolute));
}

#[test]
fn variables_pass_by_name_or_by_prefix() {
    let mut rules = EnvironmentRules::default();
    rules.allow = vec!["PATH".to_owned(), "LC_*".to_owned()];
    let passes: Vec<bool> = ["PATH", "PATHS", "LC_ALL", "LC_", "LC", "AWS_SECRET_ACCESS_KEY", "*"]
        .into_iter()
        .map(|name| rules.allows(name))
        .collect();
    assert_eq!(passes, [true, false, true, true, false, false, false]);
}

#[test]
fn a_policy_is_read_back_as_it_was_written() {
    let policy = Policy::for_workspace("/srv/project");
    let text = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy);
    assert_eq!(serde_json::from_str::<Policy>("{\"workspaces\": [\"/srv/project\"]}").unwrap(), policy);
    assert!(serde_json::from_str::<Policy>("{\"workspace\": [\"/srv/project\"]}").is_err());
}
