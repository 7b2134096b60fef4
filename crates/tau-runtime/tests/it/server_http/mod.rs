//! The HTTP side of the interface, over real connections, with handlers that are none of ours.

mod access;
mod acks;
mod browsers;
mod drain;
mod floods;
mod grpc;
mod journals;
mod json;
mod limits;
mod panics;
mod refused;
mod support;
mod tls;
mod unix;
