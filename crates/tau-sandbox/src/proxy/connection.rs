//! One connection of a program.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::egress::EgressError;
use super::request::{self, Kind, LONGEST, Refusal, Request};
use super::serve::Proxy;

/// How long a head may take, and a connection to a server.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves one request or one tunnel.
pub(super) async fn serve(proxy: &Proxy, mut client: TcpStream) -> io::Result<()> {
    let opened = match timeout(PATIENCE, open(proxy, &mut client)).await {
        Ok(opened) => opened?,
        Err(_) => Err(Refusal::BadGateway),
    };
    match opened {
        Err(refusal) => {
            client.write_all(refusal.answer().as_bytes()).await?;
            client.shutdown().await
        }
        Ok((Request { kind: Kind::Connect, .. }, mut server, rest)) => {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            server.write_all(&rest).await?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
        Ok((Request { host, port, kind: Kind::Forward { head, body } }, server, rest)) => {
            let head = head.write(&host, port, &proxy.headers.of(&host));
            forward(client, server, &head, body, &rest).await
        }
    }
}

type Opened = Result<(Request, TcpStream, Vec<u8>), Refusal>;

/// Reads what is wanted and connects to it, if it may be; also gives what came behind the head.
async fn open(proxy: &Proxy, client: &mut TcpStream) -> io::Result<Opened> {
    let mut bytes = Vec::with_capacity(2048);
    let (request, length) = loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match request::read(&bytes) {
            Ok(Some(request)) => break request,
            Ok(None) if bytes.len() < LONGEST => {}
            Ok(None) => return Ok(Err(Refusal::BadRequest)),
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
    Ok(match proxy.egress.connect(&request.host, request.port).await {
        Ok(server) => Ok((request, server, bytes.split_off(length))),
        Err(EgressError::Forbidden) => Err(Refusal::Forbidden),
        Err(EgressError::Unreachable(_)) => Err(Refusal::BadGateway),
    })
}

/// Sends one request and not a byte more, then the answer.
async fn forward(
    mut client: TcpStream,
    mut server: TcpStream,
    head: &[u8],
    body: u64,
    rest: &[u8],
) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let first = usize::try_from(body).unwrap_or(usize::MAX).min(rest.len());
    let left = body - first as u64;
    let ask = async {
        to_server.write_all(head).await?;
        to_server.write_all(&rest[..first]).await?;
        copy(&mut (&mut from_client).take(left), &mut to_server).await?;
        io::Result::Ok(())
    };
    let answer = async {
        copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::pin!(ask, answer);
    tokio::select! {
        // A server may answer, and close, before it has read everything.
        result = &mut answer => result,
        result = &mut ask => {
            result?;
            answer.await
        }
    }
}
