//! The built-in tools on a real disk, where files are not what a tool would wish them to be.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tau_tools::ToolContext;
use tau_tools::environment::{Environment, LocalEnvironment};
use tempfile::TempDir;

use crate::support::{failure, finish_in, local, text};

/// No call may take longer than this, whatever it meets.
const QUICK: Duration = Duration::from_secs(20);

/// What a tool says, in time.
async fn says(environment: &LocalEnvironment, tool: &str, arguments: Value) -> (bool, String) {
    let context = ToolContext::new(Arc::new(environment.clone()));
    let finished = tokio::time::timeout(QUICK, finish_in(&context, tool, arguments)).await.unwrap();
    (finished.result.is_error, finished.result.text())
}

fn edit(path: &str, old: &str, new: &str) -> Value {
    json!({"path": path, "old_string": old, "new_string": new})
}

#[tokio::test]
async fn encodings_marks_and_line_ends_outlive_an_edit() {
    let utf16 = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let utf16be = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect()
    };
    /// Name, content before, what is replaced by what, content after.
    type Row<'a> = (&'a str, Vec<u8>, &'a str, &'a str, Vec<u8>);
    let rows: [Row<'_>; 8] = [
        ("crlf", b"a\r\nb\r\nc\r\n".into(), "a\nb", "x\ny\nz", b"x\r\ny\r\nz\r\nc\r\n".into()),
        ("bom", b"\xef\xbb\xbfa\nb\n".into(), "a", "x", b"\xef\xbb\xbfx\nb\n".into()),
        ("bom-crlf", b"\xef\xbb\xbfa\r\nb\r\n".into(), "a\nb", "b\na", b"\xef\xbb\xbfb\r\na\r\n".into()),
        ("latin1", b"na\xefve caf\xe9\r\n".into(), "café", "crème", b"na\xefve cr\xe8me\r\n".into()),
        ("utf16", utf16("größe\r\nzwei\r\n"), "größe\nzwei", "ÿ\n漢", utf16("ÿ\r\n漢\r\n")),
        ("utf16be", utf16be("one\ntwo\n"), "two", "zwei", utf16be("one\nzwei\n")),
        ("broken", b"\xff a \xc3\xa9\n".into(), "a", "b", b"\xff b \xc3\xa9\n".into()),
        ("no-end", b"a\r\nb".into(), "b", "c\nd", b"a\r\nc\r\nd".into()),
    ];
    let (_folder, environment) = local();
    for (name, before, old, new, after) in rows {
        let path = environment.root().join(name);
        fs::write(&path, &before).unwrap();
        let (failed, said) = says(&environment, "edit", edit(name, old, new)).await;
        assert!(!failed, "{name}: {said}");
        assert_eq!(fs::read(&path).unwrap(), after, "{name}");
    }
    fs::write(environment.root().join("latin1"), b"caf\xe9\n").unwrap();
    let (failed, said) = says(&environment, "edit", edit("latin1", "café", "漢")).await;
    let expected = "`latin1` is encoded as windows-1252, which has no '漢'; nothing was changed.";
    assert_eq!((failed, said.as_str()), (true, expected));
    assert_eq!(fs::read(environment.root().join("latin1")).unwrap(), b"caf\xe9\n");
}

/// A file of a gigabyte that takes no room: text, then a hole, then text.
fn gigabyte(path: &Path, head: &[u8]) {
    let mut file = File::create(path).unwrap();
    file.write_all(head).unwrap();
    file.seek(SeekFrom::Start(1 << 30)).unwrap();
    file.write_all(b"\nlast line\n").unwrap();
}

#[tokio::test]
async fn a_gigabyte_is_read_in_part_and_at_once() {
    let (_folder, environment) = local();
    let head: String = (1..=20_000).map(|number| format!("line {number}\n")).collect();
    gigabyte(&environment.root().join("log"), head.as_bytes());
    gigabyte(&environment.root().join("hole"), b"");
    let started = Instant::now();
    let (failed, said) = says(&environment, "read", json!({"path": "log", "limit": 2})).await;
    assert!(!failed, "{said}");
    let end = "[lines 1 to 2 of a file of 1073741835 bytes; continue with offset 3]\n";
    assert_eq!(said, format!("1\tline 1\n2\tline 2\n{end}"));
    let (_, said) = says(&environment, "read", json!({"path": "log", "offset": 19_999, "limit": 2})).await;
    assert!(said.starts_with("19999\tline 19999\n20000\tline 20000\n["), "{said}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());

    let (failed, said) = says(&environment, "read", json!({"path": "hole"})).await;
    let expected = "`hole` is not text but binary data of 1073741835 bytes; it was not read";
    assert_eq!((failed, said.as_str()), (true, expected));
    for (tool, arguments) in [
        ("edit", edit("log", "line 1\n", "x\n")),
        ("apply_patch", json!({"patch": "*** Begin Patch\n*** Delete File: log\n*** End Patch"})),
    ] {
        let (failed, said) = says(&environment, tool, arguments).await;
        assert!(failed && said.contains("more than the 52428800 that can be read at once"), "{said}");
    }
    let (failed, _) = says(&environment, "grep", json!({"pattern": "line 1999[0-9]$", "path": "log"})).await;
    assert!(!failed);
}

#[tokio::test]
async fn the_end_of_a_long_file_of_text_is_found() {
    let (_folder, environment) = local();
    let mut file = File::create(environment.root().join("log")).unwrap();
    let block = "a line of text that is some sixty-four bytes long, with its end\n".repeat(16_384);
    for _ in 0..52 {
        file.write_all(block.as_bytes()).unwrap();
    }
    // A line longer than what is read at once, and no end after the last.
    file.write_all("é".repeat(3 << 20).as_bytes()).unwrap();
    file.write_all(b"\nthe end").unwrap();
    let lines = 52 * 16_384;
    let (failed, said) = says(&environment, "read", json!({"path": "log", "offset": lines})).await;
    assert!(!failed, "{said}");
    let (first, rest) = said.split_once('\n').unwrap();
    assert!(first.starts_with(&format!("{lines}\ta line of text")), "{first}");
    assert!(rest.starts_with(&format!("{}\té", lines + 1)) && rest.contains("more"), "{}", &rest[..100]);
    assert!(rest.ends_with(&format!("\n{}\tthe end\n", lines + 2)), "{}", &rest[rest.len() - 100..]);
    let (failed, said) = says(&environment, "read", json!({"path": "log", "offset": lines + 3})).await;
    assert_eq!(
        (failed, said),
        (true, format!("offset {} is past the end: `log` has {} lines", lines + 3, lines + 2))
    );
}

#[tokio::test]
async fn loops_of_links_have_an_end() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    fs::create_dir(root.join("a")).unwrap();
    fs::write(root.join("a/file"), "needle\n").unwrap();
    symlink("..", root.join("a/up")).unwrap();
    symlink("self", root.join("self")).unwrap();
    symlink("ping", root.join("pong")).unwrap();
    symlink("pong", root.join("ping")).unwrap();
    for (tool, arguments) in [
        ("read", json!({"path": "self"})),
        ("read", json!({"path": "ping"})),
        ("edit", edit("ping", "a", "b")),
        ("write", json!({"path": "pong", "content": "x"})),
        ("grep", json!({"pattern": "x", "path": "self"})),
    ] {
        let (failed, said) = says(&environment, tool, arguments).await;
        assert!(failed && said.contains("is a link that leads back to itself"), "{tool}: {said}");
    }
    let (_, found) = says(&environment, "grep", json!({"pattern": "needle"})).await;
    assert_eq!(found, "a/file:1:needle\n", "each file once");
    let (_, found) = says(&environment, "glob", json!({"pattern": "**/file", "hidden": true})).await;
    assert_eq!(found, "a/file\n");
    let (failed, tree) = says(&environment, "ls", json!({"depth": 5})).await;
    assert!(!failed && tree.lines().count() < 60, "{tree}");
}

#[tokio::test]
async fn names_of_any_bytes_stay_on_one_line() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    let names = ["line\nbreak", "tab\tname", "quote\"'`$(touch x)", "-rf", "\u{1b}[31mred", "ünï — 漢"];
    for name in names {
        fs::write(root.join(name), "needle\n").unwrap();
        let (failed, said) = says(&environment, "read", json!({ "path": name })).await;
        assert_eq!((failed, said.as_str()), (false, "1\tneedle\n"), "{name:?}");
        let (failed, said) = says(&environment, "edit", edit(name, "needle", "needles")).await;
        assert!(!failed, "{said}");
        assert_eq!(fs::read(root.join(name)).unwrap(), b"needles\n", "{name:?}");
    }
    for (tool, arguments) in [
        ("ls", json!({})),
        ("glob", json!({"pattern": "*"})),
        ("grep", json!({"pattern": "needles"})),
        ("grep", json!({"pattern": "needles", "output": "files"})),
    ] {
        let (failed, said) = says(&environment, tool, arguments).await;
        assert!(!failed && said.lines().count() == names.len(), "{tool}: {said}");
        assert!(said.contains("\"line\\nbreak\"") && !said.contains('\u{1b}'), "{tool}: {said:?}");
    }
}

/// Root may read every folder: then the ignored test below is run by somebody who may not.
#[test]
fn folders_that_may_not_be_read_are_said_or_left_out() {
    const NOBODY: u32 = 65_534;
    let mut test = std::process::Command::new(std::env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "real_tree::program_of_an_ordinary_user", "--nocapture"]);
    if tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0 {
        test.uid(NOBODY).gid(NOBODY).current_dir("/");
    }
    match test.output() {
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => eprintln!("skipped: an ordinary user may not run this test ({error})"),
    }
}

#[tokio::test]
#[ignore = "started by folders_that_may_not_be_read_are_said_or_left_out"]
async fn program_of_an_ordinary_user() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    fs::create_dir(root.join("shut")).unwrap();
    fs::write(root.join("shut/file"), "needle\n").unwrap();
    fs::write(root.join("file"), "needle\n").unwrap();
    fs::write(root.join("secret"), "needle\n").unwrap();
    let close =
        |name: &str, mode| fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    close("shut", 0);
    close("secret", 0);
    for (tool, arguments) in [
        ("read", json!({"path": "shut"})),
        ("read", json!({"path": "shut/file"})),
        ("read", json!({"path": "secret"})),
        ("write", json!({"path": "shut/new", "content": "x"})),
        ("write", json!({"path": "secret", "content": "x"})),
        ("edit", edit("secret", "needle", "x")),
    ] {
        let (failed, said) = says(&environment, tool, arguments).await;
        assert!(failed && said.contains("not allowed"), "{tool}: {said}");
    }
    let (failed, said) = says(&environment, "grep", json!({"pattern": "needle"})).await;
    assert_eq!((failed, said.as_str()), (false, "file:1:needle\n[1 files could not be searched]\n"));
    let (failed, said) = says(&environment, "ls", json!({"depth": 2})).await;
    assert!(!failed && said.contains("shut/\n  [not allowed"), "{said}");
    close("shut", 0o700);
}

/// The same for root: what a mount refuses, no right helps against. `/proc` has such folders.
#[tokio::test]
async fn files_that_cannot_be_read_fail_in_words() {
    if !Path::new("/proc/self/mem").exists() {
        eprintln!("skipped: there is no /proc");
        return;
    }
    let environment = LocalEnvironment::new("/proc/self").unwrap();
    let (failed, said) = says(&environment, "read", json!({"path": "mem"})).await;
    assert!(failed && said.starts_with("mem: "), "{said}");
    let (failed, said) = says(&environment, "read", json!({"path": "status", "limit": 1})).await;
    assert!(!failed && said.starts_with("1\tName:"), "files that claim to be empty are read: {said}");
}

#[tokio::test]
async fn a_file_that_changes_under_an_edit_is_left_alone() {
    let (_folder, environment) = local();
    let path = environment.root().join("file");
    // Somebody writes the file again and again, while it is edited again and again.
    fs::write(&path, "count 0\n").unwrap();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (their_path, their_stop) = (path.clone(), Arc::clone(&stop));
    let they = std::thread::spawn(move || {
        let mut round = 0;
        while !their_stop.load(std::sync::atomic::Ordering::Relaxed) {
            round += 1;
            fs::write(&their_path, format!("theirs {round}\ncount 0\n{}", "x\n".repeat(round % 50))).unwrap();
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    let mut refused = 0;
    for _ in 0..200 {
        let (failed, said) = says(&environment, "edit", edit("file", "count 0", "count 1")).await;
        if failed {
            refused += 1;
            let is_told =
                said.contains("was changed by somebody else meanwhile") || said.contains("is not in `file`");
            assert!(is_told, "{said}");
        }
        let content = fs::read_to_string(&path).unwrap();
        assert!(
            content.is_empty() || content.starts_with("theirs") || content.starts_with("count"),
            "{content:?}"
        );
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    they.join().unwrap();
    println!("{refused} of 200 edits were refused");
}

#[tokio::test]
async fn other_names_of_a_file_keep_what_it_held() {
    let outside = tempfile::tempdir().unwrap();
    let (_folder, environment) = local();
    fs::write(outside.path().join("original"), "secret a\n").unwrap();
    let inside = environment.root().join("hard");
    if let Err(error) = fs::hard_link(outside.path().join("original"), &inside) {
        eprintln!("skipped: no hard links here ({error})");
        return;
    }
    for (tool, arguments) in
        [("edit", edit("hard", "a", "b")), ("write", json!({"path": "hard", "content": "new\n"}))]
    {
        let (failed, said) = says(&environment, tool, arguments).await;
        assert!(!failed, "{said}");
    }
    assert_eq!(fs::read(outside.path().join("original")).unwrap(), b"secret a\n");
    assert_eq!(fs::read(&inside).unwrap(), b"new\n");
    assert_eq!(fs::metadata(&inside).unwrap().nlink(), 1);
}

fn pipe(folder: &TempDir, name: &str) {
    let made = std::process::Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap();
    assert!(made.success());
}

#[tokio::test]
async fn nothing_waits_for_pipes_and_devices() {
    let (folder, environment) = local();
    pipe(&folder, "pipe");
    symlink("pipe", environment.root().join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(environment.root().join("socket")).unwrap();
    for name in ["pipe", "link", "socket"] {
        for (tool, arguments) in [
            ("read", json!({ "path": name })),
            ("edit", edit(name, "a", "b")),
            ("write", json!({"path": name, "content": "x"})),
            ("grep", json!({"pattern": "x", "path": name})),
            ("ls", json!({ "path": name })),
            (
                "apply_patch",
                json!({"patch": format!("*** Begin Patch\n*** Delete File: {name}\n*** End Patch")}),
            ),
        ] {
            let (failed, said) = says(&environment, tool, arguments).await;
            assert!(failed, "{tool} {name}: {said}");
        }
    }
    let (failed, said) = says(&environment, "grep", json!({"pattern": "x"})).await;
    assert_eq!((failed, said.as_str()), (false, "No line matches.\n"));
    let devices = LocalEnvironment::new("/dev").unwrap();
    for name in ["zero", "null", "tty", "random"] {
        if Path::new("/dev").join(name).exists() {
            let (failed, said) = says(&devices, "read", json!({ "path": name })).await;
            assert!(failed && said.contains("is a pipe, a socket or a device"), "{said}");
        }
    }
}

#[tokio::test]
async fn links_out_of_the_root_are_followed_by_no_tool() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret\n").unwrap();
    let (_folder, environment) = local();
    symlink(outside.path().join("secret"), environment.root().join("file")).unwrap();
    symlink(outside.path(), environment.root().join("folder")).unwrap();
    for name in ["file", "folder/secret"] {
        for (tool, arguments) in [
            ("read", json!({ "path": name })),
            ("edit", edit(name, "secret", "b")),
            ("write", json!({"path": name, "content": "x"})),
            ("grep", json!({"pattern": "x", "path": name})),
        ] {
            let refused = failure(environment.clone(), tool, arguments).await;
            assert!(refused.contains("a link leads out of the working folder"), "{tool}: {refused}");
        }
    }
    let patch =
        |path: &str| json!({"patch": format!("*** Begin Patch\n*** Delete File: {path}\n*** End Patch")});
    for name in ["file", "folder/secret"] {
        assert!(failure(environment.clone(), "apply_patch", patch(name)).await.contains("leads out"));
    }
    let add = json!({"patch": "*** Begin Patch\n*** Add File: folder/new\n+x\n*** End Patch"});
    assert!(failure(environment.clone(), "apply_patch", add).await.contains("leads out"));
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret\n");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    let tree = text(environment, "ls", json!({"depth": 3})).await;
    assert!(!tree.contains("secret"), "{tree}");
}
