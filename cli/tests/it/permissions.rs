use tau_testkit::{ModelServer, Reply};

use crate::support::{Place, Ran, tool_result};

/// Asks for a `write` and a `bash`, then ends.
async fn server() -> ModelServer {
    ModelServer::with_replies([
        Reply::tool_calls([
            ("w", "write", r#"{"path":"made.txt","content":"x"}"#),
            ("b", "bash", r#"{"command":"echo ran > ran.txt"}"#),
            ("r", "glob", r#"{"pattern":"*"}"#),
        ]),
        Reply::text("ok"),
    ])
    .await
    .unwrap()
}

async fn run(arguments: &[&str]) -> (Ran, ModelServer, Place) {
    let server = server().await;
    let place = Place::with_server(&server);
    let ran = place.tau(&[&["run"], arguments, &["x"]].concat()).await;
    (ran, server, place)
}

fn made(place: &Place) -> (bool, bool) {
    (place.project().join("made.txt").exists(), place.project().join("ran.txt").exists())
}

#[tokio::test]
async fn without_a_terminal_what_needs_permission_is_denied_and_the_model_is_told() {
    let (ran, server, place) = run(&[]).await;
    ran.assert_code(3);
    // Calls run beside each other, and end in any order.
    let mut lines: Vec<&str> = ran.stderr.lines().collect();
    lines.sort_unstable();
    insta::assert_snapshot!(lines.join("\n"), @r#"
          ✓ glob No file matches `*`. Ignored and dotted files are found with hidden.
          ✗ bash denied Not run: `bash` needs permission, and nobody is there to give it. Do what can be done without it.
          ✗ write denied Not run: `write` needs permission, and nobody is there to give it. Do what can be done without it.
        bash echo ran > ran.txt
        done, but permission was needed for bash, write (give it with --allow) · 2 turns · 3 tool calls · 20 tokens in, 10 out
        glob *
        write made.txt
        "#);
    insta::assert_snapshot!(tool_result(&server, 1, "b"), @"Not run: `bash` needs permission, and nobody is there to give it. Do what can be done without it.");
    assert_eq!(made(&place), (false, false));

    let (ran, _, _) = run(&["--output", "json"]).await;
    ran.assert_code(3);
    let summary = ran.json();
    assert_eq!(summary["denied"], serde_json::json!(["bash", "write"]));
    assert_eq!((&summary["outcome"], &summary["exit_code"]), (&"completed".into(), &3.into()));
}

#[tokio::test]
async fn allow_lets_one_tool_run() {
    let (ran, _, place) = run(&["--allow", "write"]).await;
    ran.assert_code(3);
    assert_eq!(made(&place), (true, false));
}

#[tokio::test]
async fn allow_all_lets_every_tool_run_but_the_denied() {
    let (ran, _, place) = run(&["--allow-all"]).await;
    ran.assert_code(0);
    assert_eq!(made(&place), (true, true));

    let (ran, server, place) = run(&["--allow-all", "--deny", "bash"]).await;
    // A rule is an answer: nobody was missing.
    ran.assert_code(0);
    assert_eq!(made(&place), (true, false));
    insta::assert_snapshot!(tool_result(&server, 1, "b"), @"Not run: the permission rules deny `bash`. Do it another way.");
}

#[tokio::test]
async fn deny_goes_before_allow() {
    let (ran, _, place) = run(&["--allow", "bash", "--allow", "write", "--deny", "bash"]).await;
    ran.assert_code(0);
    assert_eq!(made(&place), (true, false));
}

#[tokio::test]
async fn a_rule_for_a_tool_that_is_none_is_refused() {
    let (ran, server, _) = run(&["--deny", "bahs"]).await;
    insta::assert_snapshot!(ran.assert_code(2).stderr, @r#"
        × the permission rule `bahs` names no tool; the tools are read, write, edit, bash, jobs, glob, grep, todo, apply_patch, ls, web_fetch, memory, ask_user, propose_plan, task
        help: a rule is the name of a tool, such as `bash`, or part of what it does, such as `Bash(git *)`
        "#);
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn rules_of_layers_add_up() {
    let server = server().await;
    let place = Place::with_server_and(&server, "permissions = { deny = [\"bash\"], allow = [\"write\"] }");
    // A repository must not be able to take a denial away.
    place.write(".tau/config.toml", "permissions.deny = [\"grep\"]\n");
    let ran = place.tau(&["run", "--allow-all", "x"]).await;
    ran.assert_code(0);
    assert_eq!(made(&place), (true, false));
}

#[tokio::test]
async fn tools_that_are_not_offered_do_not_run() {
    let server = server().await;
    let place = Place::with_server_and(&server, "agent.tools = [\"read\", \"glob\"]");
    place.write(".tau/config.toml", "agent.tools = [\"glob\", \"bash\"]\n");
    let ran = place.tau(&["run", "--allow-all", "x"]).await;
    ran.assert_code(0);
    assert_eq!(made(&place), (false, false));
    let offered: Vec<_> = server.requests()[0].json()["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["function"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(offered, ["glob"]);
    insta::assert_snapshot!(tool_result(&server, 1, "b"), @"There is no tool `bash`; the tools are: glob.");
}

#[tokio::test]
async fn check_answers_every_line_and_says_when_some_were_none() {
    let place = Place::new();
    let project = place.project().display().to_string();
    let row = |rules: &str, tool: &str, argument: &str| {
        format!(
            r#"{{"rules":{rules},"tool":"{tool}","argument":{argument},"cwd":"{project}","home":"/people/me"}}"#
        )
    };
    let lines = [
        row(r#"{"allow":["Bash(git *)"],"deny":["Bash(git push *)"]}"#, "Bash", r#""git push""#),
        row(r#"{"allow":["Bash(git *)"]}"#, "Bash", r#"{"command":"git log"}"#),
        "nonsense".to_owned(),
        row(r#"["allow Read(**)"]"#, "Read", r#""../x""#),
    ];
    let ran = place.tau_with_input(lines.join("\n").as_bytes(), &["permissions", "check", "--stdin"]).await;
    ran.assert_code(1);
    let answers: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words: Vec<_> =
        answers.iter().map(|answer| (answer["line"].as_u64(), answer["verdict"].as_str())).collect();
    assert_eq!(
        words,
        [(Some(1), Some("deny")), (Some(2), Some("allow")), (Some(3), None), (Some(4), Some("ask"))]
    );
    assert_eq!(answers[0]["rule"], "Bash(git push *)");
    assert!(answers[2]["error"].is_string());
    answers.iter().for_each(|answer| crate::schema::assert_valid("permissions", answer));
}

#[tokio::test]
async fn explain_names_the_rule_and_what_would_be_granted() {
    let place = Place::new();
    let ran = place.tau(&["permissions", "explain", "Bash(ls && rm x)", "--deny", "Bash(rm *)"]).await;
    insta::assert_snapshot!(ran.assert_code(0).stdout, @r"
    deny: `Bash(rm *)` denies this call
      by the rule Bash(rm *)
    ");
    let ran = place.tau(&["permissions", "explain", "Bash(ls && rm x)", "--allow", "Bash(ls *)"]).await;
    insta::assert_snapshot!(ran.assert_code(0).stdout, @r"
    ask: no rule allows `rm x`
      to always allow it: Bash(rm x)
    ");
    place.tau(&["permissions", "explain", "Bash("]).await.assert_code(2);
}

#[tokio::test]
async fn check_takes_the_spellings_of_other_tables() {
    let place = Place::new();
    place.write("link-target/secret", "x");
    let lines = [
        r#"{"id":"a1","rules":[{"effect":"deny","rule":"Bash(rm *)"}],"tool":"Bash","argument":"echo $(rm x)"}"#,
        r#"{"id":2,"rules":[["allow","Read(link-target/**)"]],"tool_name":"Read","tool_input":{"file_path":"link-target/secret"}}"#,
        r#"{"allow":"Bash(ls *)","tool":"Bash","args":"ls \ud800","extra":[1,2]}"#,
        r#"{"tool":"Bash","argument":"ls"}"#,
    ];
    let ran = place.tau_with_input(lines.join("\r\n").as_bytes(), &["permissions", "check", "--stdin"]).await;
    ran.assert_code(0);
    let answers: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    answers.iter().for_each(|answer| crate::schema::assert_valid("permissions", answer));
    let words: Vec<_> =
        answers.iter().map(|answer| (&answer["id"], answer["verdict"].as_str().unwrap())).collect();
    let null = serde_json::Value::Null;
    assert_eq!(words, [(&"a1".into(), "deny"), (&2.into(), "allow"), (&null, "ask"), (&null, "ask")]);
}

#[tokio::test]
async fn explain_proposes_no_rule_that_would_not_be_enough() {
    let place = Place::new();
    let explain = async |call: &str| {
        let ran = place.tau(&["permissions", "explain", call, "--output", "json"]).await;
        ran.assert_code(0);
        ran.json()
    };
    let hazard = explain("Bash(rm -rf /)").await;
    assert_eq!((hazard["verdict"].as_str(), hazard["grants"].as_array().unwrap().len()), (Some("ask"), 0));
    let command = explain("Bash(make all)").await;
    assert_eq!(command["grants"], serde_json::json!(["Bash(make all)"]));
}
