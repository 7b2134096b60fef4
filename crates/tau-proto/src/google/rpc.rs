//! The protobuf package `google.rpc`: the details of errors that every gRPC library knows. Generated from
//! `proto/google/rpc/error_details.proto`, which is Google's.

#![allow(
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    clippy::all,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::too_many_lines,
    clippy::wildcard_imports,
    rustdoc::all,
    reason = "generated code is judged by its generator; the words are Google's"
)]

include!("../gen/message/google.rpc.mod.rs");
