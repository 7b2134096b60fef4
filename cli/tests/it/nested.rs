//! Instructions of folders and files, as the model comes to them.

use serde_json::{Value, json};
use tau_testkit::{ModelServer, Reply};

use crate::support::{Place, messages};

fn read(id: &str, path: &str) -> Reply {
    Reply::tool_calls([(id, "read", json!({ "path": path }).to_string().as_str())])
}

fn place(server: &ModelServer) -> Place {
    let place = Place::with_server(server);
    for (path, text) in [
        ("CLAUDE.md", "Root."),
        ("web/AGENTS.md", "Web words."),
        ("web/src/a.ts", "x"),
        ("web/b.css", "x"),
        ("main.rs", "x"),
        (".claude/rules/ts.md", "---\npaths: \"**/*.ts\"\n---\nTypes first.\n"),
    ] {
        place.write(path, text);
    }
    place.write_home(".claude/rules/css.md", "---\npaths: \"**/*.css\"\n---\nNo ids.\n");
    place.write_home(".claude/rules/always.md", "Be kind.\n");
    place
}

/// What the model was told of instructions behind the beginning, in its `number`th request.
fn told(server: &ModelServer, number: usize) -> Vec<String> {
    let messages = messages(server, number);
    let text = |message: &Value| message["content"].to_string();
    let later = messages.iter().skip(1).map(text).filter(|text| text.contains("<instructions"));
    later
        .map(|text| {
            ["Root.", "Web words.", "Types first.", "No ids.", "Be kind."]
                .into_iter()
                .filter(|it| text.contains(it))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect()
}

#[tokio::test]
async fn what_is_below_the_working_folder_comes_once_with_the_files_it_is_about() {
    let replies = [
        read("1", "main.rs"),
        read("2", "web/src/a.ts"),
        read("3", "web/src/a.ts"),
        read("4", "web/b.css"),
        Reply::text("Done."),
        Reply::text("Again."),
    ];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = place(&server);
    place.tau(&["run", "look"]).await.assert_code(0);
    let system = messages(&server, 0)[0]["content"].to_string();
    assert!(system.contains("Root.") && system.contains("Be kind.") && !system.contains("Types"), "{system}");
    assert_eq!(told(&server, 1), Vec::<String>::new());
    assert_eq!(told(&server, 2), ["Web words. Types first."]);
    assert_eq!(told(&server, 3), ["Web words. Types first."]);
    assert_eq!(told(&server, 4), ["Web words. Types first.", "No ids."]);
    place.tau(&["sessions", "verify"]).await.assert_code(0);

    // A session that is taken up sends what it sent.
    place.tau(&["resume", "go on"]).await.assert_code(0);
    let (before, after) = (messages(&server, 4), messages(&server, 5));
    assert_eq!(after[..before.len()], before[..]);
}

#[tokio::test]
async fn a_session_that_touches_nothing_of_the_kind_journals_nothing_of_it() {
    let server = ModelServer::with_replies([read("1", "main.rs"), Reply::text("Done.")]).await.unwrap();
    let place = place(&server);
    place.tau(&["run", "look"]).await.assert_code(0);
    let list = place.tau(&["sessions", "list", "--output", "json"]).await.json();
    let id = list["sessions"][0]["id"].as_str().unwrap().to_owned();
    let exported = place.tau(&["sessions", "export", &id]).await;
    assert!(!exported.assert_code(0).stdout.contains("hooks_"), "{exported:?}");
}

#[tokio::test]
async fn files_that_are_excluded_are_left_out() {
    let server = ModelServer::with_replies([read("1", "web/b.css"), Reply::text("Done.")]).await.unwrap();
    let place = place(&server);
    let settings = r#"{"claudeMdExcludes": ["**/web/AGENTS.md", "**/rules/always.md"]}"#;
    place.write(".claude/settings.json", settings);
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    place.tau(&["run", "--ephemeral", "look"]).await.assert_code(0);
    assert!(!messages(&server, 0)[0]["content"].to_string().contains("Be kind."));
    assert_eq!(told(&server, 1), ["No ids."]);
}

#[tokio::test]
async fn skills_of_a_folder_are_told_of_when_the_model_comes_to_it() {
    let server = ModelServer::with_replies([read("1", "web/b.css"), Reply::text("Done.")]).await.unwrap();
    let place = place(&server);
    let skill =
        |more: &str| format!("---\nname: pixel\ndescription: Counts pixels.\n{more}---\n!`touch ran`\n");
    place.write("web/.claude/skills/pixel/SKILL.md", &skill(""));
    let hidden = skill("disable-model-invocation: true\n").replace("pixel", "hidden");
    place.write("web/.tau/skills/hidden/SKILL.md", &hidden);
    place.tau(&["run", "--ephemeral", "look"]).await.assert_code(0);
    let told = messages(&server, 1).last().unwrap()["content"].to_string();
    let file = place.project().join("web/.claude/skills/pixel/SKILL.md");
    assert!(told.contains(&format!("- pixel: Counts pixels. ({})", file.display())), "{told}");
    assert!(!told.contains("hidden") && !place.project().join("ran").exists(), "{told}");
}
