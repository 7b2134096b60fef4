//! What there is no container for.

use std::path::PathBuf;

use tau_container::{Container, ContainerErrorKind, Engine};
use tau_sandbox::policy::Network;

use super::image::{IMAGE, engine, policy};

#[tokio::test]
async fn without_an_engine_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for sockets in [vec![], vec![PathBuf::from("/nowhere/podman.sock")], vec![file]] {
        let error = Engine::connect(&sockets).await.unwrap_err();
        assert_eq!(error.kind(), ContainerErrorKind::NoEngine, "{error}");
        let shown = error.to_string();
        assert!(sockets.iter().all(|socket| shown.contains(&*socket.to_string_lossy())), "{shown}");
    }
}

#[tokio::test]
async fn what_a_container_cannot_keep_is_refused() {
    let Some((engine, _)) = engine().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let plain = policy(folder.path());
    let mut network = plain.clone();
    network.network = Network::Proxy;
    let mut hidden = plain.clone();
    hidden.hidden.push(folder.path().join("secret"));
    let mut nothing = plain.clone();
    nothing.workspaces.clear();
    let rows = [
        (&network, IMAGE, ContainerErrorKind::Policy),
        (&hidden, IMAGE, ContainerErrorKind::Policy),
        (&nothing, IMAGE, ContainerErrorKind::Policy),
        (&plain, "localhost/no-such-image:1", ContainerErrorKind::NoImage),
    ];
    for (policy, image, kind) in rows {
        let error = Container::start(&engine, image, policy).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}
