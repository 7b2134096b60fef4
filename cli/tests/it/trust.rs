//! Projects of other agents: what counts before and after they are trusted, and what is told of it.

use serde_json::json;
use tau_testkit::{ModelServer, Reply};

use crate::support::{Place, messages, tool_result};

const SETTINGS: &str = r#"{
  "permissions": {
    "allow": ["Bash(touch *)", "WebSearch"],
    "deny": ["Bash(touch denied)"]
  },
  "env": { "WHO": "settings" },
  "hooks": {
    "PreToolUse": [{ "matcher": "Bash", "hooks": [
      { "type": "command", "command": "$CLAUDE_PROJECT_DIR/.claude/hooks/guard.sh" }] }],
    "SessionEnd": [{ "hooks": [{ "type": "command", "command": "echo \"$WHO\" > ended" }] }]
  }
}"#;
const GUARD: &str = "if grep -q 'touch guarded'; then echo 'Guarded.' >&2; exit 2; fi\n";

fn project(server: &ModelServer) -> Place {
    let place = Place::with_server(server);
    place.write(".claude/settings.json", SETTINGS);
    place.write(".claude/hooks/guard.sh", &format!("#!/bin/sh\n{GUARD}"));
    let script = place.project().join(".claude/hooks/guard.sh");
    std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    place
}

/// A model that makes three files, one by one, and is done.
async fn model() -> ModelServer {
    let touch = |file: &str| {
        let arguments = json!({ "command": format!("touch {file}") }).to_string();
        Reply::tool_calls([(file, "bash", arguments.as_str())])
    };
    let once = || [touch("made"), touch("denied"), touch("guarded"), Reply::text("Done.")];
    ModelServer::with_replies([once(), once(), once()].into_iter().flatten()).await.unwrap()
}

fn there(place: &Place) -> Vec<&'static str> {
    let is_there = |file: &&str| std::fs::remove_file(place.project().join(file)).is_ok();
    ["made", "denied", "guarded", "ended"].into_iter().filter(is_there).collect()
}

#[tokio::test]
async fn what_a_project_brings_is_inert_until_it_is_trusted() {
    let server = model().await;
    let place = project(&server);
    let run = || place.tau(&["run", "--ephemeral", "make them"]);

    let ran = run().await;
    assert_eq!(there(&place), Vec::<&str>::new(), "{ran:?}");
    ran.assert_code(3);
    let note = "the project is not trusted (`tau trust` shows what it wants); left out: 2 hooks, 2 allow rules, 1 variable";
    assert!(ran.stderr.contains(note), "{ran:?}");
    assert!(tool_result(&server, 2, "denied").contains("`Bash(touch denied)` denies this call"), "at once");

    let refused = place.tau(&["trust"]).await;
    refused.assert_code(2);
    insta::assert_snapshot!(refused.stdout, @r#"
    [TEMP]/project wants:

      runs at points of the loop, as you and outside the sandbox
        PreToolUse (Bash): $CLAUDE_PROJECT_DIR/.claude/hooks/guard.sh [.claude/settings.json]
        SessionEnd: echo "$WHO" > ended [.claude/settings.json]

      files of the project that hooks run
        .claude/hooks/guard.sh [.claude/settings.json]

      calls that run without asking
        Bash(touch *) [.claude/settings.json]
        WebSearch [.claude/settings.json]

      variables of commands and hooks
        WHO=settings [.claude/settings.json]
    "#);
    assert!(place.tau(&["trust", "--list"]).await.stdout.contains("no project is trusted"));

    place.tau(&["trust", "--yes"]).await.assert_code(0);
    assert_eq!(place.tau(&["trust", "--list"]).await.stdout, "[TEMP]/project\n");
    let ran = run().await;
    assert_eq!(there(&place), ["made", "ended"], "{ran:?}");
    assert!(!ran.stderr.contains("trust"), "{ran:?}");
    let last = messages(&server, 7);
    assert!(
        last.iter().any(|message| message["content"].to_string().contains("It said: Guarded.")),
        "{last:#?}"
    );

    place.write(".claude/hooks/guard.sh", "#!/bin/sh\necho pwned > ended\n");
    let ran = run().await;
    assert_eq!(there(&place), Vec::<&str>::new(), "{ran:?}");
    assert!(ran.stderr.contains("the project wants more than when it was trusted"), "{ran:?}");
    let shown = place.tau(&["trust"]).await;
    assert!(shown.assert_code(2).stdout.contains("\n  + .claude/hooks/guard.sh"), "{shown:?}");

    assert_eq!(place.tau(&["trust", "--revoke"]).await.stdout, "[TEMP]/project is trusted no more\n");
    assert_eq!(place.tau(&["trust", "--revoke"]).await.stdout, "[TEMP]/project was not trusted\n");
}

#[tokio::test]
async fn a_project_that_wants_nothing_needs_nobody() {
    let ran = Place::new().tau(&["trust"]).await;
    assert_eq!(ran.assert_code(0).stdout, "[TEMP]/project wants nothing that needs trust\n");
}

#[tokio::test]
async fn the_settings_of_the_user_count_at_once() {
    let server = model().await;
    let place = Place::with_server(&server);
    place.write_home(".claude/settings.json", r#"{"permissions": {"allow": ["Bash(touch *)"]}}"#);
    place.tau(&["run", "--ephemeral", "make them"]).await.assert_code(0);
    assert_eq!(there(&place), ["made", "denied", "guarded"]);
}

#[tokio::test]
async fn settings_that_cannot_be_read_have_everything_asked_about() {
    let server = model().await;
    let place = Place::with_server(&server);
    place.write(".claude/settings.json", "{ \"permissions\": { \"deny\": [\"Bash\" }");
    let ran = place.tau(&["run", "--ephemeral", "--allow", "bash", "make them"]).await;
    assert_eq!(there(&place), Vec::<&str>::new(), "{ran:?}");
    assert!(ran.stderr.contains("every call is asked about"), "{ran:?}");
}

#[tokio::test]
async fn doctor_tells_of_every_file_and_what_of_it_does_not_count() {
    let server =
        ModelServer::start(|_, _| Reply::json(200, &json!({ "object": "list", "data": [] }))).await.unwrap();
    let place = project(&server);
    place.write(
        ".claude/settings.local.json",
        r#"{"hooks": {"Setup": []}, "model": "opus", "thme": 1, /* no */ }"#,
    );
    place.write(
        ".claude/agents/b.md",
        "---\nname: b\ndescription: d\ntools: Read, Frobnicate\nskills: gone\n---\n",
    );
    place.write(".claude/agents/a.md", "---\nname: a\ndescription: d\n---\n");
    place.write(".agents/agents/a.md", "---\nname: a\ndescription: d\n---\n");
    place.write(".claude/agents/README.md", "# Agents\n");
    place.write_home(".claude/settings.json", "{");
    let ran = place.tau(&["doctor", "--trust-project"]).await;
    let of_project = ["settings", "hooks", "files", "permissions", "agents", "trust"];
    let topic = |line: &&str| line.split_whitespace().nth(1).is_some_and(|topic| of_project.contains(&topic));
    let lines: Vec<&str> = ran.assert_code(1).stdout.lines().filter(topic).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    ✓ trust          the project is trusted with all that it wants
    ✓ settings       read [TEMP]/project/.claude/settings.json
    ✓ settings       read [TEMP]/project/.claude/settings.local.json
    ✓ hooks          2 at PreToolUse, SessionEnd
    ✗ files          [TEMP]/home/.claude/settings.json:1:1: is no JSON: EOF while parsing an object
    ! files          [TEMP]/project/.claude/settings.local.json: has comments or commas that JSON does not have; read without them
    ! files          [TEMP]/project/.claude/settings.local.json: `hooks.Setup` does not count: tau has no such event
    ! files          [TEMP]/project/.claude/settings.local.json: `model` does not count: models are named in tau's own configuration
    ! files          [TEMP]/project/.claude/settings.local.json: `thme` is not known and does not count
    ! files          [TEMP]/project/.claude/agents/README.md: no definition: it has no front matter
    ! files          [TEMP]/project/.claude/agents/a.md: `a` is shadowed by [TEMP]/project/.agents/agents/a.md
    ! permissions    settings that cannot be read may deny anything, so every call is asked about
    ! permissions    the rule `WebSearch` names no tool of tau
    ✓ agents         a, b
    ! agents         [TEMP]/project/.claude/agents/b.md: names the tool `Frobnicate`, which is not there
    ! agents         [TEMP]/project/.claude/agents/b.md: names the skill `gone`, which is not there
    ");
}

#[tokio::test]
async fn a_command_file_of_a_project_that_is_not_trusted_runs_nothing() {
    let server = ModelServer::with_replies([Reply::text("Done.")]).await.unwrap();
    let place = Place::with_server(&server);
    let go = "---\ndescription: Goes.\nallowed-tools: Bash(touch *)\n---\nGo: !`touch made`\n";
    place.write(".claude/commands/go.md", go);
    let ran = place.tau(&["run", "--ephemeral", "/go"]).await;
    assert_eq!(there(&place), Vec::<&str>::new(), "{ran:?}");
    assert!(ran.stderr.contains("left out: 1 power of skill"), "{ran:?}");
    let shown = place.tau(&["trust", "--yes"]).await;
    assert!(shown.assert_code(0).stdout.contains("go: Bash(touch *), !`touch made`"), "{shown:?}");
    let ran = place.tau(&["run", "--ephemeral", "/go"]).await;
    assert_eq!(there(&place), ["made"], "{ran:?}");
}

#[tokio::test]
async fn rules_that_are_no_rules_have_everything_asked_about() {
    for permissions in [r#"{"deny": "Bash(touch *)"}"#, r#"{"ask": ["Read", {"no": "rule"}]}"#, r#"["Bash"]"#]
    {
        let server = model().await;
        let place = Place::with_server(&server);
        place.write(".claude/settings.json", &format!("{{\"permissions\": {permissions}}}"));
        let ran = place.tau(&["run", "--ephemeral", "--allow", "bash", "make them"]).await;
        assert_eq!(there(&place), Vec::<&str>::new(), "{ran:?}");
        assert!(ran.stderr.contains("every call is asked about"), "{ran:?}");
    }
}

#[tokio::test]
async fn doctor_says_who_is_trusted_and_prints_nothing_that_acts() {
    let place = Place::new();
    place.write(".claude/settings.json", "{\"disableAllHooks\": true, \"\\u001b[2Jx\": 1}");
    place.write(".claude/agents/a.md", "---\nname: a\n---\n");
    let ran = place.tau(&["doctor"]).await;
    assert!(!ran.stdout.contains("\u{1b}[2J"), "{ran:?}");
    assert!(!ran.stdout.contains("trusted with all that it wants"), "{ran:?}");
    assert!(ran.stdout.contains("left out: 1 other setting"), "{ran:?}");
}
