//! Where connections come in.

use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;
use uuid::Uuid;

use super::peer::Peer;

/// How long accepting rests after an error such as too many open files, at first and at most.
const REST: [Duration; 2] = [Duration::from_millis(5), Duration::from_secs(1)];

/// Where connections come in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

pub(super) type Io = Either<TcpStream, UnixStream>;

impl Listener {
    /// A Unix socket that nobody but the user of this process can connect to. A file that a server left behind is replaced.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, if a server listens there; whatever the file system says.
    pub async fn bind_unix(path: &Path) -> io::Result<Self> {
        if UnixStream::connect(path).await.is_ok() {
            return Err(ErrorKind::AddrInUse.into());
        }
        // Under its own name only once its mode is set: until then anybody could connect.
        let hidden = path.with_file_name(format!(".{}", Uuid::now_v7().simple()));
        let listener = UnixListener::bind(&hidden)?;
        let shown = std::fs::set_permissions(&hidden, std::fs::Permissions::from_mode(0o600))
            .and_then(|()| std::fs::rename(&hidden, path));
        if shown.is_err() {
            // What matters is the first error.
            let _ = std::fs::remove_file(&hidden);
        }
        shown.map(|()| Self::Unix(listener))
    }

    /// The next connection, however long accepting fails.
    pub(super) async fn accept(&self) -> (Io, Peer) {
        let [mut rest, longest] = REST;
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, ?rest, "no connection can be accepted");
                    tokio::time::sleep(rest).await;
                    rest = longest.min(rest * 2);
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<(Io, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (io, remote) = listener.accept().await?;
                // Small answers must not wait for the acknowledgement of earlier ones.
                io.set_nodelay(true)?;
                let local = io.local_addr()?;
                Ok((Either::Left(io), Peer::Tcp { remote, local }))
            }
            Self::Unix(listener) => {
                let (io, _) = listener.accept().await?;
                let caller = io.peer_cred()?;
                Ok((Either::Right(io), Peer::Unix { uid: caller.uid(), pid: caller.pid() }))
            }
        }
    }
}

/// Whether only this connection failed.
fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::NotConnected
            | ErrorKind::InvalidInput
    )
}
