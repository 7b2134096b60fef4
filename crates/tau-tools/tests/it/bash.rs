//! The bash tool.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tau_tools::environment::{CommandExit, LocalEnvironment};
use tau_tools::{Progress, ToolContext, ToolExecutor, builtin};

use crate::support::{failure, finish_in, local, memory, text};

fn environment() -> LocalEnvironment {
    // The folder of a test that needs no files may go at once, but commands start in it.
    LocalEnvironment::new("/").unwrap().with_env([("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into())
}

async fn says(command: &str) -> String {
    text(environment(), "bash", json!({ "command": command })).await
}

async fn fails(command: &str) -> String {
    failure(environment(), "bash", json!({ "command": command })).await
}

#[tokio::test]
async fn output_is_literal() {
    assert_eq!(says("printf 'a\\tb  \\n\\n'; echo c >&2").await, "a\tb  \n\nc\n");
    assert_eq!(says("true").await, "(no output)");
    assert_eq!(says("printf 'caf\\351 \\342\\202\\254'").await, "caf\u{fffd} €");
}

#[tokio::test]
async fn failure_says_how_it_ended() {
    assert_eq!(fails("echo out; exit 3").await, "out\n[exit code 3]");
    assert_eq!(fails("printf out; false").await, "out\n[exit code 1]");
    assert_eq!(fails("false").await, "[exit code 1]");
    assert_eq!(fails("echo last words; kill -9 $$").await, "last words\n[killed by signal 9]");
}

#[tokio::test]
async fn every_call_is_a_fresh_shell_in_the_root() {
    let (folder, environment) = local();
    let context = ToolContext::new(Arc::new(environment));
    for _ in 0..2 {
        let command = json!({"command": "pwd; echo \"[$kept]\"; kept=1; cd /", "description": "look around"});
        let done = finish_in(&context, "bash", command).await;
        let root = folder.path().canonicalize().unwrap();
        assert_eq!(done.result.text(), format!("{}\n[]\n", root.display()));
    }
}

#[tokio::test]
async fn time_runs_out_with_what_was_printed_so_far() {
    let started = Instant::now();
    let arguments =
        json!({"command": "trap '' TERM; echo begun; sleep 100; echo never", "timeout_seconds": 1});
    assert_eq!(failure(environment(), "bash", arguments).await, "begun\n[stopped after 1s]");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn times_out_of_range_run_nothing() {
    for seconds in [0, 601] {
        let refused =
            failure(environment(), "bash", json!({"command": "true", "timeout_seconds": seconds})).await;
        let says = format!(
            "Invalid arguments for `bash`; nothing was done:\n- `timeout_seconds` must be 1 to 600, not {seconds}"
        );
        assert_eq!(refused, says);
    }
    assert!(failure(environment(), "bash", json!({"command": "a\0b"})).await.contains("NUL"));
    let default = Duration::from_secs(30);
    let limit = |arguments: Value| {
        builtin::BashTool::new(&builtin::BackgroundJobs::new()).timeout(&arguments, default).as_secs()
    };
    let limits = [json!({}), json!({"timeout_seconds": 7}), json!({"timeout_seconds": 9_999})].map(limit);
    assert_eq!(limits, [35, 12, 605]);
}

#[tokio::test]
async fn the_sessions_limit_holds_where_the_call_names_none() {
    let context = ToolContext::new(Arc::new(environment())).with_timeout(Duration::from_millis(200));
    let finished = finish_in(&context, "bash", json!({"command": "echo began; exec sleep 1000"})).await;
    assert_eq!(finished.result.text(), "began\n[stopped after 200ms]");
}

/// Peak memory of this process, in kB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Runs the ignored test below in a process of its own, whose memory no other test uses.
#[cfg(target_os = "linux")]
#[test]
fn a_hundred_megabytes_of_output_cost_little() {
    let program = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "bash::program_with_much_output", "--nocapture"])
        .output()
        .unwrap();
    assert!(program.status.success(), "{}", String::from_utf8_lossy(&program.stderr));
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "started by a_hundred_megabytes_of_output_cost_little"]
async fn program_with_much_output() {
    says("head -c 1000000 /dev/zero | tr '\\0' x").await;
    let (before, started) = (peak(), Instant::now());
    let command = "echo first; yes 'a line of some length' | head -c 100000000; echo; echo last";
    let said = says(command).await;
    let (more, took) = (peak() - before, started.elapsed());
    println!("{more} kB more, {took:?}");
    assert!(more < 1_000, "{more} kB more");
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(said.starts_with("first\na line of some length\n") && said.ends_with("\nlast\n"));
    assert!(said.len() < 30_000, "{} bytes", said.len());
    assert!(said.contains("[... 99973012 bytes, 4"), "{}", &said[17_900..18_200]);
}

#[tokio::test]
async fn characters_are_not_cut_in_the_middle() {
    let said = says("yes '🦀é漢' | head -n 10000 | tr -d '\\n'").await;
    assert!(said.contains(" bytes, 0 lines left out ...]") && !said.contains('\u{fffd}'));
}

#[tokio::test]
async fn progress_comes_while_the_command_runs() {
    let heard = Arc::new(Mutex::new(Vec::<(Instant, String)>::new()));
    let ears = Arc::clone(&heard);
    let progress = Progress::new(move |text| ears.lock().unwrap().push((Instant::now(), text.to_owned())));
    let context = ToolContext::new(Arc::new(environment())).with_progress(progress);
    // A character whose bytes come half a second apart.
    let command = "echo one; printf '\\342\\202'; sleep 0.5; printf '\\254\\n'; sleep 0.3; printf 'end\\342'";
    let done = finish_in(&context, "bash", json!({ "command": command })).await;
    let ended = Instant::now();
    assert_eq!(done.result.text(), "one\n€\nend\u{fffd}");
    let heard = heard.lock().unwrap();
    let words: Vec<&str> = heard.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(words, ["one\n", "€\n", "end"]);
    assert!(ended - heard[0].0 > Duration::from_millis(500), "heard only at the end");
}

#[tokio::test]
async fn progress_of_much_output_is_thinned() {
    let heard = Arc::new(Mutex::new((0, 0)));
    let ears = Arc::clone(&heard);
    let progress = Progress::new(move |text| {
        let mut heard = ears.lock().unwrap();
        *heard = (heard.0 + 1, heard.1 + text.len());
    });
    let context = ToolContext::new(Arc::new(environment())).with_progress(progress);
    let started = Instant::now();
    finish_in(&context, "bash", json!({"command": "yes | head -c 20000000"})).await;
    let (times, bytes) = *heard.lock().unwrap();
    let ticks = started.elapsed().as_millis() / 100 + 2;
    assert!(times >= 1 && times as u128 <= ticks, "{times} reports in {ticks} ticks");
    assert!(bytes <= times * 8_000, "{bytes} bytes in {times} reports");
}

#[tokio::test]
async fn it_acts_through_the_environment_alone() {
    let refused = failure(memory([]), "bash", json!({"command": "ls"})).await;
    assert_eq!(refused, "run: there are no processes in this environment");
    let scripted = memory([]).with_commands(|command, output| {
        assert_eq!(command.script, "make");
        output(b"made\n");
        Ok(CommandExit::Code(0))
    });
    assert_eq!(text(scripted, "bash", json!({"command": "make"})).await, "made\n");
}
