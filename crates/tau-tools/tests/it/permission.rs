//! The verdict on a call, as a table.

use tau_core::EffectClass::{self, AtMostOnce, Idempotent, Pure};
use tau_core::config::PermissionConfig;
use tau_core::config::PermissionMode::{self, Bypass, Default, DontAsk};
use tau_tools::{PermissionPolicy, Verdict};

fn config(mode: PermissionMode, deny: &[&str], ask: &[&str], allow: &[&str]) -> PermissionConfig {
    let rules = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
    let mut config = PermissionConfig::default();
    config.mode = Some(mode);
    config.deny = rules(deny);
    config.ask = rules(ask);
    config.allow = rules(allow);
    config
}

fn word(policy: &PermissionPolicy, tool: &str, effect: EffectClass) -> &'static str {
    match policy.verdict(tool, effect) {
        Verdict::Allow => "allow",
        Verdict::Ask { reason } if !reason.is_empty() => "ask",
        Verdict::Deny { reason } if !reason.is_empty() => "deny",
        other => panic!("a verdict without a reason: {other:?}"),
    }
}

#[test]
fn verdicts() {
    type Rules<'a> = &'a [&'a str];
    type Row<'a> = (PermissionMode, Rules<'a>, Rules<'a>, Rules<'a>, &'a str, EffectClass, &'a str);
    let rows: &[Row<'_>] = &[
        // mode, deny, ask, allow, tool, effect, verdict
        (Default, &[], &[], &[], "read", Pure, "allow"),
        (Default, &[], &[], &[], "write", AtMostOnce, "ask"),
        (Default, &[], &[], &[], "put", Idempotent, "ask"),
        (Default, &[], &[], &["write"], "write", AtMostOnce, "allow"),
        (Default, &[], &[], &["write"], "Write", AtMostOnce, "ask"),
        (Default, &[], &[], &["write"], "writes", AtMostOnce, "ask"),
        (Default, &[], &["write"], &["write"], "write", AtMostOnce, "ask"),
        (Default, &[], &["read"], &[], "read", Pure, "ask"),
        (Default, &["write"], &["write"], &["write"], "write", AtMostOnce, "deny"),
        (Default, &["read"], &[], &[], "read", Pure, "deny"),
        (DontAsk, &[], &[], &[], "write", AtMostOnce, "deny"),
        (DontAsk, &[], &[], &[], "read", Pure, "allow"),
        (DontAsk, &[], &[], &["write"], "write", AtMostOnce, "allow"),
        (DontAsk, &[], &["write"], &["write"], "write", AtMostOnce, "deny"),
        (Bypass, &[], &[], &[], "write", AtMostOnce, "allow"),
        (Bypass, &[], &["write"], &[], "write", AtMostOnce, "allow"),
        (Bypass, &["write"], &[], &["write"], "write", AtMostOnce, "deny"),
        // Rules that are not understood fail closed.
        (Default, &["bash(rm *)"], &[], &["bash"], "bash", AtMostOnce, "ask"),
        (Default, &["bash(rm *)"], &[], &[], "read", Pure, "ask"),
        (Default, &[], &["bash(rm *)"], &["bash"], "bash", AtMostOnce, "ask"),
        (DontAsk, &["bash(rm *)"], &[], &["bash"], "bash", AtMostOnce, "deny"),
        (Default, &[], &[], &["bash(ls)"], "bash", AtMostOnce, "ask"),
        (Default, &[], &[], &["*"], "bash", AtMostOnce, "ask"),
        (Default, &[], &[], &[""], "", AtMostOnce, "ask"),
        (Default, &["bash(rm *)", "read"], &[], &[], "read", Pure, "deny"),
    ];
    for row in rows {
        let (mode, deny, ask, allow, tool, effect, expected) = row;
        let policy = PermissionPolicy::new(&config(*mode, deny, ask, allow));
        assert_eq!(word(&policy, tool, *effect), *expected, "{row:?}");
    }
}

#[test]
fn allow_always_lets_that_tool_run_and_no_other_and_never_one_that_is_denied() {
    let mut policy = PermissionPolicy::new(&config(Default, &["bash"], &["edit"], &[]));
    for tool in ["bash", "edit", "write"] {
        policy.allow_always(tool);
    }
    let words = ["bash", "edit", "write", "other"].map(|tool| word(&policy, tool, AtMostOnce));
    assert_eq!(words, ["deny", "allow", "allow", "ask"]);
}

#[test]
fn rules_that_are_not_understood_are_named() {
    let config = config(Default, &["read", "bash(rm)"], &["mcp.x"], &["Write(*)", "write"]);
    assert_eq!(
        PermissionPolicy::unclear_rules(&config).collect::<Vec<_>>(),
        ["bash(rm)", "mcp.x", "Write(*)"]
    );
}
