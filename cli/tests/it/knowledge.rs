//! Skills, plugins and memory from the command line.

use serde_json::Value;

use crate::support::Place;

fn skill(name: &str, more: &str) -> String {
    format!("---\nname: {name}\ndescription: Does {name} well.\n{more}---\nSteps of {name}: $ARGUMENTS\n")
}

#[tokio::test]
async fn skills_are_listed_shown_and_matched() {
    let place = Place::new();
    place.write(".claude/skills/review/SKILL.md", &skill("review", "user-invocable: false\n"));
    place.write(".agents/skills/deploy/SKILL.md", &skill("deploy", "disable-model-invocation: true\n"));
    place.write(".claude/commands/fix.md", "Fix $0. !`git status` @notes.md\n");
    place.write_home(".claude/skills/review/SKILL.md", &skill("review", ""));
    let list = place.tau(&["skills", "list"]).await;
    insta::assert_snapshot!(list.assert_code(0).stdout, @r"
    deploy (project, not for models): Does deploy well.
    fix (project, command): Fix $0. !`git status` @notes.md
    review (project, not for users): Does review well.
    ");
    assert!(list.stderr.contains("reached as user:review"), "{list:?}");
    let json = place.tau(&["skills", "list", "--output", "json"]).await.json();
    assert_eq!(json["skills"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["shadowed"].as_array().map(Vec::len), Some(1));

    let shown = place.tau(&["skills", "show", "fix", "issue 7"]).await;
    assert_eq!(shown.assert_code(0).stdout, "Fix issue. [not run] @notes.md\n\nARGUMENTS: issue 7\n");
    assert!(shown.stderr.contains("runs: git status\nreads: notes.md\n"), "{shown:?}");
    let shown = place.tau(&["skills", "show", "user:review", "--", "--all"]).await;
    assert_eq!(shown.assert_code(0).stdout, "Steps of review: --all\n");
    place.tau(&["skills", "show", "gone"]).await.assert_code(2);

    let matched = place.tau(&["skills", "match", "deploy it"]).await;
    assert!(matched.assert_code(0).stdout.starts_with("106  deploy  (deploy 100, "), "{matched:?}");
    place.tau(&["skills", "match", "bake a cake"]).await.assert_code(1);
}

#[tokio::test]
async fn skills_are_validated_by_the_strict_rules() {
    let place = Place::new();
    place.write("good/SKILL.md", &skill("good", ""));
    place.write("bad/SKILL.md", &skill("bad", "version: 1\n"));
    place.tau(&["skills", "validate", "good"]).await.assert_code(0);
    let ran = place.tau(&["skills", "validate", "good", "bad/SKILL.md", "gone", "--output", "json"]).await;
    let verdicts: Vec<bool> =
        ran.assert_code(1).json_lines().iter().filter_map(|line| line["valid"].as_bool()).collect();
    assert_eq!(verdicts, [true, false, false]);
    let ran = place.tau(&["skills", "validate", "bad"]).await;
    assert_eq!(ran.stdout, "✗ bad\n  fields that are not in the specification: version\n");
}

#[tokio::test]
async fn plugins_come_from_marketplaces_and_go() {
    let place = Place::new();
    let market =
        r#"{"name": "tools", "owner": {"name": "x"}, "plugins": [{"name": "ship", "source": "./ship"}]}"#;
    place.write("market/.claude-plugin/marketplace.json", market);
    place.write("market/ship/skills/go/SKILL.md", &skill("go", ""));
    place.tau(&["plugin", "install", "ship"]).await.assert_code(1);
    let added = place.tau(&["plugin", "marketplace", "add", "market"]).await;
    assert_eq!(added.assert_code(0).stdout, "tools is known: 1 plugins\n");
    let installed = place.tau(&["plugin", "install", "ship"]).await;
    assert_eq!(installed.assert_code(0).stdout, "ship@tools is installed and enabled: skills\n");
    let names = async || {
        let json: Value = place.tau(&["skills", "list", "--output", "json"]).await.json();
        json["skills"].as_array().into_iter().flatten().map(|it| it["name"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["\"ship:go\""]);
    place.tau(&["plugin", "disable", "ship"]).await.assert_code(0);
    assert_eq!(names().await, [""; 0]);
    assert!(
        place.tau(&["plugin", "list"]).await.stdout.starts_with("ship@tools (disabled, no version) from ")
    );
    place.tau(&["plugin", "enable", "ship@tools"]).await.assert_code(0);
    place.tau(&["plugin", "remove", "ship"]).await.assert_code(0);
    assert_eq!(names().await, [""; 0]);
    let listed = place.tau(&["plugin", "marketplace", "list"]).await;
    assert!(listed.assert_code(0).stdout.contains("  ship: "), "{listed:?}");
    place.tau(&["plugin", "install", "--", "--upload-pack=x:y"]).await.assert_code(2);
}

#[cfg(unix)]
#[tokio::test]
async fn plugins_come_over_git() {
    let place = Place::new();
    place.write("repo/SKILL.md", &skill("solo", ""));
    let script =
        "cd repo && git init -q -b main && git add . && git -c user.name=x -c user.email=x@x commit -qm x";
    let status =
        tokio::process::Command::new("sh").args(["-c", script]).current_dir(place.project()).status();
    if !status.await.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no git here");
        return;
    }
    let url = format!("file://{}#main", place.project().join("repo").display());
    let installed = place.tau(&["plugin", "install", &url]).await;
    assert_eq!(installed.assert_code(0).stdout, "repo@local is installed and enabled: skills\n");
    let listed = place.tau(&["skills", "list"]).await;
    assert!(listed.stdout.contains("repo:solo (plugin): Does solo well."), "{listed:?}");
    let gone = format!("file://{}", place.project().join("gone").display());
    place.tau(&["plugin", "install", &gone]).await.assert_code(1);
}

#[tokio::test]
async fn notes_are_shown_edited_compared_and_restored() {
    let place = Place::new();
    place.write("AGENTS.md", "Be brief.\n");
    place.tau_with_input(b"one\n", &["memory", "edit", "plan.md"]).await.assert_code(0);
    place.tau_with_input(b"two\n", &["memory", "edit", "plan.md"]).await.assert_code(0);
    assert_eq!(place.tau(&["memory", "show", "plan.md"]).await.assert_code(0).stdout, "two\n");
    let diff = place.tau(&["memory", "diff", "plan.md"]).await;
    assert!(diff.assert_code(0).stdout.ends_with("@@ -1 +1 @@\n-one\n+two\n"), "{diff:?}");
    place.tau(&["memory", "restore", "plan.md", "previous"]).await.assert_code(0);
    assert_eq!(place.read(".tau/memory/plan.md"), "one\n");
    let history = place.tau(&["memory", "show", "plan.md", "--history"]).await;
    assert_eq!(history.assert_code(0).stdout.lines().count(), 3);
    let all = place.tau(&["memory", "show"]).await;
    assert!(
        all.assert_code(0).stdout.contains("AGENTS.md  instructions, 10 bytes\nplan.md  note\n"),
        "{all:?}"
    );
    for wrong in [&["show", "gone.md"][..], &["show", "../x"], &["restore", "plan.md", "zz"]] {
        place.tau(&[&["memory"], wrong].concat()).await.assert_code(1);
    }
}

#[tokio::test]
async fn doctor_tells_what_was_not_read_and_why() {
    let place = Place::new();
    place.write("CLAUDE.md", "See @docs/gone.md and @../secret.md\n");
    place.write(".claude/rules/ts.md", "---\npaths: **/*.ts\n---\nUse tabs.\n");
    place.write(".claude/skills/a/SKILL.md", "---\nname: b\ndescription: x\n---\n");
    place.write(".claude/skills/c/SKILL.md", "");
    place.write_home(".claude/skills/b/SKILL.md", &skill("b", ""));
    let said = place.tau(&["doctor"]).await.stdout;
    for expected in [
        "gone.md: entity not found",
        "ts.md, for **/*.ts",
        "c/SKILL.md: no description",
        "name `b` is not that of the folder, `a`",
        "reached as user:b",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[tokio::test]
async fn the_agent_writes_notes_where_it_was_given_the_tool() {
    use tau_testkit::{ModelServer, Reply};
    let arguments = r#"{"command": "append", "path": "progress.md", "text": "Half way."}"#;
    let replies = [Reply::tool_calls([("call_1", "memory", arguments)]), Reply::text("Noted.")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server_and(&server, "agent.tools = [\"read\", \"memory\"]\n");
    let ran = place.tau(&["run", "--allow", "memory", "note it"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Noted.\n");
    assert_eq!(place.read(".tau/memory/progress.md"), "Half way.\n");
    assert!(crate::support::tool_result(&server, 1, "call_1").starts_with("written, version "));
}
