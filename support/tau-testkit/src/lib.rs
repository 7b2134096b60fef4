//! Test support: a model server that answers by script.
//!
//! # Why it exists
//!
//! What a client of models must get right is what servers get wrong: answers that break off, stop coming, come
//! in odd pieces or are errors. No mock inside the process shows that, because the faults lie in the bytes and in
//! the connection. So a [`ModelServer`] is a real server on the loopback interface, and a [`Reply`] is a script
//! down to the socket: bytes, pauses, a hang, a close, a reset.
//!
//! It is also the model of the benchmarks, so it costs little: one task per connection, connections kept alive,
//! one write for all bytes between two pauses.
//!
//! # What it does not do
//!
//! It thinks nothing and checks nothing: it records [`Request`]s, and a test asserts on them. It knows no TLS and
//! no HTTP/2. It depends on no other crate of tau, so every one of them may use it in its tests.
//!
//! # Map
//!
//! | item | is |
//! |---|---|
//! | [`ModelServer`] | the server, which ends when it is dropped |
//! | [`Reply`] | one answer, as a list of steps |
//! | [`Request`] | a request as it came |
//! | [`chunk`] | the JSON of OpenAI-compatible streams |
//! | [`fault`] | what servers get wrong, as replies, each with its source |
//! | [`skills`] | skills like those that people publish, in any number |
//!
//! # Example
//!
//! ```
//! use tau_testkit::{ModelServer, Reply};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let server = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
//!
//! let mut client = tokio::net::TcpStream::connect(server.address()).await.unwrap();
//! client.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nconnection: close\r\n\r\n").await.unwrap();
//! let mut answer = String::new();
//! client.read_to_string(&mut answer).await.unwrap();
//!
//! assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
//! assert!(answer.contains("Hello!"));
//! assert_eq!(server.requests()[0].path, "/v1/chat/completions");
//! # });
//! ```

pub mod chunk;
pub mod fault;
pub mod random;
pub mod skills;

mod reply;
mod request;
mod server;

pub use reply::Reply;
pub use request::Request;
pub use server::ModelServer;
