//! A running llama-server, which ends when it is dropped.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::KEY;
use super::build::Built;

/// The model is small; what takes longer does not come.
const START: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    /// Starts it on a free port of this machine, and waits until it is ready. What it says goes to `NAME.log`.
    pub(super) fn start(built: &Built, folder: &Path, name: &str, args: &[&str]) -> anyhow::Result<Self> {
        let address = free_address()?;
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
        let mut command = Command::new(&built.server);
        command.arg("--model").arg(&built.model).args(["--alias", "tau-conformance", "--threads", "2"]);
        command.args(["--host", &address.ip().to_string(), "--port", &address.port().to_string()]);
        command.args(["--api-key", KEY]).args(args);
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("could not start {}", built.server.display()))?;
        let mut server = Self { child, address };
        server.wait().with_context(|| format!("llama-server; see {}", log.display()))?;
        Ok(server)
    }

    /// The address below which the interfaces lie.
    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    fn wait(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("it ended with {status}");
            }
            if self.is_ready() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        anyhow::bail!("it was not ready within {START:?}")
    }

    fn is_ready(&self) -> bool {
        let asked = || -> std::io::Result<String> {
            let limit = Duration::from_secs(1);
            let mut stream = TcpStream::connect_timeout(&self.address, limit)?;
            stream.set_read_timeout(Some(limit))?;
            stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
            let mut head = [0; 12];
            stream.read_exact(&mut head)?;
            Ok(String::from_utf8_lossy(&head).into_owned())
        };
        asked().is_ok_and(|head| head.ends_with(" 200"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It holds nothing that has to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that was free a moment ago: llama-server says nowhere which port it took by itself.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?)
}
