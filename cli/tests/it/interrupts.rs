//! Linux alone, because `/proc` tells which processes are left.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tau_testkit::{ModelServer, Reply, chunk};
use tokio::process::Child;

use crate::support::{Place, Ran};

/// Processes are found by it: a number of seconds that nothing else on the machine sleeps.
fn marker() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("300.{:07}{:03}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The processes with the marker among their arguments.
fn marked(marker: &str) -> Vec<String> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let command = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    command
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|command| command.contains(marker))
        .collect()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn signal(child: &Child, signal: Signal) {
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
}

/// A shell that waits for a sleep, beside one in its own session and one whose parent is gone.
fn family(marker: &str) -> String {
    format!(
        "sleep {marker} & setsid sleep {marker} & (setsid sh -c 'setsid sleep {marker} & exit' &) ; sleep {marker}"
    )
}

/// `tau` running a command of a [`family`], once all four of it sleep.
async fn running(command: &str, marker: &str) -> (Child, ModelServer, Place) {
    let call = json!({ "command": command }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", call.as_str())]), Reply::text("not reached")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&server);
    let child = place.command(&["run", "--allow", "bash", "x"]).spawn().unwrap();
    let sleepers = || marked(marker).iter().filter(|command| command.starts_with("sleep ")).count();
    until("the command runs", || sleepers() == 4).await;
    (child, server, place)
}

/// The rest of a run after a signal, which may take two seconds.
async fn ended(child: Child, place: &Place) -> Ran {
    let begun = Instant::now();
    let ran = place.finish(child).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}: {ran:?}", begun.elapsed());
    assert_eq!(ran.code, Some(130), "{ran:?}");
    ran
}

async fn cancels(kind: Signal) {
    let marker = marker();
    let (child, server, place) = running(&family(&marker), &marker).await;
    signal(&child, kind);
    let ran = ended(child, &place).await;
    assert_eq!(marked(&marker), Vec::<String>::new(), "processes are left");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(lines.contains(&"cancelling; press Ctrl-C again to kill"), "{ran:?}");
    let [.., summary, hint] = lines[..] else { panic!("{ran:?}") };
    assert!(summary.starts_with("cancelled · 1 turn · 1 tool call"), "{ran:?}");
    assert!(hint.starts_with("go on with: tau resume "), "{ran:?}");
    assert_eq!(server.request_count(), 1, "the model is not asked again");
}

#[tokio::test]
async fn an_interrupt_ends_the_run_and_every_process_of_it() {
    cancels(Signal::INT).await;
}

#[tokio::test]
async fn terminate_and_hangup_do_the_same() {
    cancels(Signal::TERM).await;
    cancels(Signal::HUP).await;
}

#[tokio::test]
async fn a_tool_that_ignores_signals_ends_too() {
    let marker = marker();
    let command = format!("trap '' INT TERM HUP; {}", family(&marker));
    let (child, _server, place) = running(&command, &marker).await;
    signal(&child, Signal::INT);
    signal(&child, Signal::INT);
    ended(child, &place).await;
    assert_eq!(marked(&marker), Vec::<String>::new(), "processes are left");
}

#[tokio::test]
async fn a_second_interrupt_kills_a_program_that_hangs_in_a_write() {
    let marker = marker();
    let events = (0..4000).map(|_| chunk::text(&"x".repeat(1000)));
    let command = json!({ "command": format!("setsid sleep {marker} & sleep 0.1") }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", command.as_str())]), Reply::events(events)];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&server);
    // Nobody reads what it prints, so it waits in a write for ever.
    let mut child = place.command(&["run", "--allow", "bash", "x"]).spawn().unwrap();
    server.wait_for_requests(2).await;
    // Four megabytes are on their way into a pipe that takes 64 kilobytes.
    tokio::time::sleep(Duration::from_secs(1)).await;
    signal(&child, Signal::INT);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(child.try_wait().unwrap().is_none(), "the first interrupt waits for the writer");
    signal(&child, Signal::INT);
    let status =
        tokio::time::timeout(Duration::from_secs(2), child.wait()).await.expect("it ends at once").unwrap();
    assert_eq!(status.code(), Some(130));
    assert_eq!(marked(&marker), Vec::<String>::new(), "processes are left");
}

#[tokio::test]
async fn an_interrupt_ends_a_model_that_talks() {
    let reply = Reply::stream().event(&chunk::text("I think")).hang();
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let place = Place::with_server(&server);
    let mut child = place.command(&["run", "-o", "stream-json", "x"]).spawn().unwrap();
    let mut head = Vec::new();
    let mut stdout = child.stdout.take().unwrap();
    while !String::from_utf8_lossy(&head).contains("I think") {
        use tokio::io::AsyncReadExt;
        assert_ne!(stdout.read_buf(&mut head).await.unwrap(), 0);
    }
    child.stdout = Some(stdout);
    signal(&child, Signal::INT);
    let ran = ended(child, &place).await;
    let last = ran.json_lines().pop().unwrap();
    assert_eq!((&last["outcome"], &last["exit_code"]), (&"cancelled".into(), &130.into()));
    server.wait_for_abandoned(1).await;
}

#[tokio::test]
async fn what_a_finished_command_left_behind_ends_with_the_run() {
    let marker = marker();
    let call = json!({ "command": format!("setsid sleep {marker} >/dev/null 2>&1 &") }).to_string();
    let replies = [Reply::tool_calls([("c1", "bash", call.as_str())]), Reply::text("ok")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "--allow", "bash", "x"]).await.assert_code(0);
    assert_eq!(marked(&marker), Vec::<String>::new(), "processes are left");
}
