//! Rules about parameters of tools.

use tau_core::{EffectClass, ToolArguments};
use tau_tools::permission::Judged;

use super::support::{around, policy};

#[test]
fn parameters_are_compared_as_text() {
    let rows: &[(&str, &str, &str, &str)] = &[
        ("deny Bash(run_in_background:true)", "Bash", r#"{"command":"ls","background":true}"#, "deny"),
        ("deny Bash(background:true)", "Bash", r#"{"command":"ls","run_in_background":true}"#, "deny"),
        ("deny Bash(background:true)", "Bash", r#"{"command":"ls","background":false}"#, "allow"),
        ("deny Bash(background:true)", "Bash", r#"{"command":"ls"}"#, "allow"),
        ("ask Agent(model:opus)", "Agent", r#"{"prompt":"x","model":"opus"}"#, "ask"),
        ("ask Agent(model:opus)", "Task", r#"{"prompt":"x","model":"haiku"}"#, "allow"),
        ("deny mcp__git__push(branch:main)", "mcp__git__push", r#"{"branch":"main"}"#, "deny"),
        ("deny mcp__git__push(branch:release-*)", "mcp__git__push", r#"{"branch":"release-2"}"#, "deny"),
        ("deny mcp__git__push(branch:main)", "mcp__git__push", r#"{"branch":"topic"}"#, "allow"),
        ("deny mcp__git__push(count:3)", "mcp__git__push", r#"{"count":3}"#, "deny"),
        ("deny mcp__git__push(branch:main)", "mcp__git__pull", r#"{"branch":"main"}"#, "allow"),
        // Rules of these forms are not understood, and fail closed.
        ("deny mcp__fs__read(path:/etc)", "mcp__fs__read", r#"{"path":"/usr"}"#, "ask"),
        ("deny mcp__fs__read(branch:)", "mcp__fs__read", r#"{"path":"/usr"}"#, "ask"),
        ("deny mcp__fs__read(branch)", "mcp__fs__read", r#"{"path":"/usr"}"#, "ask"),
    ];
    for (rule, tool, arguments, expected) in rows {
        let judge =
            policy(&format!("{rule} ;; allow Bash ;; allow Agent ;; allow mcp__git ;; allow mcp__fs"));
        let arguments = ToolArguments::parse((*arguments).to_owned());
        let call = Judged::new(tool, &arguments, EffectClass::AtMostOnce);
        let found = judge.verdict(&call, &around());
        assert_eq!(found.decision.as_str(), *expected, "{rule}: {tool}({})", arguments.raw());
    }
}

#[test]
fn parameters_allow_nothing() {
    let arguments = ToolArguments::parse(r#"{"branch":"main"}"#.to_owned());
    let call = Judged::new("mcp__git__push", &arguments, EffectClass::AtMostOnce);
    assert_eq!(
        policy("allow mcp__git__push(branch:main)").verdict(&call, &around()).decision.as_str(),
        "ask"
    );
}

#[test]
fn a_person_decides_what_leaves_the_sandbox() {
    let arguments = ToolArguments::parse(r#"{"command":"git log","outside_sandbox":"needs ssh"}"#.to_owned());
    let call = Judged::new("Bash", &arguments, EffectClass::AtMostOnce);
    for (rules, expected) in [
        ("", "ask"),
        ("allow Bash", "ask"),
        ("allow Bash(git log)", "ask"),
        ("mode bypass", "ask"),
        ("mode accept_edits", "ask"),
        ("mode dont_ask ;; allow Bash", "deny"),
        ("mode plan ;; allow Bash", "deny"),
        ("allow Bash ;; deny Bash(git *)", "deny"),
    ] {
        let policy = policy(rules);
        let found = policy.verdict(&call, &around());
        assert_eq!(found.decision.as_str(), expected, "{rules}");
        assert_eq!(policy.grants(&call, &around()), Vec::<String>::new(), "{rules}");
        assert!(expected != "ask" || found.reason.contains("needs ssh"), "{}", found.reason);
    }
}
