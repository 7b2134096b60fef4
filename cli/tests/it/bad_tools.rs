use std::time::{Duration, Instant};

use serde_json::json;
use tau_testkit::{ModelServer, Reply};

use crate::support::{Place, tool_result};

/// What the model is told about one call that it makes.
async fn told(name: &str, arguments: &str) -> String {
    told_in(&Place::new(), &["--allow-all"], name, arguments).await
}

async fn told_in(place: &Place, flags: &[&str], name: &str, arguments: &str) -> String {
    let replies = [Reply::tool_calls([("c1", name, arguments)]), Reply::text("ok")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place_config =
        format!("model = \"test/scripted\"\nproviders.test.base_url = \"{}\"\n", server.base_url());
    place.user_config(&place_config);
    let ran = place.tau(&[&["run", "-o", "json"], flags, &["x"]].concat()).await;
    ran.assert_code(0);
    assert_eq!(ran.json()["result"], "ok", "the run goes on");
    tool_result(&server, 1, "c1")
}

fn bash(command: &str) -> String {
    json!({ "command": command }).to_string()
}

#[tokio::test]
async fn output_that_is_not_utf8_reaches_the_model_as_text() {
    let text = told("bash", &bash(r"printf 'a\xff\xfe\xc3(\n'; printf '\xe2\x9c'")).await;
    assert_eq!(text, "a\u{fffd}\u{fffd}\u{fffd}(\n\u{fffd}");
}

#[tokio::test]
async fn an_unknown_tool_gets_a_suggestion() {
    insta::assert_snapshot!(told("bahs", "{}").await, @"There is no tool `bahs`; did you mean `bash`?");
    insta::assert_snapshot!(told("teleport", "{}").await, @"There is no tool `teleport`; the tools are: read, write, edit, bash, jobs, glob, grep, todo.");
}

#[tokio::test]
async fn arguments_that_are_not_json_are_sent_back() {
    insta::assert_snapshot!(told("bash", r#"{"command": "ls"#).await, @"The arguments of `bash` are not valid JSON (EOF while parsing a string at line 1 column 15). The tool was not run; call it again with complete, valid JSON.");
    insta::assert_snapshot!(told("bash", r#"["ls"]"#).await, @r#"The arguments of `bash` must be a JSON object, but were: ["ls"]. The tool was not run."#);
    insta::assert_snapshot!(told("bash", r#"{"cmd": "ls"}"#).await, @r"
    Invalid arguments for `bash`; nothing was done:
    - `cmd` is no argument; there are `background`, `command`, `description`, `outside_sandbox`, `timeout_seconds`
    - `command` is missing: May have several lines.
    ");
    insta::assert_snapshot!(told("glob", "").await, @r"
    Invalid arguments for `glob`; nothing was done:
    - `pattern` is missing: Glob, relative to path.
    ");
}

#[tokio::test]
async fn a_command_that_never_ends_is_ended() {
    let begun = Instant::now();
    let text = told("bash", r#"{"command":"echo begun; sleep 1000","timeout_seconds":1}"#).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(text, "begun\n[stopped after 1s]");
}

/// Permission bits do not bind root, so what cannot be written to is a file in place of a folder, and a file system
/// of the kernel's.
#[tokio::test]
async fn a_folder_that_cannot_be_written_to() {
    let place = Place::new();
    place.write("file", "kept");
    let text = told_in(&place, &["--allow-all"], "write", r#"{"path":"file/below","content":"x"}"#).await;
    insta::assert_snapshot!(text, @"file/below: is not a folder");
    assert_eq!(place.read("file"), "kept");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_the_system_keeps_read_only() {
    let place = Place::new();
    let flags = ["--allow-all", "--cwd", "/proc/sys"];
    let text = told_in(&place, &flags, "write", r#"{"path":"made.txt","content":"x"}"#).await;
    assert!(text.contains("made.txt") && !std::path::Path::new("/proc/sys/made.txt").exists(), "{text}");
    let text = told_in(&place, &flags, "bash", r#"{"command":"touch made.txt"}"#).await;
    assert!(text.contains("commands run in a sandbox, and there can be none here"), "{text}");
    let flags = [&flags[..], &["--sandbox", "off"]].concat();
    let text = told_in(&place, &flags, "bash", r#"{"command":"touch made.txt"}"#).await;
    assert!(text.contains("[exit code 1]"), "{text}");
}

/// The peak of the program's memory stays far below the output, and the model gets a bounded part of it.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hundred_megabytes_of_output_are_bounded() {
    let outputs = [
        ("nothing", "true"),
        ("lines", "yes 0123456789 | head -c 100000000"),
        ("one line", "head -c 100000000 /dev/zero | tr '\\0' x"),
    ];
    // What the program itself takes is not what is measured.
    let mut usual = 0;
    for (what, command, format) in outputs
        .into_iter()
        .flat_map(|(what, command)| ["text", "stream-json"].map(|format| (what, command, format)))
    {
        let replies = [Reply::tool_calls([("c1", "bash", bash(command).as_str())]), Reply::text("ok")];
        let server = ModelServer::with_replies(replies).await.unwrap();
        let place = Place::with_server(&server);
        let child = place.command(&["run", "--allow", "bash", "-o", format, "x"]).spawn().unwrap();
        let process = child.id().unwrap();
        let peak = tokio::task::spawn_blocking(move || peak_kilobytes(process));
        let ran = place.finish(child).await;
        ran.assert_code(0);
        let peak = peak.await.unwrap();
        if what == "nothing" {
            usual = peak.max(usual);
            continue;
        }
        assert!((1_000..usual + 20_000).contains(&peak), "{what}, {format}: {peak} kB of {usual}");
        assert!(ran.stdout.len() < 1_000_000, "{what}, {format}: {} bytes", ran.stdout.len());
        let told = tool_result(&server, 1, "c1");
        assert!((1_000..100_000).contains(&told.len()), "{what}, {format}: {} bytes", told.len());
    }
}

/// The most memory the process had, read until it is gone.
#[cfg(target_os = "linux")]
fn peak_kilobytes(process: u32) -> u64 {
    let mut peak = 0;
    while let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // A process that ended and was not waited for yet has no memory.
        let Some(kilobytes) = line.and_then(|line| line.split_whitespace().next()?.parse().ok()) else {
            break;
        };
        peak = kilobytes;
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}
