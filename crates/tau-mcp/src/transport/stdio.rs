//! Messages over a process's standard input and output: one JSON text per line.

use std::future::Future;
use std::io;
use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;

use super::stderr::StderrTail;

/// A longer line is left out: a server that never ends its line must not fill the memory.
const LINE_BYTES: usize = 16 << 20;
/// What is kept of a line that is no message.
const NOISE_BYTES: usize = 200;

/// A transport over a reader and a writer.
///
/// Our own, because that of `rmcp` answers a line of JSON that is no message, such as a line of a structured
/// log, with an error of its own, which servers take for a broken client and end. Such a line is put with what
/// the server wrote to its standard error, where it belonged.
pub(crate) struct StdioTransport<R, W> {
    lines: Lines<R>,
    /// Shared, because what is sent outlives the call that sends it; `None` once closed.
    writer: Arc<Mutex<Option<W>>>,
    noise: StderrTail,
}

impl<R: AsyncRead + Unpin, W> StdioTransport<R, W> {
    pub(crate) fn new(reader: R, writer: W, noise: StderrTail) -> Self {
        let writer = Arc::new(Mutex::new(Some(writer)));
        Self { lines: Lines::new(reader), writer, noise }
    }
}

impl<R, W> Transport<RoleClient> for StdioTransport<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let writer = Arc::clone(&self.writer);
        async move {
            let mut line = serde_json::to_vec(&item)?;
            line.push(b'\n');
            let mut writer = writer.lock().await;
            let writer = writer.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            writer.write_all(&line).await?;
            writer.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            // A reader that fails gives no more than one that has ended.
            let line = self.lines.next().await.ok()??;
            let line = line.trim_ascii();
            let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
            match serde_json::from_slice(line) {
                Ok(message) => return Some(message),
                Err(_) if line.is_empty() => {}
                Err(_) => {
                    self.noise.push(&line[..line.len().min(NOISE_BYTES)]);
                    self.noise.push(b"\n");
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.writer.lock().await.take();
        Ok(())
    }
}

/// Lines of bounded length. A longer one is skipped.
struct Lines<R> {
    reader: BufReader<R>,
    /// The line so far. Kept here, because a call of [`next`](Self::next) may be dropped in the middle of one.
    line: Vec<u8>,
    given: bool,
    skipping: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(reader: R) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, reader),
            line: Vec::new(),
            given: false,
            skipping: false,
        }
    }

    /// The next line, `None` at the end; a last line without an end is none.
    async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if std::mem::take(&mut self.given) {
            self.line.clear();
        }
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            if self.line.len() + taken > LINE_BYTES {
                self.skipping = true;
                self.line = Vec::new();
            }
            if !self.skipping {
                self.line.extend_from_slice(&available[..taken]);
            }
            self.reader.consume(taken);
            if end.is_some() && !std::mem::take(&mut self.skipping) {
                self.given = true;
                return Ok(Some(&self.line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(text);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(line.to_vec());
        }
        all
    }

    #[tokio::test]
    async fn lines_are_split_and_long_ones_skipped() {
        assert_eq!(lines(b"a\n\nb\r\nrest").await, [&b"a\n"[..], b"\n", b"b\r\n"]);
        let longest = [&vec![b'x'; LINE_BYTES - 1][..], b"\n"].concat();
        let text = [b"a\nx", &longest[..], b"b\n", &longest, b"c\n"].concat();
        let found = lines(&text).await;
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, LINE_BYTES, 2]);
        assert_eq!((&found[1][..], &found[3][..]), (&b"b\n"[..], &b"c\n"[..]));
    }

    #[tokio::test]
    async fn a_read_that_is_dropped_loses_nothing() {
        let (mut theirs, ours) = tokio::io::duplex(64);
        let mut lines = Lines::new(ours);
        theirs.write_all(b"first ha").await.unwrap();
        let dropped = tokio::time::timeout(std::time::Duration::from_millis(20), lines.next()).await;
        assert!(dropped.is_err());
        theirs.write_all(b"lf\nsecond\n").await.unwrap();
        assert_eq!(lines.next().await.unwrap(), Some(&b"first half\n"[..]));
        assert_eq!(lines.next().await.unwrap(), Some(&b"second\n"[..]));
    }

    #[tokio::test]
    async fn what_is_no_message_is_kept_apart_and_not_answered() {
        let notification = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
        let text = format!("starting\n{{\"level\":\"info\"}}\n\u{feff}{notification}\r\n42\n");
        let (answers, writer) = tokio::io::duplex(64);
        let noise = StderrTail::default();
        let mut transport = StdioTransport::new(text.as_bytes(), writer, noise.clone());
        let message = transport.receive().await.unwrap();
        assert_eq!(serde_json::to_string(&message).unwrap(), notification);
        assert!(transport.receive().await.is_none());
        assert_eq!(noise.text(), "starting\n{\"level\":\"info\"}\n42\n");
        transport.close().await.unwrap();
        drop(transport);
        assert_eq!(lines_of(answers).await, "");
    }

    async fn lines_of(mut reader: impl AsyncRead + Unpin) -> String {
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut text).await.unwrap();
        text
    }
}
