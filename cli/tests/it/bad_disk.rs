//! A disk that is full, or may not be written any more, through the program itself: nothing is done that cannot be kept,
//! nothing that was told is lost, and the session goes on when the disk does.
//!
//! The state folder is a small disk of its own, in a namespace of its own. Where the system lets nobody make one, the tests
//! say so and prove nothing.

#![expect(clippy::print_stderr, reason = "that nothing was tried must be seen")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tau_core::event::EventBody;
use tau_testkit::{ModelServer, Reply, Request};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::kill::{Heard, Totals, body, check, is_done, script, stored};
use crate::support::{Place, Ran};

/// The request to the model before whose answer the disk goes bad.
const BAD_AT: usize = 3;

/// A small disk where a place keeps its sessions. It is gone when its keeper is.
struct Disk {
    /// A process in the namespace, which holds it.
    keeper: Child,
    folder: PathBuf,
}

impl Disk {
    /// `None` where no disk can be made.
    async fn mount(place: &Place) -> Option<Self> {
        let folder = place.home().join(".local/state/tau");
        std::fs::create_dir_all(&folder).unwrap();
        let script = "mount -t tmpfs -o size=4m,mode=0700 tau \"$1\" && echo mounted && exec cat";
        let keeper = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let mut keeper = keeper.ok()?;
        let mut said = BufReader::new(keeper.stdout.take().unwrap()).lines();
        let is_mounted = said.next_line().await.unwrap().as_deref() == Some("mounted");
        if !is_mounted {
            eprintln!("NOT TRIED: no file system can be mounted here");
            return None;
        }
        Some(Self { keeper, folder })
    }

    fn pid(&self) -> u32 {
        self.keeper.id().unwrap()
    }

    /// A file on the disk, as it is found from outside of the namespace.
    fn file(&self, name: &str) -> PathBuf {
        let folder = self.folder.strip_prefix("/").unwrap();
        Path::new(&format!("/proc/{}/root", self.pid())).join(folder).join(name)
    }

    /// Takes all room that is left.
    fn fill(&self) {
        fill(&self.file("ballast"));
    }

    fn make_room(&self) {
        std::fs::remove_file(self.file("ballast")).unwrap();
    }

    async fn remount(&self, how: &str) {
        let mut mount = enter(self.pid());
        mount.args(["mount", "-o", &format!("remount,{how}")]).arg(&self.folder);
        assert!(mount.status().await.unwrap().success());
    }

    /// The program, which sees the disk.
    fn command(&self, place: &Place, arguments: &[&str]) -> Command {
        let program = place.command(arguments);
        let program = program.as_std();
        let mut command = enter(self.pid());
        command
            .args(["sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh"])
            .arg(place.project())
            .arg(program.get_program())
            .args(program.get_args())
            .env_clear()
            .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    async fn tau(&self, place: &Place, arguments: &[&str]) -> Ran {
        let child = self.command(place, arguments).spawn().unwrap();
        let ran = tokio::time::timeout(Duration::from_secs(60), place.finish(child)).await;
        ran.expect("it does not wait for ever")
    }

    /// What is kept of a session that nobody has open.
    fn events(&self, session: &str) -> Vec<EventBody> {
        // SQLite would look for the file in its own namespace.
        let copy = TempDir::new().unwrap();
        for name in ["sessions.db", "sessions.db-wal"] {
            if self.file(name).exists() {
                std::fs::copy(self.file(name), copy.path().join(name)).unwrap();
            }
        }
        stored(&copy.path().join("sessions.db"), session).iter().map(body).collect()
    }
}

fn enter(pid: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--preserve-credentials", "--user", "--mount", "--target", &pid.to_string(), "--"]);
    command.kill_on_drop(true);
    command
}

/// Takes all room that is left, also what the store has made for itself behind the end of its log.
fn fill(ballast: &Path) {
    let log = ballast.with_file_name("sessions.db-wal");
    if let Ok(bytes) = std::fs::read(&log) {
        let last = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
        // A header, and frames of a page and its head.
        let used = 32 + (last + 1 - 32).next_multiple_of(4_096 + 24);
        File::options().write(true).open(log).unwrap().set_len(used).unwrap();
    }
    let mut ballast = File::create(ballast).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        while ballast.write_all(&vec![1; size]).is_ok() {}
    }
}

/// What is to happen to the disk before the model's answer.
type Harm = Arc<OnceLock<Box<dyn Fn() + Send + Sync>>>;

/// A model whose disk goes bad when it has been asked for the last time before.
async fn model() -> (ModelServer, Harm) {
    let harm = Harm::default();
    let own = Arc::clone(&harm);
    let server = ModelServer::start(move |number: usize, request: &Request| {
        if number == BAD_AT
            && let Some(harm) = own.get()
        {
            harm();
        }
        script(number, request)
    });
    (server.await.unwrap(), harm)
}

const RUN: [&str; 8] = ["run", "--output", "stream-json", "--allow", "bash", "--allow", "write", "job"];

fn heard(ran: &Ran, heard: &mut Heard) {
    heard.take(ran.stdout.as_bytes());
}

/// That a session whose disk failed goes on to its end, and kept every promise.
async fn goes_on(disk: &Disk, place: &Place, told: &mut Heard) {
    let session = told.session.clone().unwrap();
    let effects = std::fs::read_to_string(place.project().join("effects")).unwrap();
    let before = disk.events(&session);
    assert!(!is_done(&before));
    let finished = before.iter().filter(|event| matches!(event, EventBody::ToolFinished { .. })).count();
    assert_eq!(
        (finished, effects.lines().count()),
        (3 * BAD_AT, 2 * BAD_AT),
        "what was not kept is not done"
    );

    let resumed = disk.tau(place, &["resume", "--output", "stream-json", &session]).await;
    heard(resumed.assert_code(0), told);
    check(place, "job", &disk.events(&session), told, &mut Totals::default());
    disk.tau(place, &["sessions", "verify"]).await.assert_code(0);
}

/// A run up to where the disk is full and it says so.
async fn waiting(disk: &Disk, place: &Place) -> Child {
    let mut child = disk.command(place, &RUN).spawn().unwrap();
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    let said = async {
        while let Some(note) = notes.next_line().await.unwrap() {
            if note.contains("there is no room left where sessions are kept") {
                return;
            }
        }
        panic!("it does not say that it waits");
    };
    tokio::time::timeout(Duration::from_secs(30), said).await.expect("it says that it waits");
    child
}

#[tokio::test]
async fn a_disk_that_is_full_before_a_run_lets_nothing_begin() {
    let (server, _) = model().await;
    let place = Place::with_server(&server);
    let Some(disk) = Disk::mount(&place).await else { return };
    disk.fill();
    let ran = disk.tau(&place, &RUN).await;
    assert!(ran.assert_code(1).stderr.contains("no room"), "{ran:#?}");
    assert_eq!((server.request_count(), ran.stdout.as_str()), (0, ""), "nothing is done that cannot be kept");
    disk.make_room();
    disk.tau(&place, &RUN).await.assert_code(0);
}

#[tokio::test]
async fn a_run_whose_disk_gets_full_goes_on_when_room_is_made() {
    let (server, harm) = model().await;
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let Some(disk) = Disk::mount(&place).await else { return };
    let ballast = disk.file("ballast");
    drop(harm.set(Box::new(move || fill(&ballast))));
    let child = waiting(&disk, &place).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let effects = place.read("effects");
    assert_eq!(effects.lines().count(), 2 * BAD_AT, "what is not kept is not done");
    disk.make_room();
    let ran = place.finish(child).await;
    let mut told = Heard::default();
    heard(ran.assert_code(0), &mut told);
    let session = told.session.clone().unwrap();
    check(&place, "job", &disk.events(&session), &told, &mut Totals::default());
}

#[tokio::test]
async fn a_run_whose_disk_stays_full_fails_and_is_resumed_when_there_is_room() {
    let (server, harm) = model().await;
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let Some(disk) = Disk::mount(&place).await else { return };
    let ballast = disk.file("ballast");
    drop(harm.set(Box::new(move || fill(&ballast))));
    let ran = disk.tau(&place, &RUN).await;
    let mut told = Heard::default();
    heard(&ran, &mut told);
    let last = ran.assert_code(1).json_lines().pop().unwrap();
    assert_eq!((&last["type"], &last["outcome"]), (&"finished".into(), &"failed".into()));
    let error = last["error"].as_str().unwrap();
    assert!(error.contains("there is no room left") && error.contains("tau resume"), "{error}");
    // Still none; what is kept can be read.
    let session = told.session.clone().unwrap();
    let resumed = disk.tau(&place, &["resume", &session]).await;
    assert!(resumed.assert_code(1).stderr.contains("no room"), "{resumed:#?}");
    disk.tau(&place, &["sessions", "show", &session]).await.assert_code(0);
    disk.make_room();
    goes_on(&disk, &place, &mut told).await;
}

/// Only the subagent has something to keep.
#[tokio::test]
async fn a_run_whose_subagent_waits_for_room_fails_too() {
    let task = json!({ "prompt": "change it" }).to_string();
    let command = json!({ "command": "echo done >> effects" }).to_string();
    let change = Reply::tool_calls([("c", "bash", command.as_str())]);
    let replies = [
        Reply::tool_calls([("t", "task", task.as_str())]),
        // It is lost, and asked for again.
        change.clone(),
        change,
        Reply::text("Not changed."),
        Reply::text("It could not be changed."),
    ];
    let place = Place::new();
    let Some(disk) = Disk::mount(&place).await else { return };
    let ballast = disk.file("ballast");
    let server = ModelServer::start(move |number: usize, _: &Request| {
        if number == 1 {
            fill(&ballast);
        }
        replies[number.min(4)].clone()
    });
    let server = server.await.unwrap();
    place.user_config(&format!(
        "model = \"test/scripted\"\nproviders.test.base_url = \"{}\"\nclient.max_retries = 0\n\
         agent.tools = [\"bash\", \"task\"]",
        server.base_url()
    ));
    let ran = disk.tau(&place, &["run", "--output", "stream-json", "begin"]).await;
    let mut told = Heard::default();
    heard(&ran, &mut told);
    assert!(ran.assert_code(1).stderr.contains("there is no room left"), "{ran:#?}");
    assert_eq!(server.request_count(), 2);
    disk.make_room();
    let resumed = disk.tau(&place, &["resume", told.session.as_deref().unwrap(), "--output", "json"]).await;
    assert_eq!(resumed.assert_code(3).json()["denied"], json!(["bash"]));
    assert!(!place.project().join("effects").exists());
}

#[tokio::test]
async fn an_interrupt_ends_a_run_that_waits_for_room() {
    let (server, harm) = model().await;
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let Some(disk) = Disk::mount(&place).await else { return };
    let ballast = disk.file("ballast");
    drop(harm.set(Box::new(move || fill(&ballast))));
    let child = waiting(&disk, &place).await;
    let id = i32::try_from(child.id().unwrap()).unwrap();
    kill_process(Pid::from_raw(id).unwrap(), Signal::INT).unwrap();
    let began = Instant::now();
    let ran = tokio::time::timeout(Duration::from_secs(20), place.finish(child)).await;
    let ran = ran.unwrap_or_else(|_| panic!("it still waits after {:?}", began.elapsed()));
    let mut told = Heard::default();
    heard(ran.assert_code(130), &mut told);
    disk.make_room();
    goes_on(&disk, &place, &mut told).await;
}

#[tokio::test]
async fn a_disk_that_may_not_be_written_any_more_lets_nothing_begin_and_is_read() {
    let (server, _) = model().await;
    let place = Place::with_server(&server);
    place.write("AGENTS.md", "Be brief.");
    let Some(disk) = Disk::mount(&place).await else { return };
    let mut told = Heard::default();
    heard(disk.tau(&place, &RUN).await.assert_code(0), &mut told);
    let session = told.session.clone().unwrap();
    disk.remount("ro").await;

    let asked = server.request_count();
    let begun = disk.tau(&place, &RUN).await;
    assert!(begun.assert_code(1).stderr.contains("Read-only file system"), "{begun:#?}");
    for arguments in [&["resume", &session, "more"][..], &["fork", &session], &["rewind", &session]] {
        let refused = disk.tau(&place, arguments).await;
        let says = "sessions.db: the store cannot be written";
        assert!(refused.assert_code(1).stderr.contains(says), "{arguments:?}: {refused:#?}");
    }
    assert_eq!(server.request_count(), asked, "nothing is done that cannot be kept");
    let listed = disk.tau(&place, &["sessions", "list", "--output", "json"]).await;
    assert_eq!(listed.assert_code(0).json()["sessions"][0]["id"], session);
    let shown = disk.tau(&place, &["sessions", "show", &session]).await;
    assert!(shown.assert_code(0).stdout.contains("done"), "{shown:#?}");
    disk.tau(&place, &["sessions", "verify"]).await.assert_code(0);

    disk.remount("rw").await;
    disk.tau(&place, &["resume", &session, "more"]).await.assert_code(0);
}
