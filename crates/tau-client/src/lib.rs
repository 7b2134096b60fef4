//! A client of the tau runtime's interface: sessions, runs that survive a lost connection, and tools that a program offers
//! to the agents of a server.
//!
//! # Why
//!
//! Every language reaches a runtime through the generated stubs of `tau.runtime.v1`. They carry messages; what a program
//! needs beside that is the same in each: a connection that comes back, streams that go on where they broke off, keys that
//! keep a repeated call from running twice, errors that say what to do, and the protocol of `Attach`, in which calls
//! outlive connections. This crate is all that, in Rust. It depends on no crate of the kernel: extensions use it too.
//!
//! # What is here
//!
//! - [`Client`]: a server at an [`Endpoint`]: HTTP, HTTPS, a Unix socket, or a service in the same process through the
//!   very same code.
//! - [`Session`]: what is asked of one. [`RunStream`] and [`Subscription`] tell what happens; after a loss they ask again
//!   from the event they heard of last, so that none is lost and none is told twice.
//! - [`Tools`], [`Tool`] and [`ToolCall`]: tools that this program runs. A call goes on while the connection is lost; when
//!   it comes again it is recognised and not run again.
//! - [`answer`]: words for permissions, questions and plans.
//! - [`Error`]: what went wrong and what to do, with the server's reason, hint and fields at fault.
//!
//! Messages are those of [`tau_proto`], re-exported as [`pb`]; [`Client::runtime`] gives the generated stub for whatever
//! has no words here.
//!
//! # What it does not do
//!
//! It reads no environment variable and no file, and prints nothing. It keeps nothing: a session lives in its server. It
//! starts no server.
//!
//! # Example
//!
//! ```
//! # use tau_client::connectrpc::client::ServiceTransport;
//! # use tau_client::connectrpc::handler::{handler_fn, streaming_handler_fn};
//! # use tau_client::connectrpc::{ConnectRpcService, RequestContext, Response, Router};
//! use tau_client::{Client, Endpoint, RunItem, pb};
//!
//! # fn agent() -> ConnectRpcService {
//! #     let service = "tau.runtime.v1.RuntimeService";
//! #     let create = handler_fn(async |_: RequestContext, _: pb::CreateSessionRequest| {
//! #         let session = pb::Session { session_id: "6a1f".into(), ..Default::default() };
//! #         Response::ok(pb::CreateSessionResponse { session: session.into(), ..Default::default() })
//! #     });
//! #     let run = streaming_handler_fn(async |_: RequestContext, _: pb::RunRequest| {
//! #         let accepted = pb::RunAccepted { seq: 2, ..Default::default() };
//! #         let result = pb::RunResult { text: "Four.".into(), ..Default::default() };
//! #         let messages = [pb::run_response::Message::from(accepted), result.into()];
//! #         let told = messages.map(|message| Ok(pb::RunResponse { message: Some(message), ..Default::default() }));
//! #         Response::stream_ok(futures::stream::iter(told))
//! #     });
//! #     let router = Router::new().route(service, "CreateSession", create);
//! #     ConnectRpcService::new(router.route_server_stream(service, "Run", run))
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), tau_client::Error> {
//! // Elsewhere it is `"http://127.0.0.1:8321".parse()?`, with a token; here the server is a value.
//! let client = Client::connect(Endpoint::in_process(ServiceTransport::new(agent()))).await?;
//! let session = client.create_session(pb::CreateSessionRequest::default()).await?;
//!
//! let mut run = session.run("How much is two and two?").await?;
//! while let Some(item) = run.next().await {
//!     match item? {
//!         RunItem::Delta(delta) => print!("{delta:?}"),
//!         RunItem::Finished(result) => assert_eq!(result.text, "Four."),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```

pub mod answer;

mod admin;
mod attach;
mod backoff;
mod client;
mod connect;
mod endpoint;
mod error;
mod json;
mod list;
mod prompt;
mod session;
mod stream;
mod time;
#[cfg(feature = "tls")]
mod tls;
mod token;
mod transport;

pub use admin::Admin;
pub use attach::{Attachment, Incoming, Link, Outgoing, Tool, ToolCall, ToolOutput, Tools};
pub use backoff::Backoff;
pub use client::{Client, ClientOptions};
pub use connectrpc;
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use error::{Error, ErrorKind, FieldViolation, Refusal};
pub use json::Answers;
pub use list::{SessionList, Sessions};
pub use prompt::Prompt;
pub use session::Session;
pub use stream::{RunItem, RunStream, Subscription, SubscriptionItem};
pub use tau_proto::runtime::v1 as pb;
#[cfg(feature = "tls")]
pub use tls::{InvalidTls, Tls};
pub use token::Token;
pub use transport::{AnswerBody, Transport, TransportError};
