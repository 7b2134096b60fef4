//! The protobuf package `tau.runtime.v1`, generated from `proto/tau/runtime/v1`.

#![allow(
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    clippy::all,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::too_many_lines,
    clippy::wildcard_imports,
    reason = "generated code is judged by its generator; the shape of these types is the definition of the interface"
)]

include!("../gen/tau.runtime.v1.mod.rs");
