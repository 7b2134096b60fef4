use serde_json::json;
use tau_testkit::{ModelServer, Reply, chunk};

use crate::support::{Place, messages, tool_result};

/// Reads a file, edits it, runs a command that fails, and says something around it all.
fn work() -> Vec<Reply> {
    let edit = json!({ "path": "a.txt", "old_string": "one", "new_string": "two\nthree" }).to_string();
    vec![
        Reply::events([
            chunk::text("Let me "),
            chunk::text("look."),
            chunk::tool_call(0, "c1", "read", r#"{"path":"a.txt"}"#),
            chunk::tool_call(1, "c2", "edit", &edit),
            chunk::finish("tool_calls"),
            chunk::usage(1500, 20),
        ]),
        Reply::tool_calls([("c3", "bash", r#"{"command":"echo first; echo last; exit 3"}"#)]),
        Reply::text("All done."),
    ]
}

#[tokio::test]
async fn the_answer_is_on_stdout_and_everything_else_on_stderr() {
    let server = ModelServer::with_replies(work()).await.unwrap();
    let place = Place::with_server(&server);
    place.write("a.txt", "one\n");
    let ran = place.tau(&["run", "--allow", "edit", "--allow", "bash", "do it"]).await;
    ran.assert_code(0);
    insta::assert_snapshot!(ran.stdout, @r#"
        Let me look.
        All done.
        "#);
    insta::assert_snapshot!(ran.stderr, @r#"
        read a.txt
        edit a.txt
          ✓ read 1 one
          ✓ edit Edited `a.txt`: +2 -1
        bash echo first; echo last; exit 3
          ✗ bash [exit code 3]
        done · 3 turns · 3 tool calls · 1.5k tokens in, 30 out
        "#);
    assert_eq!(place.read("a.txt"), "two\nthree\n");
    let last = messages(&server, 2);
    assert_eq!(last[1], json!({ "role": "user", "content": "do it" }));
    assert_eq!(tool_result(&server, 2, "c3"), "first\nlast\n[exit code 3]");
}

#[tokio::test]
async fn nothing_is_coloured_where_no_terminal_is() {
    let server = ModelServer::with_replies(work()).await.unwrap();
    let place = Place::with_server(&server);
    place.write("a.txt", "one\n");
    let ran = place.tau_with_env(&[("TERM", "xterm-256color")], &["run", "--allow-all", "do it"]).await;
    ran.assert_code(0);
    let error = place.tau_with_env(&[("TERM", "xterm-256color")], &["run", "-C", "nowhere", "x"]).await;
    let doctor = place.tau_with_env(&[("TERM", "xterm-256color")], &["doctor"]).await;
    let help = place.tau_with_env(&[("TERM", "xterm-256color")], &["run", "--help"]).await;
    for ran in [ran, error, doctor, help] {
        assert!(!(ran.stdout.clone() + &ran.stderr).contains('\u{1b}'), "{ran:#?}");
    }
}

#[tokio::test]
async fn the_prompt_comes_from_an_argument_or_from_standard_input() {
    let server = ModelServer::start(|_, _| Reply::text("ok")).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "argument"]).await.assert_code(0);
    place.tau_with_input("a dash\nand more".as_bytes(), &["run", "-"]).await.assert_code(0);
    place.tau_with_input("no argument ✓".as_bytes(), &["run"]).await.assert_code(0);
    let prompts: Vec<_> = (0..3).map(|number| messages(&server, number)[1]["content"].clone()).collect();
    assert_eq!(prompts, ["argument", "a dash\nand more", "no argument ✓"]);
}

#[tokio::test]
async fn an_empty_prompt_is_refused_before_any_model_is_asked() {
    let server = ModelServer::with_replies([]).await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["run", "  "]).await;
    insta::assert_snapshot!(ran.assert_code(2).stderr, @r#"
        × the task is empty
        help: write it as an argument, tau run "...", or pipe it in
        "#);
    assert_eq!(place.tau(&["run"]).await.assert_code(2).stderr, ran.stderr);
    let binary = place.tau_with_input(b"\xff\xfe", &["run", "-"]).await;
    insta::assert_snapshot!(binary.assert_code(2).stderr, @r#"
        × standard input cannot be read: stream did not contain valid UTF-8
        help: write it as an argument, tau run "...", or pipe it in
        "#);
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn cwd_is_where_the_tools_work() {
    let server = ModelServer::with_replies([
        Reply::tool_calls([("c1", "bash", r#"{"command":"pwd"}"#), ("c2", "read", r#"{"path":"b.txt"}"#)]),
        Reply::text("ok"),
    ]);
    let server = server.await.unwrap();
    let place = Place::with_server(&server);
    place.write("sub/b.txt", "inside\n");
    place.tau(&["run", "--cwd", "sub", "--allow", "bash", "x"]).await.assert_code(0);
    let expected = place.project().join("sub").display().to_string();
    assert_eq!(tool_result(&server, 1, "c1").trim(), expected);
    assert!(tool_result(&server, 1, "c2").contains("inside"));
}

#[tokio::test]
async fn a_folder_that_is_none_is_refused() {
    let place = Place::new();
    place.write("file", "");
    insta::assert_snapshot!(place.tau(&["run", "--cwd", "nowhere", "x"]).await.assert_code(2).stderr, @r#"
        × cannot work in nowhere: No such file or directory (os error 2)
        help: give a folder that exists with --cwd
        "#);
    insta::assert_snapshot!(place.tau(&["run", "--cwd", "file", "x"]).await.assert_code(2).stderr, @r#"
        × file is not a folder
        help: give a folder with --cwd
        "#);
}

#[tokio::test]
async fn instructions_of_the_project_are_in_the_system_prompt() {
    let server = ModelServer::with_replies([Reply::text("ok")]).await.unwrap();
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Always say please.");
    place.write_home(".config/tau/AGENTS.md", "I like tabs.");
    place.tau(&["run", "x"]).await.assert_code(0);
    let system = messages(&server, 0)[0]["content"].as_str().unwrap().to_owned();
    let (user, project) = (system.find("I like tabs.").unwrap(), system.find("Always say please.").unwrap());
    assert!(user < project, "the nearest comes last");
}

#[tokio::test]
async fn the_limit_of_turns_ends_the_run_with_5() {
    let server = ModelServer::start(|n, _| {
        Reply::tool_calls([(format!("c{n}").as_str(), "glob", r#"{"pattern":"*"}"#)])
    });
    let server = server.await.unwrap();
    let place = Place::with_server(&server);
    let ran = place.tau(&["run", "--max-turns", "3", "x"]).await;
    assert_eq!(server.request_count(), 3);
    insta::assert_snapshot!(last_line(&ran.assert_code(5).stderr), @"stopped at the limit of turns (raise it with --max-turns) · 3 turns · 3 tool calls · 30 tokens in, 15 out");
}

#[tokio::test]
async fn a_used_up_budget_ends_the_run_with_4() {
    let server = ModelServer::start(|n, _| {
        Reply::tool_calls([(format!("c{n}").as_str(), "glob", r#"{"pattern":"*"}"#)])
    });
    let server = server.await.unwrap();
    let place = Place::with_server_and(
        &server,
        "models.paid = { provider = \"test\", prices = { input = 1, output = 2 } }",
    );
    // A turn reads 10 tokens and writes 5.
    let tokens = place.tau(&["run", "--max-tokens", "40", "x"]).await;
    insta::assert_snapshot!(last_line(&tokens.assert_code(4).stderr), @"stopped: the budget of tokens is used up (raise it with --max-tokens) · 3 turns · 3 tool calls · 30 tokens in, 15 out");
    let calls = place.tau(&["run", "--max-tool-calls", "2", "x"]).await;
    insta::assert_snapshot!(last_line(&calls.assert_code(4).stderr), @"stopped: the budget of tool calls is used up (raise it with --max-tool-calls) · 3 turns · 3 tool calls · 30 tokens in, 15 out");
    let cost = place.tau(&["run", "--model", "paid", "--max-cost", "0.00005", "x"]).await;
    insta::assert_snapshot!(last_line(&cost.assert_code(4).stderr), @"stopped: the budget of money is used up (raise it with --max-cost) · 3 turns · 3 tool calls · 30 tokens in, 15 out · $0.00006");
}

#[tokio::test]
async fn a_wrong_command_line_ends_with_2() {
    let place = Place::new();
    for arguments in
        [&["run", "--max-turns", "many", "x"][..], &["fly"], &["run", "--output", "xml", "x"], &[]]
    {
        let ran = place.tau(arguments).await;
        ran.assert_code(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran:?}");
    }
}

#[tokio::test]
async fn help_says_what_it_is_and_names_the_exit_codes() {
    let place = Place::new();
    let help = place.tau(&["--help"]).await;
    let first = help.assert_code(0).stdout.lines().next().unwrap();
    assert_eq!(
        first,
        "An agent runtime: give it a task, and it reads, edits and runs commands until it is done"
    );
    let run = place.tau(&["run", "--help"]).await;
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130 "] {
        assert!(
            run.stdout.lines().any(|line| line.starts_with(&format!("  {code}"))),
            "{code}: {}",
            run.stdout
        );
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_run() {
    let events = (0..2000).map(|_| chunk::text(&"x".repeat(100)));
    let server = ModelServer::with_replies([Reply::events(events)]).await.unwrap();
    let place = Place::with_server(&server);
    let mut child = place.command(&["run", "x"]).spawn().unwrap();
    drop(child.stdout.take());
    let ran = place.finish(child).await;
    assert_eq!(ran.code, Some(130), "{ran:?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
}

#[tokio::test]
async fn a_recording_stands_in_for_a_model() {
    let place = Place::new();
    place.write_home(
        "model.jsonl",
        concat!(
            r#"{"tau_recording":1,"format":"openai-chat","model":"old-model"}"#, "\n",
            r#"{"request":{"model":"old-model","stream":true,"stream_options":{"include_usage":true},"tools":"{{any}}","messages":[{"role":"system","content":"{{any}}"},{"role":"user","content":"hello"}]}}"#, "\n",
            r#"{"response":{"events":[{"choices":[{"index":0,"delta":{"content":"Good day."},"finish_reason":"stop"}]}]}}"#, "\n",
        ),
    );
    let model = format!("replay:{}", place.home().join("model.jsonl").display());
    let ran = place.tau(&["run", "--model", &model, "hello"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Good day.\n");
    assert!(ran.stderr.starts_with("the model is a recording, [TEMP]/home/model.jsonl"), "{}", ran.stderr);

    let other = place.tau(&["run", "--model", &model, "good bye"]).await;
    insta::assert_snapshot!(other.assert_code(1).stderr, @r#"
        the model is a recording, [TEMP]/home/model.jsonl: no model is asked, the tools are real
        failed: model `old-model` at provider `replay` (http://replay.invalid/v1) has no recorded answer to this request: request 1 of 1 differs from the recording (- recorded, + sent):
        @@ -19,7 +19,7 @@
               "role": "system"
             },
             {
        -      "content": "hello",
        +      "content": "good bye",
               "role": "user"
             }
           ],
        ; make the recording again, or find what changed the request
        stopped · 0 turns · 0 tool calls · 0 tokens in, 0 out
        "#);
    insta::assert_snapshot!(place.tau(&["run", "-m", "replay:nowhere", "x"]).await.assert_code(2).stderr, @r#"
        × the recording nowhere cannot be read: No such file or directory (os error 2)
        help: give the file of a recording: --model replay:FILE
        "#);
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[tokio::test]
async fn a_reply_that_is_cut_says_so() {
    let cut = Reply::events([chunk::text("The answer is"), chunk::finish("length"), chunk::usage(10, 5)]);
    let server = ModelServer::with_replies([cut]).await.unwrap();
    let ran = Place::with_server(&server).tau(&["run", "x"]).await;
    ran.assert_code(0);
    insta::assert_snapshot!(ran.stdout, @"The answer is");
    insta::assert_snapshot!(ran.stderr, @r"
        ! the reply is cut: it met the limit of output tokens
        done · 1 turn · 0 tool calls · 10 tokens in, 5 out
        ");
}
