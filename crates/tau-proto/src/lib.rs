//! The interface of the tau runtime in Rust: the messages that cross the boundary between the runtime and the programs
//! around it, the services that carry them, and the rules they keep.
//!
//! # Why
//!
//! The runtime knows no extension and an extension knows no kernel crate; the interface is all they share. It is
//! written down once, in `proto/tau/runtime/v1`, whose comments are the reference documentation and reappear here. The
//! Rust is generated from it and checked in, so that building needs no protobuf compiler; `cargo xtask codegen` writes
//! it again and `cargo xtask codegen --check` proves that it is fresh.
//!
//! # What is here
//!
//! - [`runtime::v1`]: the messages, such as [`CreateSessionRequest`](runtime::v1::CreateSessionRequest), the durable
//!   [`Event`](runtime::v1::Event), and what flows over `ExtensionService.Attach`:
//!   [`AttachRequest`](runtime::v1::AttachRequest) from the extension, [`AttachResponse`](runtime::v1::AttachResponse)
//!   from the runtime. With `rpc` also the services: `RuntimeService`, `ExtensionService` and `AdminService`.
//! - `google::rpc` (with `rpc`): details of errors that every gRPC library knows, such as `BadRequest`.
//! - `DESCRIPTORS` (with `rpc`): the interface as data, for reflection.
//! - [`buffa`] and [`buffa_types`], with `rpc` also `connectrpc` and `protovalidate_buffa`: the libraries that the
//!   generated code is bound to, so that users of this crate need not match their versions by hand.
//!
//! The types are plain structs with public fields: build them with struct syntax and `..Default::default()`, which also
//! keeps code compiling when a field is added. Fields that a decoder does not know are kept and written again, so an
//! older program may pass on what a newer one wrote. Bytes fields are reference-counted: cloning a message does not copy
//! them, and decoding from [`buffa::bytes::Bytes`] borrows them from the input.
//!
//! # What it does not do
//!
//! It holds no logic: nothing is validated unless somebody calls `validate`, nothing is limited beyond what protobuf
//! decoding does, and nothing converts to types of the kernel; that is done at the edge. It opens no connection:
//! transports are `connectrpc`'s.
//!
//! # Features
//!
//! - `json` (default): `serde` implementations of the
//!   [protobuf JSON mapping](https://protobuf.dev/programming-guides/json/): 64-bit integers as strings, bytes as base64,
//!   times as RFC 3339. Unknown JSON fields are ignored, depth and size are not limited, and an array is taken where a
//!   message is due (its items fill the fields in order): a server that reads JSON from outside must see to these itself.
//! - `rpc`: the services. For each a trait to implement, its registration and a client; for each message a view that
//!   borrows from the received bytes; for each message that a server receives `protovalidate_buffa::Validate`, compiled
//!   from the rules in the `.proto` files, of the message and of its view. Implies `json`, which the Connect protocol
//!   speaks. No transport is chosen: enable `connectrpc`'s `server` or `client` for one.
//!
//! A journal or a store needs neither.
//!
//! # Example
//!
//! ```
//! use tau_proto::buffa::Message as _;
//! use tau_proto::runtime::v1::{Ack, AttachRequest, SessionPosition, attach_request};
//!
//! let position = SessionPosition { session_id: "s-1".into(), seq: 7, epoch: 2, ..Default::default() };
//! let ack = Ack { positions: vec![position], ..Default::default() };
//! let request = AttachRequest { message: Some(ack.into()), ..Default::default() };
//!
//! let bytes = request.encode_to_vec();
//! let received = AttachRequest::decode_from_slice(&bytes)?;
//! let Some(attach_request::Message::Ack(ack)) = received.message else { return Err("no ack".into()) };
//! assert_eq!(ack.positions[0].seq, 7);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "rpc")]
mod descriptors;
#[cfg(feature = "rpc")]
pub mod google;
pub mod runtime;

#[cfg(feature = "rpc")]
pub use descriptors::DESCRIPTORS;
pub use {buffa, buffa_types};
#[cfg(feature = "rpc")]
pub use {connectrpc, protovalidate_buffa};
