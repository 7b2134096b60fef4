//! What commands in a container may do, and how they end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tau_container::{Container, LABEL};
use tau_tools::environment::CommandExit;

use super::image::{IMAGE, Place, engine, policy};

const OK: CommandExit = CommandExit::Code(0);

/// Asks again until something holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn output_comes_in_order_and_the_exit_is_told() {
    let Some(place) = Place::new().await else { return };
    let lines = "for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 7";
    assert_eq!(
        place.run(lines).await,
        (CommandExit::Code(7), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n".into())
    );
    assert_eq!(place.run("kill -9 $$").await, (CommandExit::Signal(9), String::new()));
    assert_eq!(place.run("-x; echo \"$0\" a").await.0, OK);
    let (exit, much) = place.run("seq 200000").await;
    assert_eq!((exit, much.lines().count(), much.lines().last()), (OK, 200_000, Some("200000")));
    assert_eq!(place.run("cat; echo end").await, (OK, "end\n".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_has_what_the_policy_names_and_nothing_else() {
    let Some(place) = Place::new().await else { return };
    let folder = place.folder.path().to_string_lossy().into_owned();
    let rows: &[(&str, &str)] = &[
        ("echo a > made; cat made; pwd", &format!("a\n{folder}\n")),
        ("echo \"$LANG|$SECRET|$HOME|$PATH\" | tr -d ' ' | head -c 30", "C.UTF-8||/tmp|/usr/local/sbin:"),
        ("touch /x 2>/dev/null || echo no", "no\n"),
        ("touch .git/hooks/pre-commit 2>/dev/null || echo no", "no\n"),
        ("touch .git/index && touch /tmp/x && echo yes", "yes\n"),
        ("grep -c : /proc/net/dev; grep -c lo: /proc/net/dev", "1\n1\n"),
        (
            "grep -h -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t ' ' '",
            "CapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\n",
        ),
        ("head -c 20000000 /dev/zero > /tmp/big 2>/dev/null || echo full", "full\n"),
        ("ls /root /home 2>/dev/null || echo none", "none\n"),
    ];
    for (script, expected) in rows {
        let (_, said) = place.run(script).await;
        assert_eq!(said, *expected, "{script}");
    }
    let owner =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(place.folder.path().join("made")).unwrap());
    assert_eq!(owner, rustix::process::geteuid().as_raw());
}

/// Whether a process with such a mark of its own runs.
async fn runs(place: &Place, seconds: u32) -> bool {
    let script = format!(
        "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q 'sleep [{}]' && echo yes",
        seconds
    );
    place.run(&script).await.1 == "yes\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_started_ends_with_it() {
    let Some(place) = Place::new().await else { return };
    // Left in the background, in a session of its own.
    assert_eq!(
        place.run("setsid sleep 1111 >/dev/null 2>&1 & sleep 2222 & echo x").await,
        (OK, "x\n".into())
    );
    eventually("what was left runs", async || !runs(&place, 1).await && !runs(&place, 2).await).await;
    // Cancelled.
    let cancelled = place.run("sh -c 'setsid sleep 3333 & sleep 4444' & sleep 5555");
    assert!(tokio::time::timeout(Duration::from_secs(2), cancelled).await.is_err());
    eventually("what was cancelled runs", async || {
        !runs(&place, 3).await && !runs(&place, 4).await && !runs(&place, 5).await
    })
    .await;
    // Hidden from its command: without its variables, in another session. It ends when no other command runs.
    place.run("env -i setsid /bin/sleep 6666 >/dev/null 2>&1 &").await;
    eventually("what hid runs", async || !runs(&place, 6).await).await;
    // Another command is left alone.
    let (long, short) = tokio::join!(place.run("sleep 2; echo long"), place.run("sleep 0.2 & echo short"));
    assert_eq!((long, short), ((OK, "long\n".into()), (OK, "short\n".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_is_found_by_its_label_and_gone_at_the_end() {
    let Some(place) = Place::new().await else { return };
    let found = place.docker.inspect_container(place.container.id(), None).await.unwrap();
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
    assert_eq!(labels.get(LABEL), Some(&std::process::id().to_string()));
    place.container.end().await.unwrap();
    eventually("it is still there", async || !place.is_there().await).await;
    let output = |_: &[u8]| {};
    let spec = tau_tools::environment::CommandSpec::new("ls");
    assert!(tau_tools::environment::Environment::run(&place.environment, &spec, &output).await.is_err());
}

/// What the test below has another process do.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "holds a container until it is killed"]
async fn holds_a_container() {
    let (engine, _) = engine().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let container = Container::start(&engine, IMAGE, &policy(folder.path())).await.unwrap();
    println!("container={}", container.id());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_ends_when_the_process_that_holds_it_is_killed() {
    let Some((_, docker)) = engine().await else { return };
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "commands::holds_a_container", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let id = lines
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once("container=")?.1.to_owned()))
        .unwrap();
    assert!(docker.inspect_container(&id, None).await.is_ok());
    holder.kill().unwrap();
    holder.wait().unwrap();
    eventually("it is still there", async || docker.inspect_container(&id, None).await.is_err()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fills_the_container_takes_it_along() {
    let Some(place) = Place::new().await else { return };
    // No process fits in any more that could end these.
    place.run("f() { sleep 7777 & f; }; f 2>/dev/null").await;
    eventually("it is still there", async || !place.is_there().await).await;
    assert!(place.container.has_ended());
}
