//! Servers over HTTP, written out byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tau_core::Secret;
use tau_mcp::auth::{LoopbackRedirect, MemoryTokenStore, TokenStore};
use tau_mcp::config::{RemoteConfig, ServerConfig};
use tau_mcp::{McpErrorKind, PoolOptions, Server, ServerPool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::Url;

use crate::support::{context, options, text};

/// A server of one tool, `echo`, over Streamable HTTP at `/mcp` and over events at `/sse`.
struct HttpServer {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

type Events = Arc<Mutex<Option<mpsc::UnboundedSender<String>>>>;

impl HttpServer {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (events, seen) = (Events::default(), Arc::clone(&heads));
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&events)));
            }
        });
        Self { port, heads, accepting }
    }

    fn remote(&self, path: &str) -> RemoteConfig {
        RemoteConfig::new(format!("http://127.0.0.1:{}{path}", self.port).parse().unwrap())
    }

    /// The heads of all requests so far, in small letters.
    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, heads: Arc<Mutex<Vec<String>>>, events: Events) {
    while let Some((head, body)) = request(&mut stream).await {
        heads.lock().unwrap().push(head.clone());
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        match target.as_str() {
            "/sse" => return stream_events(stream, "/messages", &events).await,
            "/elsewhere" => return stream_events(stream, "http://example.com/messages", &events).await,
            "/page" => reply(&mut stream, "200 OK", "text/html", "<html>").await,
            "/secret" => {
                let challenge = "text/plain\r\nWWW-Authenticate: Bearer scope=\"read\"";
                reply(&mut stream, "401 Unauthorized", challenge, "who are you?").await;
            }
            "/broken?key=s3cret" => reply(&mut stream, "500 Internal Server Error", "text/plain", "no").await,
            _ => {
                let answer = answer(&serde_json::from_slice(&body).unwrap_or_default());
                let to = events.lock().unwrap().clone();
                match (answer, to) {
                    (Some(answer), Some(to)) if target == "/messages" => {
                        to.send(answer.to_string()).unwrap();
                        reply(&mut stream, "202 Accepted", "text/plain", "").await;
                    }
                    (Some(answer), _) => {
                        reply(&mut stream, "200 OK", "application/json", &answer.to_string()).await;
                    }
                    (None, _) => reply(&mut stream, "202 Accepted", "text/plain", "").await,
                }
            }
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let length: usize = length.unwrap_or(0);
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    Some((head, bytes[end..end + length].to_vec()))
}

async fn reply(stream: &mut TcpStream, status: &str, kind: &str, body: &str) {
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}");
    let _ = stream.write_all(text.as_bytes()).await;
}

async fn stream_events(mut stream: TcpStream, endpoint: &str, events: &Events) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    *events.lock().unwrap() = Some(sender);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let first = format!("{head}event: endpoint\ndata: {endpoint}\n\n: ping\n\ndata: no message\n\n");
    stream.write_all(first.as_bytes()).await.unwrap();
    while let Some(message) = receiver.recv().await {
        if message.contains("close the stream") {
            return;
        }
        let _ = stream.write_all(format!("event: message\ndata: {message}\n\n").as_bytes()).await;
    }
}

fn answer(message: &Value) -> Option<Value> {
    let id = message.get("id")?;
    let result = match message["method"].as_str()? {
        "initialize" => {
            let info = json!({"name": "web", "version": "1"});
            json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info})
        }
        "tools/list" => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}),
        "tools/call" => {
            let said = message["params"]["arguments"]["text"].as_str().unwrap_or_default();
            json!({"content": [{"type": "text", "text": said}]})
        }
        _ => {
            let error = json!({"code": -32601, "message": "Method not found"});
            return Some(json!({"jsonrpc": "2.0", "id": id, "error": error}));
        }
    };
    Some(json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

async fn echo(server: &Server, said: &str) -> String {
    let tools = server.tools();
    text(&tools[0].execute(&context(), &json!({ "text": said })).await).to_owned()
}

#[tokio::test]
async fn both_kinds_are_spoken_with_the_headers_of_the_configuration() {
    let http = HttpServer::start().await;
    for (path, kind) in [("/mcp", ServerConfig::Http as fn(RemoteConfig) -> _), ("/sse", ServerConfig::Sse)] {
        let mut remote = http.remote(path);
        remote.headers.insert("X-Api-Key".to_owned(), Secret::new("k3y"));
        let server = Server::connect("web", &kind(remote), &options()).await.unwrap();
        assert_eq!(server.info().protocol_version, "2025-11-25");
        assert_eq!(echo(&server, "hello").await, "hello");
        assert_eq!(server.shutdown().await, "was disconnected from");
    }
    let heads = http.heads();
    assert!(heads.len() > 6 && heads.iter().all(|head| head.contains("x-api-key: k3y")), "{heads:?}");
}

#[tokio::test]
async fn a_token_is_sent_to_its_own_address_alone_and_never_beside_a_header() {
    let http = HttpServer::start().await;
    let tokens = Arc::new(MemoryTokenStore::default());
    let kept =
        json!({"client_id": "tau", "token_response": {"access_token": "t0ken", "token_type": "bearer"}});
    let address: Url = http.remote("/mcp").url;
    tokens.save(&address, &Secret::new(kept.to_string())).unwrap();
    let options = options().with_tokens(tokens);
    let with_header = {
        let mut remote = http.remote("/mcp");
        remote.headers.insert("authorization".to_owned(), Secret::new("Basic eA=="));
        remote
    };
    for (config, expected) in [
        (http.remote("/mcp"), Some("authorization: bearer t0ken")),
        (http.remote("/other"), None),
        (with_header, Some("authorization: basic ea==")),
    ] {
        http.heads.lock().unwrap().clear();
        Server::connect("web", &ServerConfig::Http(config), &options).await.unwrap();
        let posts: Vec<String> = http.heads().into_iter().filter(|head| head.starts_with("post /")).collect();
        let sent = posts.iter().map(|head| head.lines().find(|line| line.starts_with("authorization")));
        assert!(sent.into_iter().all(|sent| sent == expected), "{expected:?}: {posts:?}");
    }
}

#[tokio::test]
async fn what_is_no_server_is_told_without_its_address() {
    use McpErrorKind::{Protocol, Unauthorized, Unreachable};
    let http = HttpServer::start().await;
    let gone = HttpServer::start().await;
    let nobody = gone.remote("/mcp?key=s3cret");
    drop(gone);
    let sse = ServerConfig::Sse as fn(RemoteConfig) -> ServerConfig;
    let streamable = ServerConfig::Http as fn(RemoteConfig) -> ServerConfig;
    for (config, kind, expected) in [
        (streamable(http.remote("/secret")), Unauthorized, "wants to know who is calling"),
        (sse(http.remote("/secret")), Unauthorized, "wants to know who is calling"),
        (streamable(http.remote("/broken?key=s3cret")), Unreachable, "answers with HTTP 500"),
        (sse(http.remote("/broken?key=s3cret")), Unreachable, "answers with HTTP 500"),
        (sse(http.remote("/page")), Protocol, "it answers `text/html`"),
        (sse(http.remote("/elsewhere")), Protocol, "it names an address for messages that is not its own"),
        (streamable(nobody.clone()), Unreachable, "cannot be reached: Connection refused"),
        (sse(nobody), Unreachable, "cannot be reached: Connection refused"),
    ] {
        let error = Server::connect("web", &config, &options()).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error} {error:?} {config:?}");
        assert_eq!(error.kind(), kind, "{error}");
        let shown =
            format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(!shown.contains("s3cret") && !shown.contains("example.com"), "{shown}");
        assert_eq!(error.challenge().is_some(), kind == Unauthorized, "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_ends_fails_the_call_and_the_pool_connects_again() {
    let http = HttpServer::start().await;
    let servers = [("web".to_owned(), ServerConfig::Sse(http.remote("/sse")))].into();
    let pool = ServerPool::new(servers, PoolOptions::new(options()));
    let tool = pool.server_tools("web").await.unwrap().tools.remove(0);
    let error = tool.call(&json!({"text": "close the stream"})).await.unwrap_err();
    assert_eq!(error.kind(), McpErrorKind::Exited);
    assert!(error.to_string().contains("closed the connection before it answered"), "{error}");
    let again = tokio::time::timeout(Duration::from_secs(5), tool.call(&json!({"text": "again"}))).await;
    assert_eq!(text(&again.unwrap().unwrap()), "again");
}

#[tokio::test]
async fn the_browser_comes_back_to_a_port_that_gives_away_nothing() {
    let redirect = LoopbackRedirect::bind().await.unwrap();
    let port = redirect.url().port().unwrap();
    assert_eq!(redirect.url().as_str(), format!("http://127.0.0.1:{port}/callback"));
    let answer = tokio::spawn(redirect.answer());
    let ask = async |request: &str| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.unwrap();
        reply.lines().next().unwrap_or_default().to_owned()
    };
    for nothing in ["/", "/favicon.ico", "/callback", "/callback?state=1", "//evil.example/callback?code=1"] {
        let reply = ask(&format!("GET {nothing} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(reply, "HTTP/1.1 404 Not Found", "{nothing}");
    }
    assert_eq!(ask("POST /callback?code=1 HTTP/1.1\r\n\r\n").await, "HTTP/1.1 404 Not Found");
    assert_eq!(ask("no request at all\r\n\r\n").await, "HTTP/1.1 404 Not Found");
    assert_eq!(ask("GET /callback?code=a&state=b HTTP/1.1\r\n\r\n").await, "HTTP/1.1 200 OK");
    let url = answer.await.unwrap().unwrap();
    assert_eq!(url.query(), Some("code=a&state=b"));
}
