//! Files on a real disk: links, pipes, permission bits, names, age.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tau_tools::environment::{
    Environment, EnvironmentErrorKind, FileKind, GlobQuery, GrepQuery, LocalEnvironment, WorkspacePath,
};
use tempfile::TempDir;

use crate::support::local;

fn at(name: &str) -> WorkspacePath {
    WorkspacePath::root().join(name)
}

/// `outside/secret` and `inside/`, the root of an environment.
fn beside_a_secret() -> (TempDir, LocalEnvironment) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("outside")).unwrap();
    fs::write(folder.path().join("outside/secret"), "secret").unwrap();
    fs::create_dir(folder.path().join("inside")).unwrap();
    let environment = LocalEnvironment::new(folder.path().join("inside")).unwrap();
    (folder, environment)
}

#[tokio::test]
async fn links_do_not_lead_out() {
    let (folder, environment) = beside_a_secret();
    let inside = environment.root().to_owned();
    let outside = folder.path().join("outside");
    symlink("../outside/secret", inside.join("relative")).unwrap();
    symlink(outside.join("secret"), inside.join("absolute")).unwrap();
    symlink("../outside", inside.join("folder")).unwrap();
    symlink("../outside/new", inside.join("dangling")).unwrap();
    symlink("relative", inside.join("chain")).unwrap();
    symlink("/proc/self/cwd", inside.join("magic")).unwrap();
    for name in ["relative", "absolute", "chain", "folder/secret"] {
        let read = environment.read(&at(name), 100).await.unwrap_err();
        assert_eq!(read.kind(), EnvironmentErrorKind::Outside, "{name}");
        let seen = environment.metadata(&at(name)).await.unwrap_err();
        assert_eq!(seen.kind(), EnvironmentErrorKind::Outside, "{name}");
    }
    for name in
        ["relative", "absolute", "chain", "folder/secret", "folder/new", "dangling", "folder/a/b", "magic/x"]
    {
        let written = environment.write(&at(name), b"overwritten").await.unwrap_err();
        assert_eq!(written.kind(), EnvironmentErrorKind::Outside, "{name}");
    }
    assert_eq!(environment.list(&at("folder")).await.unwrap_err().kind(), EnvironmentErrorKind::Outside);
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);

    let kinds: Vec<FileKind> =
        environment.list(&WorkspacePath::root()).await.unwrap().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [FileKind::Other; 6]);
    for below in ["folder", "folder/secret", "relative"] {
        let mut query = GrepQuery::new("secret");
        query.below = at(below);
        assert_eq!(
            environment.grep(&query).await.unwrap_err().kind(),
            EnvironmentErrorKind::Outside,
            "{below}"
        );
    }
    assert_eq!(environment.grep(&GrepQuery::new("secret")).await.unwrap().total, 0);
    assert_eq!(environment.glob(&GlobQuery::new("**/secret")).await.unwrap().total, 0);
}

#[tokio::test]
async fn rules_are_not_read_through_links() {
    let (folder, environment) = beside_a_secret();
    fs::write(folder.path().join("outside/rules"), "*.rs\n").unwrap();
    fs::write(folder.path().join(".gitignore"), "*.rs\n").unwrap();
    symlink("../outside/rules", environment.root().join(".gitignore")).unwrap();
    symlink("/dev/zero", environment.root().join(".ignore")).unwrap();
    fs::write(environment.root().join("a.rs"), "").unwrap();
    assert_eq!(environment.glob(&GlobQuery::new("*.rs")).await.unwrap().total, 1);
}

#[tokio::test]
async fn links_inside_are_followed_and_kept() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    fs::create_dir(root.join("sub")).unwrap();
    fs::write(root.join("sub/target"), "old").unwrap();
    symlink("sub/target", root.join("relative")).unwrap();
    symlink(root.join("sub/target"), root.join("absolute")).unwrap();
    symlink("../relative", root.join("sub/up")).unwrap();
    symlink("sub", root.join("folder")).unwrap();
    symlink("sub/new", root.join("dangling")).unwrap();
    for name in ["relative", "absolute", "sub/up", "folder/target"] {
        environment.write(&at(name), name.as_bytes()).await.unwrap();
        assert_eq!(fs::read_to_string(root.join("sub/target")).unwrap(), name);
        assert_eq!(environment.read(&at(name), 100).await.unwrap(), name.as_bytes());
        let link = fs::symlink_metadata(root.join(name)).unwrap();
        assert_eq!(link.is_symlink(), name != "folder/target", "{name}");
    }
    environment.write(&at("dangling"), b"made").await.unwrap();
    assert_eq!(fs::read_to_string(root.join("sub/new")).unwrap(), "made");
    assert_eq!(fs::read_dir(root.join("sub")).unwrap().count(), 3, "no temporary file is left");
}

#[tokio::test]
async fn links_in_a_circle_end() {
    let (_folder, environment) = local();
    let root = environment.root();
    symlink("b", root.join("a")).unwrap();
    symlink("a", root.join("b")).unwrap();
    fs::create_dir(root.join("d")).unwrap();
    symlink("..", root.join("d/up")).unwrap();
    fs::write(root.join("d/file"), "needle\n").unwrap();
    assert!(environment.read(&at("a"), 10).await.unwrap_err().to_string().contains("leads back to itself"));
    assert!(environment.write(&at("a"), b"").await.unwrap_err().to_string().contains("leads back to itself"));
    assert_eq!(environment.grep(&GrepQuery::new("needle")).await.unwrap().total, 1);
    assert_eq!(environment.glob(&GlobQuery::new("**/file")).await.unwrap().total, 1);
    assert_eq!(environment.read(&at("d/up/d/up/d/file"), 10).await.unwrap(), b"needle\n");
}

#[tokio::test]
async fn pipes_sockets_and_devices_are_refused_at_once() {
    let (_folder, environment) = local();
    let root = environment.root();
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    for name in ["pipe", "socket"] {
        let work = async {
            assert_eq!(environment.metadata(&at(name)).await.unwrap().kind, FileKind::Other);
            let read = environment.read(&at(name), 10).await.unwrap_err();
            assert_eq!(read.kind(), EnvironmentErrorKind::NotAFile);
            assert!(read.to_string().contains("a pipe, a socket or a device"), "{read}");
            assert_eq!(
                environment.write(&at(name), b"").await.unwrap_err().kind(),
                EnvironmentErrorKind::NotAFile
            );
            let mut query = GrepQuery::new("x");
            query.below = at(name);
            assert_eq!(environment.grep(&query).await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
        };
        tokio::time::timeout(Duration::from_secs(10), work).await.unwrap();
    }
    let query = GrepQuery::new("x");
    let searched = environment.grep(&query);
    assert_eq!(tokio::time::timeout(Duration::from_secs(10), searched).await.unwrap().unwrap().skipped, 0);
    let device = LocalEnvironment::new("/dev").unwrap();
    assert_eq!(device.read(&at("zero"), 10).await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
    assert_eq!(device.write(&at("null"), b"").await.unwrap_err().kind(), EnvironmentErrorKind::NotAFile);
}

#[tokio::test]
async fn files_of_the_kernel_that_claim_to_be_empty_are_read_up_to_the_limit() {
    let kernel = LocalEnvironment::new("/proc/sys/kernel").unwrap();
    assert!(!kernel.read(&at("ostype"), 100).await.unwrap().is_empty());
    assert_eq!(kernel.read(&at("ostype"), 2).await.unwrap_err().kind(), EnvironmentErrorKind::TooLarge);
}

#[tokio::test]
async fn permission_bits_are_kept() {
    let (_folder, environment) = local();
    let mode =
        |name: &str| fs::metadata(environment.root().join(name)).unwrap().permissions().mode() & 0o7777;
    for bits in [0o755, 0o600, 0o640, 0o444] {
        let file = environment.root().join("file");
        let _ = fs::remove_file(&file);
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(bits)).unwrap();
        let written = environment.write(&at("file"), b"new").await;
        // Root may write what is read-only; everybody else is told so.
        match written {
            Ok(()) => assert_eq!(fs::read(&file).unwrap(), b"new"),
            Err(error) => {
                assert_eq!((error.kind(), bits), (EnvironmentErrorKind::PermissionDenied, 0o444));
                assert_eq!(fs::read(&file).unwrap(), b"old");
            }
        }
        assert_eq!(mode("file"), bits);
    }
    fs::write(environment.root().join("reference"), "").unwrap();
    environment.write(&at("created"), b"").await.unwrap();
    assert_eq!(mode("created"), mode("reference"), "a new file has the bits the umask leaves");
}

/// Permission bits do not bind root; for root a file system that lets nobody make files stands in.
#[tokio::test]
async fn closed_and_read_only_folders() {
    let (_folder, environment) = local();
    let root = environment.root().to_owned();
    for name in ["closed", "fixed", "open"] {
        fs::create_dir(root.join(name)).unwrap();
        fs::write(root.join(name).join("file"), "needle\n").unwrap();
    }
    let set =
        |name: &str, bits| fs::set_permissions(root.join(name), fs::Permissions::from_mode(bits)).unwrap();
    set("closed", 0o000);
    set("fixed", 0o555);
    let bound = fs::read_dir(root.join("closed")).is_err();
    let found = environment.grep(&GrepQuery::new("needle")).await.unwrap();
    let listed = environment.list(&at("closed")).await;
    let written = environment.write(&at("fixed/file"), b"new").await;
    set("closed", 0o755);
    set("fixed", 0o755);
    if bound {
        assert_eq!(found.total, 2, "one closed folder does not fail the search");
        assert_eq!(listed.unwrap_err().kind(), EnvironmentErrorKind::PermissionDenied);
        assert_eq!(written.unwrap_err().kind(), EnvironmentErrorKind::PermissionDenied);
    } else {
        assert_eq!(found.total, 3);
        let refused = LocalEnvironment::new("/proc/sys/kernel").unwrap().write(&at("tau-test"), b"").await;
        assert!(refused.is_err(), "nobody, root included, makes files there");
    }
}

#[tokio::test]
async fn names_of_any_bytes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let (_folder, environment) = local();
    let odd = Path::new(OsStr::from_bytes(b"latin\xe9\nname"));
    fs::write(environment.root().join(odd), "needle\n").unwrap();
    let found = environment.grep(&GrepQuery::new("needle")).await.unwrap();
    assert_eq!(found.lines[0].path.as_path(), odd);
    assert_eq!(environment.read(&found.lines[0].path, 10).await.unwrap(), b"needle\n");
    assert_eq!(environment.list(&WorkspacePath::root()).await.unwrap()[0].name, "latin\u{fffd}\nname");
}

#[tokio::test]
async fn globs_give_the_newest_first() {
    let (_folder, environment) = local();
    for (name, age) in [("a", 30), ("b", 10), ("c", 20), ("d", 10)] {
        let file = fs::File::create(environment.root().join(name)).unwrap();
        let second = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 - age);
        file.set_modified(second).unwrap();
    }
    let mut query = GlobQuery::new("*");
    let found = environment.glob(&query).await.unwrap();
    assert_eq!(found.paths, ["b", "d", "c", "a"].map(at));
    query.limit = 2;
    assert_eq!(environment.glob(&query).await.unwrap().paths, ["b", "d"].map(at));
}

#[test]
fn debug_does_not_print_values_of_variables() {
    let (_folder, environment) = local();
    let environment = environment.with_env([("TOKEN".to_owned(), "hunter2".to_owned())].into());
    let text = format!("{environment:?}");
    assert!(text.contains("TOKEN") && !text.contains("hunter2"), "{text}");
}

/// A folder that turns into a link out of the root and back again, all the time.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn links_that_come_and_go_do_not_lead_out_either() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let (folder, environment) = beside_a_secret();
    let (inside, outside) = (environment.root().to_owned(), folder.path().join("outside"));
    fs::create_dir(inside.join("now")).unwrap();
    fs::write(inside.join("now/secret"), "public").unwrap();
    symlink(&outside, inside.join("then")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapping = {
        let (now, then, stop) = (inside.join("now"), inside.join("then"), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, &now, CWD, &then, RenameFlags::EXCHANGE).unwrap();
            }
        })
    };
    let path = WorkspacePath::root().join("now/secret");
    let (mut read, mut written, mut refused, mut leaked) = (0, 0, 0, 0);
    for _ in 0..20_000 {
        match environment.read(&path, 100).await {
            Ok(content) if content == b"public" => read += 1,
            Ok(_) => leaked += 1,
            Err(error) => refused += usize::from(error.kind() == EnvironmentErrorKind::Outside),
        }
        written += usize::from(environment.write(&path, b"public").await.is_ok());
        if read > 300 && written > 300 && refused > 300 {
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapping.join().unwrap();
    assert_eq!(leaked, 0);
    assert_eq!(fs::read(outside.join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(outside).unwrap().count(), 1, "nothing was written beside it");
    assert!(read > 0 && written > 0 && refused > 0, "{read} read, {written} written, {refused} refused");
}
