//! Files of settings: what each says, and what they come to together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use proptest::prelude::*;
use tau_core::config::PermissionMode;
use tau_project::settings::{Effective, Layers, SettingsFiles};
use tau_project::trust::Trust;

use crate::tree::Tree;

fn read(tree: &Tree) -> Layers {
    SettingsFiles::of_project(&tree.root, &tree.root)
        .user(tree.at("home/.claude/settings.json"))
        .managed(tree.at("etc/managed-settings.json"))
        .read()
}

fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn scopes_are_laid_over_one_another() {
    let tree = Tree::new(&[
        (
            "home/.claude/settings.json",
            r#"{"permissions": {"allow": ["Bash(ls *)", "Read(/notes)"], "defaultMode": "acceptEdits"},
                "env": {"A": "user", "B": "user"}, "enabledPlugins": {"p@m": true}}"#,
        ),
        (
            ".claude/settings.json",
            r#"{"$schema": "x", "permissions": {"allow": ["Bash(make *)", "Bash(ls *)"], "ask": ["Bash(git push *)"],
                "deny": ["Read(./.env)"], "defaultMode": "plan"},
                "env": {"B": "project", "N": 3, "T": true}, "plansDirectory": "./.claude/plans",
                "disabledMcpjsonServers": ["web"], "enabledPlugins": {"p@m": false}}"#,
        ),
        (".claude/settings.local.json", r#"{"permissions": {"defaultMode": "bypassPermissions"}}"#),
        (
            "etc/managed-settings.json",
            r#"{"permissions": {"deny": ["WebFetch"], "disableBypassPermissionsMode": "disable"}}"#,
        ),
    ]);
    let layers = read(&tree);
    assert_eq!(tree.told(&layers.findings), Vec::<String>::new());

    let trusted = layers.effective(Trust::Trusted);
    let notes = format!("Read(/{}/notes)", tree.at("home/.claude").display());
    assert_eq!(
        trusted.permissions.allow,
        [texts(&["Bash(ls *)"]), vec![notes.clone()], texts(&["Bash(make *)"])].concat()
    );
    assert_eq!(trusted.permissions.deny, ["Read(./.env)", "WebFetch"]);
    assert_eq!(trusted.permissions.mode, None, "the owner of the machine forbids it");
    let env = [("A", "user"), ("B", "project"), ("N", "3"), ("T", "true")];
    let env: BTreeMap<String, String> =
        env.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    assert_eq!(trusted.env, env);
    assert_eq!(trusted.plans_directory, Some(PathBuf::from(".claude/plans")));
    assert_eq!(trusted.disabled_servers, ["web"]);

    let inert = layers.effective(Trust::Unknown);
    assert_eq!(inert.permissions.allow, [texts(&["Bash(ls *)"]), vec![notes]].concat());
    assert_eq!(inert.permissions.ask, ["Bash(git push *)"]);
    assert_eq!(inert.permissions.deny, ["Read(./.env)", "WebFetch"]);
    assert_eq!(inert.permissions.mode, Some(PermissionMode::AcceptEdits), "the user's own");
    assert_eq!(inert.env.get("B").map(String::as_str), Some("user"));
    assert_eq!(inert.disabled_servers, ["web"], "less is always taken");
    assert_eq!(inert.disabled_plugins, BTreeSet::from(["p@m".to_owned()]));
}

#[test]
fn the_nearest_folder_goes_before_those_above() {
    let tree = Tree::new(&[
        (".claude/settings.json", r#"{"env": {"X": "root"}, "permissions": {"deny": ["Bash(a)"]}}"#),
        (".tau/settings.json", r#"{"env": {"X": "tau at root"}}"#),
        ("app/.claude/settings.json", r#"{"env": {"X": "app"}, "permissions": {"deny": ["Bash(b)"]}}"#),
    ]);
    let variable = |dir: &str| {
        let effective = SettingsFiles::of_project(&tree.root, &tree.at(dir)).read().effective(Trust::Trusted);
        (effective.env["X"].clone(), effective.permissions.deny.len())
    };
    assert_eq!(variable("app/src"), ("app".to_owned(), 2));
    assert_eq!(variable("docs"), ("tau at root".to_owned(), 1));
}

/// What is said of one file, and whether everything is asked about because of it.
fn check(text: &[u8], expected: &[&str], is_closed: bool) {
    let tree = Tree::new(&[]);
    tree.write(".claude/settings.json", text);
    let layers = read(&tree);
    assert_eq!(tree.told(&layers.findings), expected);
    let asks = layers.effective(Trust::Unknown).permissions.ask;
    assert_eq!(asks.iter().any(|rule| rule == "*"), is_closed, "{asks:?}");
}

#[test]
fn what_cannot_be_read_is_told_and_closes() {
    let file = ".claude/settings.json";
    let syntax = format!("{file}:2:9: is no JSON: expected `:`");
    check(b"{\n  \"env\" 1}", &[&syntax], true);
    check(b"[]", &[&format!("{file}: holds no JSON object")], true);
    check(b"{\"a\": \xff}", &[&format!("{file}: cannot be read: not UTF-8 at byte 6")], true);
    check(&vec![b' '; (1 << 20) + 1], &[&format!("{file}: longer than 1048576 bytes")], true);
    check(
        &[b"[".repeat(10_000)].concat(),
        &[&format!("{file}:1:128: is no JSON: recursion limit exceeded")],
        true,
    );
}

#[test]
fn what_is_odd_is_told_and_read() {
    let file = ".claude/settings.json";
    check(b"\xEF\xBB\xBF{}", &[], false);
    check(b"", &[], false);
    let relaxed = format!("{file}: has comments or commas that JSON does not have; read without them");
    check(b"{\"env\": {}, /* no */ // yes\r\n}", &[&relaxed], false);
    check(
        b"{\"outputStyle\": \"x\", \"thme\": 1}",
        &[
            &format!("{file}: `outputStyle` does not count: there are no output styles here"),
            &format!("{file}: `thme` is not known and does not count"),
        ],
        false,
    );
    check(
        br#"{"permissions": {"allow": "Bash", "deny": [1, "Bash(rm *)", "Read(["], "defaultMode": "auto"}}"#,
        &[
            &format!("{file}: `permissions.allow` must be a list of texts; it does not count"),
            &format!(
                "{file}: `permissions.defaultMode` does not count: no model judges calls here; they are asked about"
            ),
            &format!("{file}: `permissions.deny` must be a list of rules: it may deny anything"),
            &format!("{file}: `permissions.deny[0]` must be a text; it does not count"),
            &format!(
                "{file}: the permission rule `Read([` is not understood: calls it could be about are asked about"
            ),
        ],
        true,
    );
    check(
        br#"{"permissions": {"allow": ["*"]}, "env": {"A=B": "c", "D": []}}"#,
        &[
            &format!("{file}: `env.A=B` must be a text; it does not count"),
            &format!("{file}: `env.D` must be a text; it does not count"),
            &format!("{file}: the permission rule `*` is not understood and allows nothing"),
        ],
        false,
    );
}

#[test]
fn a_project_does_not_turn_off_the_users_hooks() {
    let hooks = r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "true"}]}]}}"#;
    let tree = Tree::new(&[
        ("home/.claude/settings.json", hooks),
        (".claude/settings.json", r#"{"disableAllHooks": true}"#),
    ]);
    let hooks = |trust| read(&tree).effective(trust).hooks.len();
    assert_eq!((hooks(Trust::Unknown), hooks(Trust::Changed), hooks(Trust::Trusted)), (1, 1, 0));
}

#[test]
fn plans_stay_below_the_project() {
    for folder in ["../plans", "/tmp/plans", "a/../../b"] {
        let tree = Tree::new(&[(".claude/settings.json", &format!(r#"{{"plansDirectory": "{folder}"}}"#))]);
        assert_eq!(read(&tree).effective(Trust::Trusted).plans_directory, None, "{folder}");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i32>().prop_map(Into::into),
        "[a-zA-Z(*)]{0,8}".prop_map(Into::into),
    ];
    let key = prop_oneof![
        Just("permissions"),
        Just("allow"),
        Just("deny"),
        Just("hooks"),
        Just("PreToolUse"),
        Just("matcher"),
        Just("type"),
        Just("command"),
        Just("env"),
        Just("timeout"),
        Just("enabledPlugins"),
        Just("x"),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever a project says: without trust it gets nothing but rules that deny or ask.
    #[test]
    fn without_trust_a_project_can_only_take_away(json in any_json()) {
        let tree = Tree::new(&[(".claude/settings.json", &json.to_string())]);
        let layers = SettingsFiles::of_project(&tree.root, &tree.root).read();
        let mut inert = layers.effective(Trust::Unknown);
        inert.permissions.ask.clear();
        inert.permissions.deny.clear();
        inert.disabled_servers.clear();
        inert.disabled_plugins.clear();
        inert.forbids_bypass = false;
        prop_assert_eq!(inert, Effective::default());
    }
}
