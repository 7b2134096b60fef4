//! The interface of the tau runtime as Rust types: the messages that cross the boundary between the runtime and the
//! programs around it.
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
//! - [`runtime::v1`]: the durable [`Event`](runtime::v1::Event), and what flows over `ExtensionService.Attach` for the
//!   journal role: [`AttachRequest`](runtime::v1::AttachRequest) from the extension,
//!   [`AttachResponse`](runtime::v1::AttachResponse) from the runtime.
//! - [`buffa`] and [`buffa_types`]: the protobuf runtime that the generated code is bound to, for its `Message` trait,
//!   `Bytes` and `Timestamp`, so that users of this crate need not match the version by hand.
//!
//! The types are plain structs with public fields: build them with struct syntax and `..Default::default()`, which also
//! keeps code compiling when a field is added. Fields that a decoder does not know are kept and written again, so an
//! older program may pass on what a newer one wrote. Bytes fields are reference-counted: cloning a message does not copy
//! them, and decoding from [`buffa::bytes::Bytes`] borrows them from the input.
//!
//! # What it does not do
//!
//! It holds no logic: it validates nothing, limits nothing beyond what protobuf decoding does, and converts to no type
//! of the kernel; that is done at the edge. There are no service stubs and no transport.
//!
//! # Features
//!
//! `json` (default): `serde` implementations of the [protobuf JSON mapping](https://protobuf.dev/programming-guides/json/):
//! 64-bit integers as strings, bytes as base64, times as RFC 3339. Unknown JSON fields are ignored, depth and
//! size are not limited, and an array is taken where a message is due (its items fill the fields in order): a server that
//! reads JSON from outside must see to these itself.
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

pub mod runtime;

pub use {buffa, buffa_types};
