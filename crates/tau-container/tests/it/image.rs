//! An engine, an image made of this machine's own programs, and an environment whose commands run in a container of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::TryStreamExt;
use tau_container::{Container, ContainerLauncher, Engine};
use tau_sandbox::Policy;
use tau_tools::environment::{CommandExit, CommandSpec, Environment, LocalEnvironment};
use tempfile::TempDir;

pub(crate) const IMAGE: &str = "localhost/tau-container-test:1";
const SOCKETS: [&str; 2] = ["/run/podman/podman.sock", "/var/run/docker.sock"];
const PROGRAMS: [&str; 14] = [
    "sh", "bash", "cat", "sleep", "id", "touch", "ls", "grep", "setsid", "env", "mkdir", "head", "seq", "tr",
];

/// The engine of this machine, with the image; `None` where there is none.
pub(crate) async fn engine() -> Option<(Engine, Docker)> {
    let socket = SOCKETS.into_iter().find(|socket| Path::new(socket).exists())?;
    let engine = Engine::connect(&[socket.into()]).await.ok()?;
    let docker = Docker::connect_with_unix(socket, 60, API_DEFAULT_VERSION).unwrap();
    let docker = docker.negotiate_version().await.unwrap();
    if docker.inspect_image(IMAGE).await.is_err() {
        let (name, tag) = IMAGE.rsplit_once(':').unwrap();
        let options = CreateImageOptionsBuilder::default().from_src("-").repo(name).tag(tag).build();
        let body = bollard::body_full(archive().into());
        let said =
            docker.create_image(Some(options), Some(body), None).try_collect::<Vec<_>>().await.unwrap();
        // Podman gives an imported image no name.
        let id = said.into_iter().filter_map(|piece| piece.status).next_back().unwrap();
        let options = TagImageOptionsBuilder::default().repo(name).tag(tag).build();
        docker.tag_image(id.trim(), Some(options)).await.unwrap();
    }
    Some((engine, docker))
}

/// The programs and what they load, as an archive.
fn archive() -> Vec<u8> {
    let root = tempfile::tempdir().unwrap();
    let found = |name: &&str| {
        [format!("/usr/bin/{name}"), format!("/bin/{name}")].into_iter().find(|path| Path::new(path).exists())
    };
    let programs: Vec<String> = PROGRAMS.iter().filter_map(found).collect();
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    for program in &programs {
        let loaded = Command::new("ldd").arg(program).output().unwrap();
        let loaded = String::from_utf8(loaded.stdout).unwrap();
        files.extend(loaded.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from));
    }
    for file in &files {
        copy(file, &root.path().join(file.strip_prefix("/").unwrap()));
    }
    for program in &programs {
        copy(Path::new(program), &root.path().join("bin").join(Path::new(program).file_name().unwrap()));
    }
    for folder in ["tmp", "proc", "sys", "dev", "etc"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(root.path()).args(["-cf", "-", "."]).stderr(Stdio::inherit());
    tar.output().unwrap().stdout
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to.parent().unwrap()).unwrap();
    std::fs::copy(from, to).unwrap();
}

/// A folder whose commands run in a container.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) docker: Docker,
    pub(crate) container: Container,
    pub(crate) environment: LocalEnvironment,
}

impl Place {
    pub(crate) async fn new() -> Option<Self> {
        let Some((engine, docker)) = engine().await else {
            eprintln!("no engine at {SOCKETS:?}: not tried");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".git/hooks")).unwrap();
        let container = Container::start(&engine, IMAGE, &policy(folder.path())).await.unwrap();
        let variables = [("LANG", "C.UTF-8"), ("SECRET", "s3"), ("PATH", "/nowhere"), ("HOME", "/root")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = LocalEnvironment::new(folder.path()).unwrap().with_env(variables.into());
        let environment = environment.with_launcher(ContainerLauncher::new(container.clone()));
        Some(Self { folder, docker, container, environment })
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&self, script: &str) -> (CommandExit, String) {
        let said = Arc::new(Mutex::new(Vec::new()));
        let output = |piece: &[u8]| said.lock().unwrap().extend_from_slice(piece);
        let exit = self.environment.run(&CommandSpec::new(script), &output).await.unwrap();
        let said = String::from_utf8(said.lock().unwrap().clone()).unwrap();
        (exit, said)
    }

    /// Whether the engine still knows the container.
    pub(crate) async fn is_there(&self) -> bool {
        self.docker.inspect_container(self.container.id(), None).await.is_ok()
    }
}

/// One workspace, and less of everything than usual.
pub(crate) fn policy(folder: &Path) -> Policy {
    let mut policy = Policy::for_workspace(folder);
    policy.visible.clear();
    policy.limits.processes = Some(64);
    policy.limits.memory_bytes = Some(128 << 20);
    policy.limits.temporary_bytes = 8 << 20;
    policy.limits.open_files = Some(512);
    policy
}
