//! Unix sockets.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tau_core::Secret;
use tau_runtime::server::http::{HttpOptions, Listener, serve};
use tokio::net::UnixStream;
use tokio_util::sync::CancellationToken;

use super::support::{GET, Server, reply, service};

#[tokio::test]
async fn a_socket_is_of_its_user_alone_and_asks_for_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tau.sock");
    std::fs::write(&path, "left behind").unwrap();
    let listener = Listener::bind_unix(&path).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(Listener::bind_unix(&path).await.unwrap_err().kind(), ErrorKind::AddrInUse);

    let mut options = HttpOptions::default();
    options.access.token = Some(Secret::new("t"));
    let stop = CancellationToken::new();
    let (service, shutdown) = (service(&options), stop.clone());
    let over_unix = options.clone();
    let ended = tokio::spawn(async move { serve(listener, service, &over_unix, shutdown).await });

    let over_tcp = Server::start(options).await;
    let request = || over_tcp.json(GET, r#"{"sessionId":"s"}"#);
    assert_eq!(over_tcp.call(request()).await.status, 401);
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(UnixStream::connect(&path).await.unwrap())).await.unwrap();
    tokio::spawn(connection);
    let answer = reply(sender.send_request(request()).await.unwrap()).await;
    assert_eq!(answer.json()["session"]["sessionId"], "s");
    stop.cancel();
    ended.await.unwrap();
}
